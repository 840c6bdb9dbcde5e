use milena_broker::Cluster;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use uuid::Uuid;

use crate::client::{Client, metadata_request};

#[tokio::test]
async fn nodes_topics_and_leaders() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut client = Client::connect(&cluster, 2).await;
    let created = client.create_topic("orders", 6).await;
    for version in 0..=13 {
        let response = client.metadata(&["orders"], version).await;
        let brokers = response.brokers.iter();
        let brokers: Vec<_> = brokers
            .map(|broker| format!("{}:{}", broker.host, broker.port))
            .collect();
        assert_eq!(brokers, cluster.bootstrap(), "{version}");
        assert!(response.brokers.iter().all(|broker| broker.rack.is_none()));
        assert_eq!(response.controller_id, if version < 1 { -1 } else { 1 });
        let id = response.cluster_id.as_deref();
        assert_eq!(id, (version >= 2).then_some(cluster.id().as_str()));
        let topic = &response.topics[0];
        assert_eq!(
            (topic.error_code, topic.name.as_deref()),
            (ErrorCode::NONE, Some("orders"))
        );
        assert_eq!(topic.topic_id == created.topic_id, version >= 10);
        assert!(!topic.is_internal);
        assert_eq!(topic.topic_authorized_operations, i32::MIN);
        let mut leaders: Vec<_> = topic
            .partitions
            .iter()
            .map(|partition| partition.leader_id)
            .collect();
        leaders.sort_unstable();
        assert_eq!(leaders, [1, 1, 2, 2, 3, 3]);
        for (index, partition) in (0..).zip(&topic.partitions) {
            assert_eq!(partition.partition_index, index);
            assert_eq!(partition.replica_nodes[..], [partition.leader_id]);
            assert_eq!(partition.isr_nodes, partition.replica_nodes);
            assert_eq!(partition.leader_epoch, if version < 7 { -1 } else { 0 });
        }
    }
}

#[tokio::test]
async fn all_topics_or_none() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("b", 1).await;
    client.create_topic("a", 1).await;
    let mut all = MetadataRequest::default();
    all.topics = None;
    for version in [1, 7, 13] {
        let topics = client.call(&all, version).await.topics;
        let names: Vec<_> = topics
            .iter()
            .filter_map(|topic| topic.name.as_deref())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert!(client.metadata(&[], version).await.topics.is_empty());
    }
    assert_eq!(client.metadata(&[], 0).await.topics.len(), 2);
}

#[tokio::test]
async fn topics_are_made_when_asked_for() {
    let cluster = Cluster::builder()
        .default_partitions(4)
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut request = metadata_request(&["fresh"]);
    request.allow_auto_topic_creation = false;
    for _ in 0..2 {
        let topic = &client.call(&request, 13).await.topics[0];
        assert_eq!(topic.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    }
    request.allow_auto_topic_creation = true;
    let topic = &client.call(&request, 13).await.topics[0];
    assert_eq!(topic.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(
        client.call(&request, 13).await.topics[0].partitions.len(),
        4
    );
    // Versions before 4 could not forbid it.
    client.metadata(&["old"], 0).await;
    assert_eq!(
        client.metadata(&["old"], 0).await.topics[0]
            .partitions
            .len(),
        4
    );
}

#[tokio::test]
async fn a_cluster_may_refuse_to_make_topics() {
    let cluster = Cluster::builder()
        .auto_create_topics(false)
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    for version in [0, 4, 13, 13] {
        let topic = &client.metadata(&["fresh"], version).await.topics[0];
        assert_eq!(topic.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(topic.name.as_deref(), Some("fresh"));
    }
}

#[tokio::test]
async fn names_and_ids_that_cannot_be() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let response = client.metadata(&["", "a b", "..", "a b"], 13).await;
    assert_eq!(response.topics.len(), 3);
    assert!(
        response
            .topics
            .iter()
            .all(|topic| topic.error_code == ErrorCode::INVALID_TOPIC_EXCEPTION)
    );

    let created = client.create_topic("orders", 1).await;
    let by_id = |id| {
        let mut topic = MetadataRequestTopic::default();
        topic.topic_id = id;
        topic.name = None;
        let mut request = MetadataRequest::default();
        request.topics = Some(vec![topic]);
        request
    };
    for version in [12, 13] {
        let response = client.call(&by_id(created.topic_id), version).await;
        assert_eq!(response.topics[0].name.as_deref(), Some("orders"));
        let unknown = Uuid::from_u128(5);
        let topic = &client.call(&by_id(unknown), version).await.topics[0];
        assert_eq!(
            (topic.error_code, topic.topic_id),
            (ErrorCode::UNKNOWN_TOPIC_ID, unknown)
        );
        assert_eq!(topic.name, None);
    }
    let response = client.call(&by_id(created.topic_id), 10).await;
    assert_eq!(response.topics[0].error_code, ErrorCode::INVALID_REQUEST);
}

#[tokio::test]
async fn operations_are_told_when_asked_for() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("orders", 1).await;
    let mut request = metadata_request(&["orders"]);
    request.include_topic_authorized_operations = true;
    request.include_cluster_authorized_operations = true;
    let response = client.call(&request, 10).await;
    // The sums that a Kafka without an authorizer answers.
    assert_eq!(response.cluster_authorized_operations, 8096);
    assert_eq!(response.topics[0].topic_authorized_operations, 3576);
}
