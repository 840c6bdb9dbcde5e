use milena_broker::Cluster;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult,
    CreateTopicsRequest,
};

use crate::client::Client;

fn topic(name: &str, partitions: i32, factor: i16) -> CreatableTopic {
    let mut topic = CreatableTopic::default();
    topic.name = name.into();
    topic.num_partitions = partitions;
    topic.replication_factor = factor;
    topic
}

fn assigned(name: &str, assignments: &[(i32, &[i32])]) -> CreatableTopic {
    let mut topic = topic(name, -1, -1);
    for (index, nodes) in assignments {
        let mut assignment = CreatableReplicaAssignment::default();
        assignment.partition_index = *index;
        assignment.broker_ids = (*nodes).into();
        topic.assignments.push(assignment);
    }
    topic
}

fn request(topics: Vec<CreatableTopic>) -> CreateTopicsRequest {
    let mut request = CreateTopicsRequest::default();
    request.topics = topics;
    request
}

async fn create(client: &mut Client, topic: CreatableTopic, version: i16) -> CreatableTopicResult {
    let mut response = client.call(&request(vec![topic]), version).await;
    assert_eq!(response.topics.len(), 1);
    response.topics.remove(0)
}

#[tokio::test]
async fn every_version_makes_topics() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut client = Client::connect(&cluster, 3).await;
    for version in 0..=7 {
        let name = format!("topic-{version}");
        let result = create(&mut client, topic(&name, 4, 2), version).await;
        assert_eq!(
            (result.error_code, &*result.name),
            (ErrorCode::NONE, &*name)
        );
        let made = client.topic(&name).await;
        assert_eq!(made.partitions.len(), 4);
        assert!(
            made.partitions
                .iter()
                .all(|partition| partition.replica_nodes.len() == 2)
        );
        assert_eq!(result.topic_id == made.topic_id, version >= 7);
        if version >= 5 {
            assert_eq!((result.num_partitions, result.replication_factor), (4, 2));
        }
        if version >= 1 {
            assert_eq!(result.error_message, None);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    create(&mut client, topic("a.b", 1, 1), 7).await;
    let mut counted_and_assigned = assigned("t", &[(0, &[1])]);
    counted_and_assigned.num_partitions = 1;
    let mut replicated_and_assigned = assigned("t", &[(0, &[1])]);
    replicated_and_assigned.replication_factor = 1;
    let cases = [
        (
            topic("a.b", 1, 1),
            ErrorCode::TOPIC_ALREADY_EXISTS,
            "Topic 'a.b' already exists.",
        ),
        (
            topic("a_b", 1, 1),
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            "Topic 'a_b' collides with existing topic: a.b",
        ),
        (
            topic("", 1, 1),
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            "Topic name is invalid: the empty string is not allowed",
        ),
        (
            topic("__cluster_metadata", 1, 1),
            ErrorCode::INVALID_REQUEST,
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
        (
            topic("t", 0, 1),
            ErrorCode::INVALID_PARTITIONS,
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            topic("t", -2, 1),
            ErrorCode::INVALID_PARTITIONS,
            "Number of partitions",
        ),
        (
            topic("t", 1, 0),
            ErrorCode::INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0",
        ),
        (
            topic("t", 1, 4),
            ErrorCode::INVALID_REPLICATION_FACTOR,
            "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because only 3 broker(s) are registered or some brokers have all their log directories cordoned.",
        ),
        (
            topic("t", 10_001, 1),
            ErrorCode::POLICY_VIOLATION,
            "Excessively large",
        ),
        (
            assigned("t", &[(0, &[1]), (0, &[2])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "Found multiple",
        ),
        (
            assigned("t", &[(1, &[1])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned("t", &[(0, &[])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            assigned("t", &[(0, &[9])]),
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            counted_and_assigned,
            ErrorCode::INVALID_REQUEST,
            "A manual partition assignment was specified, but numPartitions",
        ),
        (
            replicated_and_assigned,
            ErrorCode::INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor",
        ),
    ];
    for (topic, code, message) in cases {
        let result = create(&mut client, topic, 7).await;
        assert_eq!(result.error_code, code, "{message}");
        let told = result.error_message.unwrap();
        assert!(told.starts_with(message), "{told}");
    }
    assert_eq!(client.metadata(&[], 0).await.topics.len(), 1);
}

#[tokio::test]
async fn assignments_configs_and_defaults() {
    let cluster = Cluster::builder()
        .nodes(3)
        .default_partitions(5)
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let result = create(
        &mut client,
        assigned("placed", &[(1, &[3, 1]), (0, &[2, 3])]),
        5,
    )
    .await;
    assert_eq!(result.error_code, ErrorCode::NONE);
    let made = client.topic("placed").await;
    assert_eq!(made.partitions[0].replica_nodes[..], [2, 3]);
    assert_eq!(
        (made.partitions[0].leader_id, made.partitions[1].leader_id),
        (2, 3)
    );

    let mut with_config = topic("default", -1, -1);
    let mut config = CreatableTopicConfig::default();
    config.name = "retention.ms".into();
    config.value = Some("1000".into());
    with_config.configs = vec![config.clone()];
    let result = create(&mut client, with_config, 5).await;
    assert_eq!((result.num_partitions, result.replication_factor), (5, 3));
    let configs = result.configs.unwrap();
    let found = configs
        .iter()
        .find(|config| &*config.name == "retention.ms")
        .unwrap();
    assert_eq!(
        (found.value.as_deref(), found.config_source),
        (Some("1000"), 1)
    );
    assert_eq!(
        configs
            .iter()
            .filter(|config| config.config_source == 5)
            .count(),
        configs.len() - 1
    );

    let mut wrong = topic("wrong", 1, 1);
    config.name = "no.such.config".into();
    wrong.configs = vec![config];
    let result = create(&mut client, wrong, 7).await;
    assert_eq!(result.error_code, ErrorCode::INVALID_CONFIG);
    assert_eq!(
        result.error_message.as_deref(),
        Some("Unknown topic config name: no.such.config")
    );
}

#[tokio::test]
async fn validation_makes_nothing_and_duplicates_are_refused_once() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut only = request(vec![topic("maybe", 3, 1)]);
    only.validate_only = true;
    let response = client.call(&only, 7).await;
    assert_eq!(
        (
            response.topics[0].error_code,
            response.topics[0].num_partitions
        ),
        (ErrorCode::NONE, 3)
    );
    assert!(client.metadata(&[], 0).await.topics.is_empty());

    let twice = request(vec![
        topic("twice", 1, 1),
        topic("once", 1, 1),
        topic("twice", 1, 1),
    ]);
    let response = client.call(&twice, 7).await;
    let results: Vec<_> = response
        .topics
        .iter()
        .map(|topic| (&*topic.name, topic.error_code))
        .collect();
    assert_eq!(
        results,
        [
            ("once", ErrorCode::NONE),
            ("twice", ErrorCode::INVALID_REQUEST)
        ]
    );
}
