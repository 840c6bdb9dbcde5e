//! Fetch sessions (KIP-227).

use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{FetchRequest, FetchResponse, ForgottenTopic, PartitionData};
use milena_wire::messages::metadata::MetadataResponseTopic;

use crate::client::{AnyClient, Client, batch, fetch_request, produce_request, values};

/// Fetches these partitions from these offsets on.
fn fetch(topic: &MetadataResponseTopic, partitions: &[(i32, i64)]) -> FetchRequest {
    let mut request = fetch_request(topic, 0);
    let template = request.topics[0].partitions.remove(0);
    for (number, offset) in partitions {
        let mut partition = template.clone();
        (partition.partition, partition.fetch_offset) = (*number, *offset);
        request.topics[0].partitions.push(partition);
    }
    if partitions.is_empty() {
        request.topics.clear();
    }
    request
}

fn with_session(mut request: FetchRequest, id: i32, epoch: i32) -> FetchRequest {
    (request.session_id, request.session_epoch) = (id, epoch);
    request
}

/// Partition and how many records it has, of all that is in the answer.
fn told(response: FetchResponse) -> Vec<(i32, usize)> {
    assert_eq!(response.error_code, ErrorCode::NONE);
    let topics = response.responses.into_iter();
    let partitions = topics.flat_map(|topic| topic.partitions);
    let told = partitions.map(|one: PartitionData| {
        assert_eq!(one.error_code, ErrorCode::NONE);
        (one.partition_index, values(&one.records.unwrap()).len())
    });
    told.collect()
}

#[tokio::test]
async fn a_session_tells_what_has_changed() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 3).await;
    for version in [7, 12, 13, 18] {
        let full = with_session(fetch(&topic, &[(0, 0), (1, 0), (2, 0)]), 0, 0);
        let response = client.call(&full, version).await;
        let id = response.session_id;
        assert_ne!(id, 0);
        let found = told(response);
        let found: Vec<_> = found.iter().map(|(partition, _)| *partition).collect();
        assert_eq!(found, [0, 1, 2], "{version}");
        let end = cluster_end(&mut client, &topic).await;
        let next = with_session(fetch(&topic, &[(1, end)]), id, 1);
        client.call(&next, version).await;
        let next =
            |epoch, partitions: &[(i32, i64)]| with_session(fetch(&topic, partitions), id, epoch);
        assert_eq!(told(client.call(&next(2, &[]), version).await), []);
        let request = produce_request(&topic, 1, batch(&["a", "b"]), 1);
        client.call(&request, 13).await;
        let response = client.call(&next(3, &[]), version).await;
        assert_eq!(response.session_id, id);
        assert_eq!(told(response), [(1, 2)]);
        // The caller has not moved on, so it gets them again, and then no more.
        assert_eq!(told(client.call(&next(4, &[]), version).await), [(1, 2)]);
        let moved = next(5, &[(1, end + 2)]);
        assert_eq!(told(client.call(&moved, version).await), []);
        let mut forgotten = ForgottenTopic::default();
        forgotten.topic = "orders".into();
        forgotten.topic_id = topic.topic_id;
        forgotten.partitions = [1][..].into();
        let mut forget = next(6, &[]);
        forget.forgotten_topics_data = vec![forgotten];
        client.call(&forget, version).await;
        client.call(&request, 13).await;
        assert_eq!(told(client.call(&next(7, &[]), version).await), []);
        assert_eq!(cluster.fetch_sessions(1), 1);
        // The end of it.
        let last = client.call(&next(-1, &[(1, end)]), version).await;
        assert_eq!((last.session_id, told(last)), (0, vec![(1, 4)]));
        assert_eq!(cluster.fetch_sessions(1), 0);
    }
}

/// Where partition 1 ends.
async fn cluster_end(client: &mut Client, topic: &MetadataResponseTopic) -> i64 {
    let response = client.call(&fetch(topic, &[(1, 0)]), 18).await;
    response.responses[0].partitions[0].high_watermark
}

#[tokio::test]
async fn errors_of_sessions() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    cluster.create_topic("orders", 1, 1).unwrap();
    let topic = client.topic("orders").await;
    let full = with_session(fetch(&topic, &[(0, 0)]), 0, 0);
    let begin = async |client: &mut AnyClient| client.call(&full, 18).await.session_id;
    let id = begin(&mut client).await;
    for (version, session, epoch, code) in [
        (18, id, 2, ErrorCode::INVALID_FETCH_SESSION_EPOCH),
        (12, id, 1, ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR),
        (18, id + 7, 1, ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
    ] {
        let request = with_session(fetch(&topic, &[]), session, epoch);
        let response = client.call(&request, version).await;
        assert_eq!((response.error_code, response.session_id), (code, 0));
        assert!(response.responses.is_empty());
    }
    let go_on = |id| with_session(fetch(&topic, &[]), id, 1);
    assert_eq!(client.call(&go_on(id), 18).await.session_id, id);

    assert_eq!(cluster.expire_fetch_sessions(1), 1);
    let gone = client.call(&go_on(id), 18).await;
    assert_eq!(gone.error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    // A node that was stopped knows nothing of them.
    let id = begin(&mut client).await;
    cluster.stop_node(1).await.unwrap();
    cluster.restart_node(1).await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let gone = client.call(&go_on(id), 18).await;
    assert_eq!(gone.error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
}

#[tokio::test]
async fn without_a_slot_there_is_no_session() {
    let builder = Cluster::builder().fetch_session_slots(1);
    let cluster = builder.start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let full = with_session(fetch(&topic, &[(0, 0)]), 0, 0);
    let first = client.call(&full, 18).await.session_id;
    assert_ne!(first, 0);
    for _ in 0..2 {
        let response = client.call(&full, 18).await;
        assert_eq!(response.session_id, 0);
        assert_eq!(told(response), [(0, 0)]);
    }
    // Who gives its own up gets one.
    let again = with_session(full, first, 0);
    assert_ne!(client.call(&again, 18).await.session_id, 0);
}

#[tokio::test]
async fn faults_of_partitions_meet_what_a_session_names() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 2).await;
    let full = with_session(fetch(&topic, &[(0, 0), (1, 0)]), 0, 0);
    let id = client.call(&full, 18).await.session_id;
    let code = ErrorCode::KAFKA_STORAGE_ERROR;
    let fault = Fault::on(ApiKey::FETCH, Action::Error(code)).partition("orders", 1);
    let guard = cluster.inject(fault.times(1));
    let mut codes = Vec::new();
    for epoch in 1..4 {
        let next = with_session(fetch(&topic, &[]), id, epoch);
        let response = client.call(&next, 18).await;
        let topics = response.responses.iter();
        let partitions = topics.flat_map(|topic| &topic.partitions);
        codes.push(
            partitions
                .map(|one| (one.partition_index, one.error_code))
                .collect::<Vec<_>>(),
        );
    }
    let expected = [vec![(1, code)], vec![(1, ErrorCode::NONE)], vec![]];
    assert_eq!(codes, expected);
    assert_eq!(guard.hits(), 1);
}
