//! Requests and their answers.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use milena::CloseReason;
use milena::error::ErrorKind;
use milena::wire::api_key::ApiKey;
use milena::wire::codec::Message as _;
use milena::wire::messages::metadata::{MetadataRequestTopic, MetadataResponseBroker};
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    FetchRequest, FindCoordinatorRequest, FindCoordinatorResponse, MetadataRequest,
    MetadataResponse, ProduceRequest, ProduceResponse,
};
use tokio::task::JoinSet;

use crate::logs::{collect, logged};
use crate::peer::{Listener, api, frame, reason, soon};

fn asks(topic: usize) -> MetadataRequest {
    let topic = MetadataRequestTopic::default().with_name(format!("topic-{topic}"));
    MetadataRequest::default().with_topics(vec![topic])
}

/// The answer that names the topic that was asked for as its cluster, so that a mix-up shows.
fn names(request: &crate::peer::Received) -> MetadataResponse {
    let asked = MetadataRequest::decode(&request.body, request.header.request_api_version).unwrap();
    let topic = asked.topics.unwrap().remove(0).name.unwrap();
    MetadataResponse::default().with_cluster_id(topic)
}

#[tokio::test]
async fn a_hundred_tasks_share_a_connection_and_each_gets_its_own_answer() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let serve = tokio::spawn(async move {
        for expected in 2..2 + 100 * 20 {
            let request = peer.request().await;
            assert_eq!(request.id(), expected, "ids go up by one on the wire");
            peer.answer(&request, &names(&request)).await;
        }
        peer
    });
    let mut tasks = JoinSet::new();
    for task in 0..100 {
        let connection = connection.clone();
        tasks.spawn(async move {
            for round in 0..20 {
                let number = task * 1000 + round;
                let answer = connection.send(asks(number)).await.unwrap();
                assert_eq!(
                    answer.cluster_id.as_deref(),
                    Some(&*format!("topic-{number}"))
                );
            }
        });
    }
    soon(tasks.join_all()).await;
    soon(serve).await.unwrap();
}

#[tokio::test]
async fn requests_go_out_at_the_highest_version_in_common_unless_told() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    for (ceiling, expected) in [(i16::MAX, 12), (7, 7)] {
        let call = connection.send(asks(1)).max_version(ceiling);
        let serve = async {
            let request = peer.request().await;
            let version = request.header.request_api_version;
            let broker = MetadataResponseBroker::default()
                .with_host("b")
                .with_port(1);
            let response = MetadataResponse::default().with_brokers(vec![broker]);
            peer.answer(&request, &response).await;
            version
        };
        let (answer, version) = soon(async { tokio::join!(call, serve) }).await;
        assert_eq!((answer.unwrap().brokers.len(), version), (1, expected));
    }
}

#[tokio::test]
async fn what_has_no_version_in_common_takes_no_id() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let error = connection.send(FetchRequest::default()).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedApi),
        "{error:?}"
    );
    assert!(!error.may_have_been_sent());
    assert_eq!(error.api(), Some(ApiKey::FETCH));
    let error = connection.send(asks(1)).max_version(0).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }),
        "{error:?}"
    );
    // Asking by id needs version 12; a ceiling below leaves none.
    let id = milena::wire::uuid::Uuid::from_u128(7);
    let by_id = MetadataRequestTopic::default().with_topic_id(id);
    let by_id = MetadataRequest::default().with_topics(vec![by_id]);
    let error = connection.send(by_id).max_version(11).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }),
        "{error:?}"
    );
    let call = tokio::spawn(connection.send(asks(1)));
    assert_eq!(peer.request().await.id(), 2, "the id after the handshake's");
    call.abort();
}

#[tokio::test]
async fn a_late_answer_is_passed_over_and_the_next_one_found() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let hasty = connection.send(asks(1)).deadline(Duration::from_millis(50));
    let error = soon(hasty).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
    assert!(error.may_have_been_sent(), "the bytes were written");
    let call = tokio::spawn(connection.send(asks(2)));
    let (first, second) = (peer.request().await, peer.request().await);
    peer.answer(&first, &names(&first)).await;
    peer.answer(&second, &names(&second)).await;
    let answer = soon(call).await.unwrap().unwrap();
    assert_eq!(answer.cluster_id.as_deref(), Some("topic-2"));
    assert!(connection.close_reason().is_none());
}

#[tokio::test]
async fn durations_without_an_end_are_no_limit() {
    let listener = Listener::start().await;
    let endless = Duration::MAX;
    let (connection, mut peer) = listener
        .connected(|builder| builder.deadline(endless).request_timeout(endless))
        .await;
    for call in [
        connection.send(asks(1)),
        connection.send(asks(1)).deadline(endless),
    ] {
        let call = tokio::spawn(call);
        let request = peer.request().await;
        peer.answer(&request, &names(&request)).await;
        soon(call).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_future_dropped_before_it_is_polled_writes_nothing() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    drop(connection.send(asks(1)));
    let call = tokio::spawn(connection.send(asks(2)));
    let request = peer.request().await;
    assert_eq!(request.id(), 2);
    peer.answer(&request, &names(&request)).await;
    let answer = soon(call).await.unwrap().unwrap();
    assert_eq!(answer.cluster_id.as_deref(), Some("topic-2"));
}

#[tokio::test]
async fn one_queued_and_withdrawn_is_never_written() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    // On this runtime nothing else runs between the two polls, so the writer has not taken the first one yet.
    let mut withdrawn = Box::pin(connection.send(asks(1)));
    let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(withdrawn.as_mut().poll(context).is_pending());
    drop(withdrawn);
    let call = tokio::spawn(connection.send(asks(2)));
    let request = peer.request().await;
    peer.answer(&request, &names(&request)).await;
    let answer = soon(call).await.unwrap().unwrap();
    assert_eq!(answer.cluster_id.as_deref(), Some("topic-2"));
    assert_eq!(request.id(), 2, "what is withdrawn takes no id");
}

#[tokio::test]
async fn beyond_the_bound_a_sender_waits_and_does_not_fail() {
    let listener = Listener::start().await;
    let two = NonZeroUsize::new(2).unwrap();
    let (connection, mut peer) = listener
        .connected(|builder| builder.max_in_flight(two))
        .await;
    let mut calls = JoinSet::new();
    for number in 0..10 {
        calls.spawn(connection.send(asks(number)));
    }
    for _ in 0..5 {
        let (first, second) = (peer.request().await, peer.request().await);
        let third = tokio::time::timeout(Duration::from_millis(20), peer.request()).await;
        assert!(third.is_err(), "only two are in flight");
        peer.answer(&first, &names(&first)).await;
        peer.answer(&second, &names(&second)).await;
    }
    let answers = soon(calls.join_all()).await;
    assert!(answers.into_iter().all(|answer| answer.is_ok()));
}

#[tokio::test]
async fn a_call_without_time_is_never_sent() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let error = soon(connection.send(asks(1)).deadline(Duration::ZERO))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
    assert!(!error.may_have_been_sent());
    let call = tokio::spawn(connection.send(asks(2)));
    assert_eq!(peer.request().await.id(), 2);
    call.abort();
}

#[tokio::test]
async fn who_waits_for_room_has_a_deadline_too() {
    let listener = Listener::start().await;
    let one = NonZeroUsize::new(1).unwrap();
    let (connection, mut peer) = listener
        .connected(|builder| builder.max_in_flight(one))
        .await;
    let first = tokio::spawn(connection.send(asks(1)));
    let request = peer.request().await;
    let hasty = connection.send(asks(2)).deadline(Duration::from_millis(50));
    let error = soon(hasty).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
    assert!(!error.may_have_been_sent(), "it never had room");
    peer.answer(&request, &names(&request)).await;
    soon(first).await.unwrap().unwrap();
}

#[tokio::test]
async fn one_in_line_who_is_never_polled_again_holds_the_others_up_no_longer_than_his_deadline() {
    let listener = Listener::start().await;
    let one = NonZeroUsize::new(1).unwrap();
    let (connection, mut peer) = listener
        .connected(|builder| builder.max_in_flight(one))
        .await;
    let first = tokio::spawn(connection.send(asks(1)));
    let request = peer.request().await;
    let mut parked = Box::pin(
        connection
            .send(asks(2))
            .deadline(Duration::from_millis(100)),
    );
    let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(parked.as_mut().poll(context).is_pending());
    let third = tokio::spawn(connection.send(asks(3)));
    peer.answer(&request, &names(&request)).await;
    soon(first).await.unwrap().unwrap();
    let request = peer.request().await;
    peer.answer(&request, &names(&request)).await;
    let answer = soon(third).await.unwrap().unwrap();
    assert_eq!(answer.cluster_id.as_deref(), Some("topic-3"));
    let error = soon(parked).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
}

fn produce(bytes: usize) -> ProduceRequest {
    let records = Bytes::from(vec![7; bytes]);
    let data = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    ProduceRequest::default().with_topic_data(vec![topic])
}

#[tokio::test]
async fn acks_0_is_refused_by_send_and_written_by_send_oneway() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let error = connection.send(produce(10).with_acks(0)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoAnswer), "{error:?}");
    for _ in 0..10 {
        soon(connection.send_oneway(produce(10).with_acks(-1)))
            .await
            .unwrap();
        let request = peer.request().await;
        let body = ProduceRequest::decode(&request.body, 12).unwrap();
        assert_eq!(body.acks, 0);
    }
    // Nothing waits for an answer to those, so the next one is matched to its own request.
    let call = tokio::spawn(connection.send(asks(1)));
    let request = peer.request().await;
    assert_eq!(request.id(), 12);
    peer.answer(&request, &names(&request)).await;
    soon(call).await.unwrap().unwrap();
}

#[tokio::test]
async fn large_payloads_arrive_whole() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let serve = tokio::spawn(async move {
        for bytes in [4095, 4096, 1 << 20, 10 << 20] {
            let request = peer.request().await;
            let body = ProduceRequest::decode(&request.body, 12).unwrap();
            let records = body.topic_data[0].partition_data[0]
                .records
                .clone()
                .unwrap();
            assert_eq!(records.len(), bytes);
            assert!(records.iter().all(|&byte| byte == 7));
            peer.answer(&request, &ProduceResponse::default()).await;
        }
        peer
    });
    for bytes in [4095, 4096, 1 << 20, 10 << 20] {
        soon(connection.send(produce(bytes).with_acks(1)))
            .await
            .unwrap();
    }
    soon(serve).await.unwrap();
}

/// A broker that speaks FindCoordinator up to this version.
async fn coordinating(max: i16) -> (milena::Connection, crate::peer::Peer) {
    let listener = Listener::start().await;
    let (connection, peer) = listener
        .meet(
            |builder| builder,
            async |peer| {
                let apis = [
                    api(ApiKey::FIND_COORDINATOR, 0, max),
                    api(ApiKey::METADATA, 0, 0),
                ];
                peer.answer_versions(&apis).await;
            },
        )
        .await;
    (connection.unwrap(), peer)
}

/// Statement 13: brokers before 0.10 answer FindCoordinator v0 with id 0, which is accepted and warned of.
#[tokio::test]
async fn find_coordinator_v0_may_be_answered_with_id_0() {
    collect();
    let before = logged("correlation id 0").len();
    let (connection, mut peer) = coordinating(0).await;
    let request = FindCoordinatorRequest::default().with_key("group");
    let call = tokio::spawn(connection.send(request));
    let request = peer.request().await;
    assert_eq!((request.header.request_api_version, request.id()), (0, 2));
    let found = FindCoordinatorResponse::default()
        .with_node_id(3)
        .with_host("b3");
    let body = found.encode(0).unwrap().into_bytes();
    peer.send(&frame(0, 0, &body)).await;
    assert_eq!(soon(call).await.unwrap().unwrap().node_id, 3);
    let warned = logged("correlation id 0");
    assert_eq!(warned.len(), before + 1);
    assert_eq!(warned[before].level, tracing::Level::WARN);
    // It goes on as if nothing had been.
    let call = tokio::spawn(connection.send(asks(1)));
    let request = peer.request().await;
    assert_eq!(request.id(), 3);
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
}

/// Statement 13: newer versions, and other APIs, have to be answered with their ids.
#[tokio::test]
async fn nothing_else_may_be_answered_with_id_0() {
    for max in [0, 1] {
        let (connection, mut peer) = coordinating(max).await;
        let call = match max {
            0 => tokio::spawn(async move { connection.send(asks(1)).await.map(drop) }),
            _ => {
                let request = FindCoordinatorRequest::default().with_key("group");
                tokio::spawn(async move { connection.send(request).await.map(drop) })
            }
        };
        let request = peer.request().await;
        assert_eq!(request.header.request_api_version, max);
        let body = match max {
            0 => MetadataResponse::default().encode(0).unwrap(),
            _ => FindCoordinatorResponse::default().encode(1).unwrap(),
        };
        peer.send(&frame(0, 0, &body.into_bytes())).await;
        let error = soon(call).await.unwrap().unwrap_err();
        assert!(
            matches!(
                reason(&error),
                CloseReason::OutOfSync {
                    expected: Some(2),
                    received: 0
                }
            ),
            "{error}"
        );
        assert!(peer.is_closed().await);
    }
}
