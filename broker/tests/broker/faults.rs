//! Each thing that goes wrong on purpose. Time is paused: it goes on when nothing else does.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Requests};
use milena_wire::codec::Request;
use milena_wire::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use milena_wire::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_wire::messages::metadata::MetadataResponse;
use milena_wire::messages::produce::ProduceResponse;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};

use crate::client::{Client, batch, fetch_request, metadata_request, produce_request, values};

const SECOND: Duration = Duration::from_secs(1);

async fn start() -> (Cluster, Client<DuplexStream>) {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let client = Client::in_memory(&cluster, 1).await;
    (cluster, client)
}

fn on_metadata(action: Action) -> Fault {
    Fault::on(ApiKey::METADATA, action)
}

/// What has been written to partition 0, read over another connection.
async fn written(cluster: &Cluster) -> Vec<String> {
    let mut client = Client::in_memory(cluster, 1).await;
    let topic = client.topic("orders").await;
    let response = client.call(&fetch_request(&topic, 0), 13).await;
    let records = response.responses[0].partitions[0].records.clone();
    let values = values(&records.unwrap()).into_iter();
    values.map(|(_, value)| value).collect()
}

/// Sends a produce request that meets a fault which closes, and tells how much came before the end.
async fn produce_and_lose(moment: Moment) -> (Vec<u8>, Vec<String>) {
    let (cluster, mut client) = start().await;
    let topic = client.create_topic("orders", 1).await;
    let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Close(moment)).times(1));
    // What was asked before is answered.
    let before = client.send(&metadata_request(&[]), 13).await;
    let request = produce_request(&topic, 0, batch(&["a"]), -1);
    client.send(&request, 13).await;
    client.receive::<MetadataResponse>(before, 13).await;
    let mut came = Vec::new();
    client.stream.read_to_end(&mut came).await.unwrap();
    assert_eq!(fault.hits(), 1);
    (came, written(&cluster).await)
}

#[tokio::test(start_paused = true)]
async fn closing_before_it_is_applied() {
    for moment in [Moment::BeforeReading, Moment::AfterReading] {
        let (came, written) = produce_and_lose(moment).await;
        assert!(came.is_empty() && written.is_empty(), "{moment:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn closing_after_it_was_applied() {
    let (came, written) = produce_and_lose(Moment::AfterApplying).await;
    assert!(came.is_empty());
    assert_eq!(written, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn closing_in_the_middle_of_the_answer() {
    let (came, written) = produce_and_lose(Moment::AfterBytes(9)).await;
    assert_eq!(came.len(), 9);
    assert_eq!(written, ["a"]);
    // More than the answer has: it is whole.
    let (came, _) = produce_and_lose(Moment::AfterBytes(usize::MAX)).await;
    let length = u32::from_be_bytes(came[..4].try_into().unwrap());
    assert_eq!(came.len(), 4 + length as usize);
}

#[tokio::test(start_paused = true)]
async fn before_reading_means_that_the_rest_is_not_read() {
    let (cluster, mut client) = start().await;
    let topic = client.create_topic("orders", 1).await;
    let stalled = cluster.inject(Fault::on(
        ApiKey::PRODUCE,
        Action::Stall(Moment::BeforeReading),
    ));
    // More than the 64 KiB in the transport and the 64 KiB that were read.
    let large = "x".repeat(500_000);
    let request = produce_request(&topic, 0, batch(&[&large]), -1);
    let mut sending = Box::pin(client.send(&request, 13));
    assert!(timeout(60 * SECOND, &mut sending).await.is_err());
    assert_eq!(stalled.hits(), 1);
    assert!(written(&cluster).await.is_empty());
    stalled.clear();
    let id = sending.await;
    client.receive::<ProduceResponse>(id, 13).await;
    assert_eq!(written(&cluster).await, [large]);
}

#[tokio::test(start_paused = true)]
async fn stalled_before_it_is_applied() {
    let (cluster, mut client) = start().await;
    let topic = client.create_topic("orders", 1).await;
    let fault = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterReading));
    let stalled = cluster.inject(fault);
    let request = produce_request(&topic, 0, batch(&["a"]), -1);
    let id = client.send(&request, 13).await;
    assert!(stalled.until_hits(1).await);
    assert!(written(&cluster).await.is_empty());
    stalled.clear();
    client.receive::<ProduceResponse>(id, 13).await;
    assert_eq!(written(&cluster).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn stalled_writes_go_on_where_they_stopped() {
    for (moment, count) in [(Moment::AfterApplying, 0), (Moment::AfterBytes(3), 3)] {
        let (cluster, mut client) = start().await;
        let topic = client.create_topic("orders", 1).await;
        let stalled = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Stall(moment)).times(1));
        let request = produce_request(&topic, 0, batch(&["a"]), -1);
        client.send(&request, 13).await;
        let behind = client.send(&metadata_request(&[]), 13).await;
        assert!(stalled.until_hits(1).await);
        assert_eq!(written(&cluster).await, ["a"]);
        let mut start = vec![0; count];
        client.stream.read_exact(&mut start).await.unwrap();
        let more = timeout(60 * SECOND, client.stream.read_u8()).await;
        assert!(more.is_err(), "{moment:?}");
        cluster.clear_faults();
        client.receive_rest(&start).await;
        client.receive::<MetadataResponse>(behind, 13).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_a_stalled_connection_is_noticed() {
    let (cluster, mut client) = start().await;
    let _stalled = cluster.inject(on_metadata(Action::Stall(Moment::AfterApplying)));
    client.send(&metadata_request(&[]), 13).await;
    cluster.until_connections(|counts| counts.open == 1).await;
    drop(client);
    cluster.until_connections(|counts| counts.open == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_holds_up_those_behind_it() {
    let (cluster, mut client) = start().await;
    let _slow = cluster.inject(on_metadata(Action::Delay(10 * SECOND)).times(1));
    let start = Instant::now();
    let first = client.send(&metadata_request(&[]), 13).await;
    let second = client.send(&metadata_request(&[]), 13).await;
    client.receive::<MetadataResponse>(first, 13).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    client.receive::<MetadataResponse>(second, 13).await;
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_client_is_told_and_then_left_to_wait() {
    let (cluster, mut client) = start().await;
    let topic = client.create_topic("orders", 1).await;
    let throttle = Action::Throttle(5 * SECOND);
    let guard = cluster.inject(Fault::on(Requests::any(), throttle));
    let mut expected = Duration::ZERO;
    let start = Instant::now();
    let mut check = |throttled: i32| {
        assert_eq!(throttled, 5000);
        assert_eq!(start.elapsed().as_secs(), expected.as_secs());
        expected += 5 * SECOND;
    };
    let request = metadata_request(&[]);
    check(client.call(&request, 13).await.throttle_time_ms);
    let request = produce_request(&topic, 0, batch(&["a"]), -1);
    check(client.call(&request, 13).await.throttle_time_ms);
    let request = fetch_request(&topic, 0);
    check(client.call(&request, 13).await.throttle_time_ms);
    let request = ListOffsetsRequest::default();
    check(client.call(&request, 11).await.throttle_time_ms);
    let request = CreateTopicsRequest::default();
    check(client.call(&request, 7).await.throttle_time_ms);
    let request = ApiVersionsRequest::default();
    check(client.call(&request, 2).await.throttle_time_ms);
    assert_eq!(guard.hits(), 6);
    drop(guard);
    let response = client.call(&metadata_request(&[]), 13).await;
    assert_eq!(response.throttle_time_ms, 0);
}

/// Calls once with the fault and once without.
async fn refused<R: Request>(request: &R, version: i16) -> R::Response {
    let (cluster, mut client) = start().await;
    let error = Action::Error(ErrorCode::REQUEST_TIMED_OUT);
    let fault = cluster.inject(Fault::on(R::API_KEY, error).times(1));
    let response = client.call(request, version).await;
    assert_eq!(fault.hits(), 1);
    client.call(request, version).await;
    response
}

#[tokio::test(start_paused = true)]
async fn errors_stand_where_the_answer_has_a_place_for_them() {
    let code = ErrorCode::REQUEST_TIMED_OUT;
    for version in [0, 2] {
        let response = refused(&ApiVersionsRequest::default(), version).await;
        assert_eq!(response.error_code, code);
    }
    for version in [1, 12, 13] {
        let response = refused(&metadata_request(&["orders"]), version).await;
        let expected = if version >= 13 { code } else { ErrorCode::NONE };
        assert_eq!(response.error_code, expected);
        assert_eq!(response.topics[0].error_code, code);
        assert_eq!(response.topics[0].name.as_deref(), Some("orders"));
    }
    let nowhere = crate::client::no_topic();
    for version in [3, 12, 13] {
        let request = produce_request(&nowhere, 7, batch(&["a"]), 1);
        let response = refused(&request, version).await;
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!((partition.index, partition.error_code), (7, code));
    }
    for version in [4, 12, 18] {
        let response = refused(&fetch_request(&nowhere, 0), version).await;
        let expected = if version >= 7 { code } else { ErrorCode::NONE };
        assert_eq!(response.error_code, expected);
        assert_eq!(response.responses.is_empty(), version >= 13);
        for topic in &response.responses {
            assert_eq!(topic.partitions[0].error_code, code);
        }
    }
    let mut request = ListOffsetsRequest::default();
    let mut asked = ListOffsetsTopic::default();
    asked.partitions = vec![ListOffsetsPartition::default()];
    request.topics = vec![asked];
    for version in [0, 11] {
        let response = refused(&request, version).await;
        assert_eq!(response.topics[0].partitions[0].error_code, code);
    }
    let mut request = CreateTopicsRequest::default();
    let mut topic = CreatableTopic::default();
    topic.name = "bills".into();
    request.topics = vec![topic];
    let response = refused(&request, 7).await;
    assert_eq!(response.topics[0].error_code, code);
    assert_eq!(&*response.topics[0].name, "bills");
}

#[tokio::test(start_paused = true)]
async fn an_api_versions_that_is_not_supported_is_told_in_version_0() {
    let (cluster, mut client) = start().await;
    let action = Action::Error(ErrorCode::UNSUPPORTED_VERSION);
    let _old = cluster.inject(Fault::on(ApiKey::API_VERSIONS, action));
    let id = client.send(&ApiVersionsRequest::default(), 2).await;
    let response: ApiVersionsResponse = client.receive(id, 0).await;
    assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION);
    assert_eq!(response.api_keys.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_before_or_after_it_is_applied() {
    let code = ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    for (action, expected) in [
        (Action::Error(code), &[][..]),
        (Action::ErrorAfterApplying(code), &["a"]),
    ] {
        let (cluster, mut client) = start().await;
        let topic = client.create_topic("orders", 1).await;
        let _fault = cluster.inject(Fault::on(ApiKey::PRODUCE, action));
        let answer = client.produce(&topic, batch(&["a"]), 13).await;
        assert_eq!(answer.error_code, code);
        assert_eq!(written(&cluster).await, expected);
        // Nobody waits for an answer: all that can be done is to close.
        let request = produce_request(&topic, 0, batch(&["b"]), 0);
        client.send(&request, 13).await;
        client.expect_close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_pieces() {
    let (cluster, mut client) = start().await;
    let size = NonZeroUsize::new(3).unwrap();
    let _split = cluster.inject(on_metadata(Action::Split(size)));
    for _ in 0..2 {
        let first = client.send(&metadata_request(&[]), 13).await;
        let mut answer = Vec::new();
        let mut buffer = [0; 100];
        while answer.len() < 4 || answer.len() < 4 + answer[3] as usize {
            let count = client.stream.read(&mut buffer).await.unwrap();
            assert!((1..=3).contains(&count), "{count}");
            answer.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(answer[4..8], first.to_be_bytes());
    }
}

#[tokio::test]
async fn an_answer_in_pieces_over_a_socket() {
    let cluster = Cluster::builder().start().await.unwrap();
    let _split = cluster.inject(on_metadata(Action::Split(NonZeroUsize::MIN)));
    let mut client = Client::connect(&cluster, 1).await;
    let mut bytes = [0; 4096];
    client.send(&metadata_request(&[]), 13).await;
    // All on one thread: each byte is read before the next is written.
    assert_eq!(client.stream.read(&mut bytes).await.unwrap(), 1);
    let length = 4 + client.receive_rest(&bytes[..1]).await;
    assert!(length > 8);
}

#[tokio::test(start_paused = true)]
async fn garbage_instead_of_an_answer() {
    let (cluster, mut client) = start().await;
    let garbage = Bytes::from_static(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let _garbage = cluster.inject(on_metadata(Action::Garbage(garbage.clone())).times(1));
    client.send(&metadata_request(&[]), 13).await;
    let mut bytes = vec![0; garbage.len()];
    client.stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, garbage);
    client.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_correlation_id() {
    let (cluster, mut client) = start().await;
    let _wrong = cluster.inject(on_metadata(Action::WrongCorrelationId).times(1));
    let id = client.send(&metadata_request(&[]), 13).await;
    client.receive::<MetadataResponse>(id + 1, 13).await;
    client.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_twice() {
    let (cluster, mut client) = start().await;
    let _twice = cluster.inject(on_metadata(Action::Duplicate).times(1));
    let id = client.send(&metadata_request(&[]), 13).await;
    for _ in 0..2 {
        client.receive::<MetadataResponse>(id, 13).await;
    }
    client.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_asked_for() {
    let (cluster, mut client) = start().await;
    let _more = cluster.inject(on_metadata(Action::Unsolicited).times(1));
    let id = client.send(&metadata_request(&[]), 13).await;
    client.receive::<MetadataResponse>(id, 13).await;
    assert_eq!(client.receive_frame().await, &(id + 1).to_be_bytes()[..]);
    client.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn a_length_that_cannot_be() {
    for length in [-1, i32::MAX, 0] {
        let (cluster, mut client) = start().await;
        let _wrong = cluster.inject(on_metadata(Action::Length(length)).times(1));
        let id = client.send(&metadata_request(&[]), 13).await;
        assert_eq!(client.stream.read_i32().await.unwrap(), length);
        assert_eq!(client.stream.read_i32().await.unwrap(), id);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_left_out() {
    let (cluster, mut client) = start().await;
    let fault = cluster.inject(on_metadata(Action::NoAnswer).times(1));
    client.send(&metadata_request(&[]), 13).await;
    client.metadata(&[], 13).await;
    assert_eq!(fault.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_answers_again() {
    let (cluster, mut client) = start().await;
    let topic = client.create_topic("orders", 1).await;
    let silence = cluster.inject(on_metadata(Action::Silence).times(1));
    client.send(&metadata_request(&[]), 13).await;
    assert!(silence.until_hits(1).await);
    silence.clear();
    let request = produce_request(&topic, 0, batch(&["a"]), -1);
    client.send(&request, 13).await;
    let answer = timeout(60 * SECOND, client.stream.read_u8()).await;
    assert!(answer.is_err());
    // What it is asked is done.
    assert_eq!(written(&cluster).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_closed_at_once() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .start()
        .await
        .unwrap();
    let refusing = cluster.inject(Fault::at_accept(AcceptAction::Close).node(1).times(2));
    for _ in 0..2 {
        Client::in_memory(&cluster, 1).await.expect_close().await;
    }
    Client::in_memory(&cluster, 1).await.metadata(&[], 13).await;
    Client::in_memory(&cluster, 2).await.metadata(&[], 13).await;
    assert_eq!(refusing.hits(), 2);
}

#[tokio::test]
async fn sockets_that_are_closed_at_once() {
    let cluster = Cluster::builder().start().await.unwrap();
    let refusing = cluster.inject(Fault::at_accept(AcceptAction::Close));
    Client::connect(&cluster, 1).await.expect_close().await;
    refusing.clear();
    Client::connect(&cluster, 1).await.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_accepted_and_nothing_else() {
    let (cluster, mut old) = start().await;
    old.metadata(&[], 13).await;
    let hole = cluster.inject(Fault::at_accept(AcceptAction::Stall));
    let mut client = Client::in_memory(&cluster, 1).await;
    let id = client.send(&metadata_request(&[]), 13).await;
    assert!(timeout(60 * SECOND, client.stream.read_u8()).await.is_err());
    old.metadata(&[], 13).await;
    hole.clear();
    client.receive::<MetadataResponse>(id, 13).await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_for_one_node_one_connection_one_client() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .start()
        .await
        .unwrap();
    let mut clients = Vec::new();
    for node in [1, 1, 2] {
        let mut client = Client::in_memory(&cluster, node).await;
        client.metadata(&[], 13).await;
        clients.push(client);
    }
    let numbers: Vec<_> = cluster
        .connections()
        .iter()
        .map(|info| info.number)
        .collect();
    let code = ErrorCode::REBOOTSTRAP_REQUIRED;
    let fault = || on_metadata(Action::Error(code));
    let by_name = Requests::of(ApiKey::METADATA).client_id("test");
    let other_name = Requests::of(ApiKey::METADATA).client_id("another");
    for (fault, expected) in [
        (fault(), [true, true, true]),
        (fault().node(2), [false, false, true]),
        (fault().connection(numbers[1]), [false, true, false]),
        (fault().skip(1).times(1), [false, true, false]),
        (Fault::on(by_name, Action::Error(code)), [true, true, true]),
        (Fault::on(other_name, Action::Error(code)), [false; 3]),
        (Fault::on(ApiKey::FETCH, Action::Error(code)), [false; 3]),
    ] {
        let guard = cluster.inject(fault.clone());
        let mut met = Vec::new();
        for client in &mut clients {
            let response = client.metadata(&[], 13).await;
            met.push(response.error_code == code);
        }
        assert_eq!(met, expected, "{fault:?}");
        let hits = expected.iter().filter(|met| **met).count();
        assert_eq!(guard.hits(), hits as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_lasts_as_long_as_its_guard_or_until_all_are_cleared() {
    let (cluster, mut client) = start().await;
    let code = ErrorCode::REBOOTSTRAP_REQUIRED;
    let fault = || on_metadata(Action::Error(code));
    let mut is_set = async || client.metadata(&[], 13).await.error_code == code;
    let guard = cluster.inject(fault());
    assert!(is_set().await);
    drop(guard);
    assert!(!is_set().await);
    cluster.inject(fault()).keep();
    assert!(is_set().await);
    let guard = cluster.inject(fault());
    cluster.clear_faults();
    assert!(!is_set().await);
    assert!(!guard.until_hits(1).await);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_is_disturbed_when_it_is_answered() {
    let (cluster, mut consumer) = start().await;
    let mut producer = Client::in_memory(&cluster, 1).await;
    let topic = producer.create_topic("orders", 1).await;
    let fault = Fault::on(ApiKey::FETCH, Action::Close(Moment::AfterApplying));
    let lost = cluster.inject(fault);
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = 60_000;
    consumer.send(&request, 18).await;
    let early = timeout(30 * SECOND, consumer.stream.read_u8()).await;
    assert!(early.is_err());
    assert_eq!(lost.hits(), 0);
    producer.produce(&topic, batch(&["a"]), 13).await;
    consumer.expect_close().await;
    assert_eq!(lost.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_no_requests_meet_no_faults() {
    let (cluster, mut client) = start().await;
    let fault = cluster.inject(Fault::on(Requests::any(), Action::Silence));
    client
        .stream
        .write_all(&[0, 0, 0, 3, 0, 0, 0])
        .await
        .unwrap();
    client.expect_close().await;
    assert_eq!(fault.hits(), 0);
}
