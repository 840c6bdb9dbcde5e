//! When nothing happens. Time is paused: the runtime's clock jumps to the next timer.

use std::time::Duration;

use milena::CloseReason;
use milena::wire::messages::{MetadataRequest, MetadataResponse, ProduceRequest};
use tokio::time::{Instant, advance, sleep};

use crate::peer::{Memory, reason};

const MINUTE: Duration = Duration::from_secs(60);

/// How exact a drop must be: 2 percent and 10 ms.
fn is_about(time: Duration, expected: Duration) -> bool {
    time >= expected && time <= expected + expected / 50 + Duration::from_millis(10)
}

/// Statement 18: the default is 9 minutes.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_drops_itself() {
    let (connection, mut peer) = Memory::new().connected(|builder| builder).await;
    let began = Instant::now();
    let reason = connection.closed().await;
    assert!(matches!(reason, CloseReason::IdleDrop), "{reason}");
    let time = began.elapsed();
    assert!(is_about(time, 9 * MINUTE), "{time:?}");
    assert!(peer.is_closed().await);
}

/// Statement 18: bytes in either direction count.
#[tokio::test(start_paused = true)]
async fn activity_puts_the_drop_off() {
    let (connection, mut peer) = Memory::new()
        .connected(|builder| builder.connections_max_idle(MINUTE))
        .await;
    for _ in 0..5 {
        sleep(MINUTE / 2).await;
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        peer.answer(&request, &MetadataResponse::default()).await;
        call.await.unwrap().unwrap();
    }
    let last = Instant::now();
    assert!(matches!(connection.closed().await, CloseReason::IdleDrop));
    assert!(is_about(last.elapsed(), MINUTE), "{:?}", last.elapsed());
}

/// Statement 18: a steady sender of acks 0 gets no bytes back, and is not idle.
#[tokio::test(start_paused = true)]
async fn writing_alone_is_activity() {
    let (connection, _peer) = Memory::new()
        .connected(|builder| builder.connections_max_idle(MINUTE))
        .await;
    for _ in 0..10 {
        sleep(MINUTE / 2).await;
        connection
            .send_oneway(ProduceRequest::default())
            .await
            .unwrap();
    }
    let last = Instant::now();
    assert!(matches!(connection.closed().await, CloseReason::IdleDrop));
    assert!(is_about(last.elapsed(), MINUTE), "{:?}", last.elapsed());
}

/// Statement 18: what is in flight is not idle, however slow the broker is.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_waited_for() {
    let endless = Duration::MAX;
    let (connection, mut peer) = Memory::new()
        .connected(|builder| {
            builder
                .connections_max_idle(MINUTE)
                .deadline(endless)
                .request_timeout(endless)
        })
        .await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    sleep(10 * MINUTE).await;
    peer.answer(&request, &MetadataResponse::default()).await;
    call.await.unwrap().unwrap();
    let last = Instant::now();
    assert!(matches!(connection.closed().await, CloseReason::IdleDrop));
    assert!(is_about(last.elapsed(), MINUTE), "{:?}", last.elapsed());
}

/// Statement 18: one abandoned request does not keep the connection for ever: it is answered, or the connection is given up.
#[tokio::test(start_paused = true)]
async fn an_abandoned_request_does_not_hold_the_connection() {
    for answered in [true, false] {
        let (connection, mut peer) = Memory::new()
            .connected(|builder| {
                builder
                    .connections_max_idle(MINUTE)
                    .request_timeout(2 * MINUTE)
            })
            .await;
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        let began = Instant::now();
        if answered {
            peer.answer(&request, &MetadataResponse::default()).await;
        }
        let (closed, time) = (connection.closed().await, began.elapsed());
        if answered {
            assert!(matches!(closed, CloseReason::IdleDrop), "{closed}");
            assert!(is_about(time, MINUTE), "{time:?}");
        } else {
            assert!(matches!(closed, CloseReason::ConnectionTimeout), "{closed}");
            assert!(is_about(time, 2 * MINUTE), "{time:?}");
        }
    }
}

/// Statement 19: whoever comes after the drop was not sent, and may try again elsewhere.
#[tokio::test(start_paused = true)]
async fn a_request_that_loses_the_race_was_not_sent() {
    let (connection, mut peer) = Memory::new()
        .connected(|builder| builder.connections_max_idle(MINUTE))
        .await;
    // At the very moment of the drop: whichever of the two comes first, the request is either carried out or was not sent.
    let call = connection
        .send(MetadataRequest::default())
        .deadline(Duration::MAX);
    advance(MINUTE + Duration::from_millis(1)).await;
    let call = tokio::spawn(call);
    let seen = peer.try_request().await;
    match seen {
        Some(request) => {
            peer.answer(&request, &MetadataResponse::default()).await;
            call.await.unwrap().unwrap();
        }
        None => {
            let error = call.await.unwrap().unwrap_err();
            assert!(matches!(reason(&error), CloseReason::IdleDrop), "{error}");
            assert!(!error.may_have_been_sent() && error.is_retriable());
        }
    }
    let error = match connection.closed().await {
        CloseReason::IdleDrop => connection.send(MetadataRequest::default()).await,
        other => panic!("{other}"),
    };
    let error = error.unwrap_err();
    assert!(matches!(reason(&error), CloseReason::IdleDrop), "{error}");
    assert!(!error.may_have_been_sent());
}

/// Statement 17: the clock of a call runs from `send` on, not from when it is awaited.
#[tokio::test(start_paused = true)]
async fn a_deadline_counts_from_the_call() {
    let (connection, _peer) = Memory::new().connected(|builder| builder).await;
    let call = connection.send(MetadataRequest::default()).deadline(MINUTE);
    sleep(MINUTE * 3 / 4).await;
    let began = Instant::now();
    call.await.unwrap_err();
    assert!(
        is_about(began.elapsed(), MINUTE / 4),
        "{:?}",
        began.elapsed()
    );
}
