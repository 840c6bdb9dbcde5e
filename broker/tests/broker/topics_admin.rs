//! DeleteTopics and CreatePartitions.

use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_partitions::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
    CreatePartitionsTopicResult,
};
use milena_wire::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest,
};
use uuid::Uuid;

use crate::client::{Client, batch, fetch_request, values};

fn by_names(names: &[&str], version: i16) -> DeleteTopicsRequest {
    let mut request = DeleteTopicsRequest::default();
    if version < 6 {
        request.topic_names = names.iter().map(|name| (*name).into()).collect();
    } else {
        request.topics = names
            .iter()
            .map(|name| state(Some(name), Uuid::nil()))
            .collect();
    }
    request
}

fn by_id(id: Uuid) -> DeleteTopicsRequest {
    let mut request = DeleteTopicsRequest::default();
    request.topics = vec![state(None, id)];
    request
}

fn state(name: Option<&str>, id: Uuid) -> DeleteTopicState {
    let mut topic = DeleteTopicState::default();
    topic.name = name.map(Into::into);
    topic.topic_id = id;
    topic
}

async fn delete(
    client: &mut Client,
    request: DeleteTopicsRequest,
    version: i16,
) -> DeletableTopicResult {
    let mut response = client.call(&request, version).await;
    assert_eq!(response.responses.len(), 1);
    response.responses.remove(0)
}

fn grow(name: &str, count: i32, assignments: Option<&[&[i32]]>) -> CreatePartitionsRequest {
    let mut topic = CreatePartitionsTopic::default();
    topic.name = name.into();
    topic.count = count;
    topic.assignments = assignments.map(|assignments| {
        let assignments = assignments.iter().map(|nodes| {
            let mut assignment = CreatePartitionsAssignment::default();
            assignment.broker_ids = (*nodes).into();
            assignment
        });
        assignments.collect()
    });
    let mut request = CreatePartitionsRequest::default();
    request.topics = vec![topic];
    request
}

async fn grown(
    client: &mut Client,
    request: &CreatePartitionsRequest,
    version: i16,
) -> CreatePartitionsTopicResult {
    let mut response = client.call(request, version).await;
    assert_eq!(response.results.len(), 1);
    response.results.remove(0)
}

#[tokio::test]
async fn every_version_deletes_and_the_name_is_free_again() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 2).await;
    let mut last = Uuid::nil();
    for version in 0..=6 {
        let made = client.create_topic("a.b", 2).await;
        assert_ne!(made.topic_id, last);
        last = made.topic_id;
        let result = delete(&mut client, by_names(&["a.b"], version), version).await;
        assert_eq!(result.error_code, ErrorCode::NONE);
        assert_eq!(result.name.as_deref(), Some("a.b"));
        assert_eq!(result.topic_id == last, version >= 6);
        assert_eq!(result.error_message, None);
        assert!(client.metadata(&[], 0).await.topics.is_empty());
    }
    // Nor is the name of its metrics taken any more.
    let made = client.create_topic("a_b", 1).await;
    let result = delete(&mut client, by_id(made.topic_id), 6).await;
    assert_eq!(
        (result.error_code, result.name.as_deref()),
        (ErrorCode::NONE, Some("a_b"))
    );
}

#[tokio::test]
async fn what_cannot_be_deleted_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let unknown = delete(&mut client, by_names(&["none"], 5), 5).await;
    assert_eq!(unknown.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(
        unknown.error_message.as_deref(),
        Some("This server does not host this topic-partition.")
    );
    let unknown = delete(&mut client, by_id(Uuid::from_u128(7)), 6).await;
    assert_eq!(unknown.error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    for (topics, message) in [
        (
            vec![state(None, Uuid::nil())],
            "Neither topic name nor id were specified.",
        ),
        (
            vec![state(Some("t"), topic.topic_id)],
            "You may not specify both topic name and topic id.",
        ),
        (
            vec![state(Some("t"), Uuid::nil()), state(Some("t"), Uuid::nil())],
            "Duplicate topic name.",
        ),
        (
            vec![state(None, topic.topic_id), state(None, topic.topic_id)],
            "Duplicate topic id.",
        ),
        (
            vec![state(None, topic.topic_id), state(Some("t"), Uuid::nil())],
            "The provided topic name maps to an ID that was already supplied.",
        ),
    ] {
        let mut request = DeleteTopicsRequest::default();
        request.topics = topics;
        let result = delete(&mut client, request, 6).await;
        assert_eq!(result.error_code, ErrorCode::INVALID_REQUEST);
        assert_eq!(result.error_message.as_deref(), Some(message));
    }
    assert_eq!(client.topic("t").await.topic_id, topic.topic_id);
}

#[tokio::test]
async fn a_fetch_that_waits_learns_of_the_deletion() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut waiting = Client::in_memory(&cluster, 1).await;
    let topic = waiting.create_topic("t", 1).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = 60_000_000;
    let log = cluster.log_requests();
    let id = waiting.send(&request, 18).await;
    log.until_seen(ApiKey::FETCH, 1).await;
    let mut other = Client::in_memory(&cluster, 1).await;
    other.call(&by_names(&["t"], 6), 6).await;
    let response: milena_wire::messages::fetch::FetchResponse = waiting.receive(id, 18).await;
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[tokio::test]
async fn partitions_are_added_and_the_old_ones_keep_their_records() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    client.produce(&topic, batch(&["kept"]), 13).await;
    for (version, count, before) in [(0, 2, 1), (1, 3, 2), (2, 4, 3), (3, 5, 4)] {
        let mut only = grow("t", count, None);
        only.validate_only = true;
        let result = grown(&mut client, &only, version).await;
        assert_eq!(result.error_code, ErrorCode::NONE);
        assert_eq!(client.topic("t").await.partitions.len(), before);
        let result = grown(&mut client, &grow("t", count, None), version).await;
        assert_eq!(
            (result.error_code, result.error_message),
            (ErrorCode::NONE, None)
        );
        assert_eq!(client.topic("t").await.partitions.len(), before + 1);
    }
    let result = grown(&mut client, &grow("t", 7, Some(&[&[3], &[2]])), 3).await;
    assert_eq!(result.error_code, ErrorCode::NONE);
    let after = client.topic("t").await;
    let leaders: Vec<_> = after.partitions.iter().map(|one| one.leader_id).collect();
    assert_eq!(leaders, [1, 2, 3, 1, 2, 3, 2]);
    assert_eq!(after.topic_id, topic.topic_id);
    let fetched = client.call(&fetch_request(&after, 0), 18).await;
    let records = fetched.responses[0].partitions[0].records.clone().unwrap();
    assert_eq!(values(&records), [(0, "kept".to_owned())]);
}

#[tokio::test]
async fn what_cannot_grow_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 2).await;
    for (request, code, message) in [
        (
            grow("none", 3, None),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            None,
        ),
        (
            grow("t", 2, None),
            ErrorCode::INVALID_PARTITIONS,
            Some("Topic already has 2 partition(s)."),
        ),
        (
            grow("t", 1, None),
            ErrorCode::INVALID_PARTITIONS,
            Some("The topic t currently has 2 partition(s); 1 would not be an increase."),
        ),
        (
            grow("t", 20_000, None),
            ErrorCode::POLICY_VIOLATION,
            Some("Excessively large number of partitions per request."),
        ),
        (
            grow("t", 4, Some(&[&[1]])),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            Some(
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
            ),
        ),
        (
            grow("t", 3, Some(&[&[9]])),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            Some(
                "The manual partition assignment includes broker 9, but no such broker is registered.",
            ),
        ),
    ] {
        let result = grown(&mut client, &request, 3).await;
        assert_eq!(
            (result.error_code, result.error_message.as_deref()),
            (code, message)
        );
    }
    let mut twice = grow("t", 3, None);
    twice.topics.push(twice.topics[0].clone());
    let result = grown(&mut client, &twice, 3).await;
    assert_eq!(
        result.error_message.as_deref(),
        Some("Duplicate topic name.")
    );
    assert_eq!(client.topic("t").await.partitions.len(), 2);
}

#[tokio::test]
async fn both_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 1).await;
    let code = ErrorCode::THROTTLING_QUOTA_EXCEEDED;
    let _deletes = cluster.inject(Fault::on(ApiKey::DELETE_TOPICS, Action::Error(code)));
    let _grows = cluster.inject(Fault::on(ApiKey::CREATE_PARTITIONS, Action::Error(code)));
    for version in [0, 6] {
        let result = delete(&mut client, by_names(&["t"], version), version).await;
        assert_eq!(
            (result.error_code, result.name.as_deref()),
            (code, Some("t"))
        );
    }
    let result = grown(&mut client, &grow("t", 2, None), 3).await;
    assert_eq!((result.error_code, &*result.name), (code, "t"));
    assert_eq!(client.topic("t").await.partitions.len(), 1);
}
