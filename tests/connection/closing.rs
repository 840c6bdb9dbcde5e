//! How a connection ends, and what those who wait are told.

use std::time::{Duration, Instant};

use bytes::Bytes;
use milena::CloseReason;
use milena::error::ErrorKind;
use milena::wire::encode_response;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{MetadataRequest, MetadataResponse, ProduceRequest};

use crate::peer::{Listener, reason, soon, usual_versions};

/// Fault 1 of the list.
#[tokio::test]
async fn a_broker_that_closes_after_reading_leaves_the_waiter_unsure() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    peer.request().await;
    drop(peer);
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionBroken(_)),
        "{error:?}"
    );
    assert!(error.may_have_been_sent() && error.is_retriable());
    assert!(matches!(
        soon(connection.closed()).await,
        CloseReason::ConnectionBroken(_)
    ));
    let error = connection
        .send(MetadataRequest::default())
        .await
        .unwrap_err();
    assert!(
        !error.may_have_been_sent(),
        "the connection had ended before"
    );
}

#[tokio::test]
async fn a_wrong_correlation_id_is_out_of_sync() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    let frame = encode_response(Vec::new(), &MetadataResponse::default(), 12, 99).unwrap();
    peer.send(&frame.into_bytes()).await;
    let error = soon(call).await.unwrap().unwrap_err();
    let CloseReason::OutOfSync { expected, received } = reason(&error) else {
        panic!("{error:?}");
    };
    assert_eq!((*expected, *received), (Some(request.id()), 99));
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn an_unsolicited_answer_is_out_of_sync() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let frame = encode_response(Vec::new(), &MetadataResponse::default(), 12, 2).unwrap();
    peer.send(&frame.into_bytes()).await;
    let reason = soon(connection.closed()).await;
    assert!(
        matches!(
            reason,
            CloseReason::OutOfSync {
                expected: None,
                received: 2
            }
        ),
        "{reason:?}"
    );
}

#[tokio::test]
async fn impossible_lengths_close_the_connection() {
    for bytes in [
        (-1i32).to_be_bytes(),
        i32::MAX.to_be_bytes(),
        3i32.to_be_bytes(),
    ] {
        let listener = Listener::start().await;
        let (connection, mut peer) = listener.connected(|builder| builder).await;
        // The last one is possible, and too short for an answer.
        peer.send(&[&bytes[..], b"abc"].concat()).await;
        let reason = soon(connection.closed()).await;
        assert!(
            matches!(reason, CloseReason::ConnectionBroken(_)),
            "{reason:?}"
        );
        assert!(peer.is_closed().await);
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_closes_the_connection() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .connected(|builder| builder.max_response_size(1000))
        .await;
    peer.send(&1001i32.to_be_bytes()).await;
    let reason = soon(connection.closed()).await;
    assert!(reason.to_string().contains("1001"), "{reason}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_its_request_alone() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    let mut frame = vec![0, 0, 0, 9];
    frame.extend(request.id().to_be_bytes());
    frame.extend([0xff; 5]);
    peer.send(&frame).await;
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::InvalidResponse(_)),
        "{error:?}"
    );
    assert!(connection.close_reason().is_none());
}

/// Fault 2 of the list: nobody answers, and nobody closes.
#[tokio::test]
async fn a_half_open_peer_is_given_up_and_every_waiter_told() {
    let listener = Listener::start().await;
    let timeout = Duration::from_millis(200);
    let (connection, mut peer) = listener
        .connected(|builder| builder.request_timeout(timeout))
        .await;
    let started = Instant::now();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(connection.send(MetadataRequest::default())))
        .collect();
    for call in calls {
        let error = soon(call).await.unwrap().unwrap_err();
        assert!(
            matches!(reason(&error), CloseReason::ConnectionTimeout),
            "{error:?}"
        );
        assert!(error.may_have_been_sent());
    }
    assert!(started.elapsed() >= timeout);
    for _ in 0..3 {
        peer.request().await;
    }
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn closing_twice_and_dropping_every_handle_are_the_same_shutdown() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let waiting = tokio::spawn(connection.send(MetadataRequest::default()));
    peer.request().await;
    connection.close();
    connection.close();
    assert!(matches!(
        soon(connection.closed()).await,
        CloseReason::Shutdown
    ));
    let error = soon(waiting).await.unwrap().unwrap_err();
    assert!(matches!(reason(&error), CloseReason::Shutdown));
    assert!(error.may_have_been_sent());
    assert!(peer.is_closed().await);

    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let clone = connection.clone();
    drop(connection);
    assert!(clone.close_reason().is_none(), "a handle is left");
    drop(clone);
    assert!(peer.is_closed().await);
}

/// More than the sockets of both sides hold.
fn more_than_fits() -> ProduceRequest {
    let records = Bytes::from(vec![0; 64 << 20]);
    let data = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(1)
        .with_topic_data(vec![topic])
}

#[tokio::test]
async fn closing_ends_even_if_the_peer_never_reads() {
    let listener = Listener::start().await;
    let (connection, _peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(more_than_fits()));
    tokio::task::yield_now().await;
    connection.close();
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(matches!(reason(&error), CloseReason::Shutdown));
}

#[tokio::test]
async fn a_write_that_is_stuck_is_bounded_by_the_deadline_and_then_by_the_request_timeout() {
    let listener = Listener::start().await;
    let timeout = Duration::from_millis(400);
    let (connection, _peer) = listener
        .connected(|builder| builder.request_timeout(timeout))
        .await;
    let started = Instant::now();
    let hasty = connection
        .send_oneway(more_than_fits())
        .deadline(Duration::from_millis(50));
    let error = soon(hasty).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
    assert!(error.may_have_been_sent() && started.elapsed() < timeout);
    let error = soon(connection.send_oneway(more_than_fits()))
        .await
        .unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionTimeout),
        "{error:?}"
    );
    assert!(
        !error.may_have_been_sent(),
        "it was behind the one that is stuck"
    );
}

#[test]
fn a_runtime_that_ends_before_the_tasks_ever_ran_ends_the_connection() {
    let (address, connected) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = Listener::start().await;
            address.0.send(listener.address()).unwrap();
            let mut peer = listener.accept().await;
            peer.answer_versions(&usual_versions()).await;
            assert!(peer.is_closed().await);
            connected.0.send(()).unwrap();
        });
    });
    let address = address.1.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // Nothing runs on this runtime once its `block_on` has returned.
    let connection = runtime
        .block_on(milena::Connection::builder().connect(&address))
        .unwrap();
    drop(runtime);
    assert!(matches!(
        connection.close_reason(),
        Some(CloseReason::Shutdown)
    ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let error = runtime
        .block_on(soon(connection.send(MetadataRequest::default())))
        .unwrap_err();
    assert!(matches!(reason(&error), CloseReason::Shutdown));
    connected.1.recv().unwrap();
    server.join().unwrap();
}

#[tokio::test]
async fn an_answer_before_the_connection_breaks_is_given() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    let frame =
        encode_response(Vec::new(), &MetadataResponse::default(), 12, request.id()).unwrap();
    peer.send(&[&frame.into_bytes()[..], &(-1i32).to_be_bytes()].concat())
        .await;
    soon(call).await.unwrap().unwrap();
    assert!(matches!(
        soon(connection.closed()).await,
        CloseReason::ConnectionBroken(_)
    ));
}

#[test]
fn the_public_futures_are_send_and_static() {
    fn is_send<T: Send + 'static>(_: &T) {}
    fn check(connection: &milena::Connection) {
        is_send(&connection.send(MetadataRequest::default()));
        is_send(&connection.send_oneway(ProduceRequest::default()));
        let owned = connection.clone();
        is_send(&async move { owned.closed().await });
        is_send(&async { milena::Connection::builder().connect("h:1").await });
    }
    let _: fn(&milena::Connection) = check;
}
