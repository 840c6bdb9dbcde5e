//! How long a connection waits for requests that ask for a wait of their own. Time is paused.

use std::time::Duration;

use milena::error::ErrorKind;
use milena::wire::api_key::ApiKey;
use milena::wire::codec::Request;
use milena::wire::encode_response;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    FetchRequest, JoinGroupRequest, MetadataRequest, MetadataResponse, ProduceRequest,
    ProduceResponse,
};
use milena::{CloseReason, Connection};
use tokio::time::{Instant, sleep};

use crate::peer::{Memory, Peer, api, reason};

const SECOND: Duration = Duration::from_secs(1);

async fn connected(request_timeout: Duration, deadline: Duration) -> (Connection, Peer) {
    let change = |builder: milena::connection::ConnectionBuilder| {
        builder
            .request_timeout(request_timeout)
            .deadline(deadline)
            .connections_max_idle(Duration::MAX)
    };
    let (connection, peer) = Memory::new()
        .meet(change, async |peer| {
            let apis = [
                api(ApiKey::PRODUCE, 3, 12),
                api(ApiKey::FETCH, 4, 12),
                api(ApiKey::METADATA, 1, 12),
                api(ApiKey::JOIN_GROUP, 0, 9),
            ];
            peer.answer_versions(&apis).await;
        })
        .await;
    (connection.unwrap(), peer)
}

/// Asserts that a connection waits so long for this request, and that a call does.
async fn waits<R: Request + Clone + Sync + 'static>(request: R, expected: Duration) {
    // The request time-out of 10 s and the wait.
    let (connection, _peer) = connected(10 * SECOND, Duration::MAX).await;
    let began = Instant::now();
    let error = connection.send(request.clone()).await.err().unwrap();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionTimeout),
        "{error}"
    );
    assert!(error.may_have_been_sent());
    let time = began.elapsed();
    let expected_time = 10 * SECOND + expected;
    assert!(
        time >= expected_time && time < expected_time + SECOND / 10,
        "{}: {time:?} for {expected_time:?}",
        R::API_KEY
    );
    // The default deadline of 3 s and the wait; the connection is not given up for it.
    let (connection, _peer) = connected(Duration::MAX, 3 * SECOND).await;
    let began = Instant::now();
    let error = connection.send(request).await.err().unwrap();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    let time = began.elapsed();
    let expected_time = 3 * SECOND + expected;
    assert!(
        time >= expected_time && time < expected_time + SECOND / 10,
        "{}: {time:?} for {expected_time:?}",
        R::API_KEY
    );
    assert!(connection.close_reason().is_none());
}

/// Statement 17: a Fetch that may wait at the broker has that wait on top.
#[tokio::test(start_paused = true)]
async fn a_fetch_has_its_max_wait_on_top() {
    waits(
        FetchRequest::default().with_max_wait_ms(30_000),
        30 * SECOND,
    )
    .await;
}

/// Statement 17: a Produce has its time-out on top.
#[tokio::test(start_paused = true)]
async fn a_produce_has_its_timeout_on_top() {
    let request = ProduceRequest::default().with_acks(-1);
    waits(request.with_timeout_ms(25_000), 25 * SECOND).await;
}

/// Statement 17: a JoinGroup has the rebalance time-out on top; in version 0 that is the session time-out.
#[tokio::test(start_paused = true)]
async fn a_join_group_has_its_rebalance_timeout_on_top() {
    let request = JoinGroupRequest::default().with_session_timeout_ms(10_000);
    waits(request.clone(), 10 * SECOND).await;
    waits(request.with_rebalance_timeout_ms(300_000), 300 * SECOND).await;
}

/// Statement 17: others have none, and a wait that is negative is none.
#[tokio::test(start_paused = true)]
async fn others_have_nothing_on_top() {
    waits(MetadataRequest::default(), Duration::ZERO).await;
    waits(FetchRequest::default().with_max_wait_ms(-1), Duration::ZERO).await;
    waits(
        FetchRequest::default().with_max_wait_ms(i32::MIN),
        Duration::ZERO,
    )
    .await;
}

/// Statement 17: the longest wait that can be asked for overflows nothing.
#[tokio::test(start_paused = true)]
async fn the_longest_wait_is_one() {
    let longest = Duration::from_millis(u64::try_from(i32::MAX).unwrap());
    waits(FetchRequest::default().with_max_wait_ms(i32::MAX), longest).await;
}

/// Statement 17: who comes behind a long Fetch has his own wait from when it is his turn, as brokers answer in order.
#[tokio::test(start_paused = true)]
async fn a_request_behind_a_long_fetch_has_its_own_time() {
    let (connection, mut peer) = connected(10 * SECOND, Duration::MAX).await;
    let fetch = FetchRequest::default().with_max_wait_ms(60_000);
    let fetch = tokio::spawn(connection.send(fetch));
    let first = peer.request().await;
    let second = tokio::spawn(connection.send(MetadataRequest::default()));
    let behind = peer.request().await;
    sleep(65 * SECOND).await;
    let empty = milena::wire::messages::FetchResponse::default();
    peer.answer(&first, &empty).await;
    fetch.await.unwrap().unwrap();
    sleep(9 * SECOND).await;
    peer.answer(&behind, &MetadataResponse::default()).await;
    second.await.unwrap().unwrap();
}

/// Statement 17: a caller in a hurry never kills his neighbours' pipeline.
#[tokio::test(start_paused = true)]
async fn a_caller_in_a_hurry_leaves_his_neighbours_alone() {
    let (connection, mut peer) = connected(10 * SECOND, Duration::MAX).await;
    let hasty = connection.send(MetadataRequest::default());
    let hasty = tokio::spawn(hasty.deadline(SECOND));
    let first = peer.request().await;
    let patient = tokio::spawn(connection.send(MetadataRequest::default()));
    let second = peer.request().await;
    let error = hasty.await.unwrap().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    sleep(8 * SECOND).await;
    peer.answer(&first, &MetadataResponse::default()).await;
    sleep(8 * SECOND).await;
    peer.answer(&second, &MetadataResponse::default()).await;
    patient.await.unwrap().unwrap();
    assert!(connection.close_reason().is_none());
}

/// Statements 6 and 17: a broker that takes requests and never answers is given up, however many more it is sent.
#[tokio::test(start_paused = true)]
async fn a_silent_broker_is_given_up_while_requests_go_on() {
    let (connection, _peer) = Memory::new().connected(|builder| builder).await;
    let began = Instant::now();
    let calls = async {
        loop {
            let call = connection.send(MetadataRequest::default());
            let call = call.deadline(Duration::from_millis(500));
            if let ErrorKind::Closed(reason) = call.await.unwrap_err().kind() {
                return reason.clone();
            }
        }
    };
    let reason = calls.await;
    assert!(matches!(reason, CloseReason::ConnectionTimeout), "{reason}");
    assert_eq!(began.elapsed().as_secs(), 40);
}

/// A peer that answers before it has read the request, and reads no more, holds the connection no longer than one that does not answer.
#[tokio::test(start_paused = true)]
async fn a_write_that_stands_still_is_given_up_even_if_it_was_answered() {
    let (connection, mut peer) = Memory::new().connected(|builder| builder).await;
    let data = PartitionProduceData::default().with_records(vec![7; 5 << 20]);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(1)
        .with_timeout_ms(0)
        .with_topic_data(vec![topic]);
    let call = tokio::spawn(connection.send(request));
    let head = peer.bytes(12).await;
    let version = i16::from_be_bytes([head[6], head[7]]);
    let id = i32::from_be_bytes([head[8], head[9], head[10], head[11]]);
    let answer = encode_response(Vec::new(), &ProduceResponse::default(), version, id).unwrap();
    peer.send(&answer.into_bytes()).await;
    call.await.unwrap().unwrap();
    let began = Instant::now();
    let reason = connection.closed().await;
    assert!(matches!(reason, CloseReason::ConnectionTimeout), "{reason}");
    assert!(began.elapsed().as_secs() <= 40, "{:?}", began.elapsed());
}
