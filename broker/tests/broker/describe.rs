//! DescribeCluster and DescribeTopicPartitions.

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault};
use milena_wire::messages::describe_cluster::DescribeClusterRequest;
use milena_wire::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, TopicRequest,
};

use crate::client::AnyClient;

#[tokio::test(start_paused = true)]
async fn the_cluster_is_described() {
    let builder = Cluster::builder().in_memory().nodes(3).racks(["a", "b"]);
    let cluster = builder.start().await.unwrap();
    cluster.set_controller(2).unwrap();
    cluster.stop_node(3).await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=2 {
        let mut request = DescribeClusterRequest::default();
        request.include_cluster_authorized_operations = true;
        request.include_fenced_brokers = version >= 2;
        let response = client.call(&request, version).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(
            (&*response.cluster_id, response.controller_id),
            (&*cluster.id(), 2)
        );
        assert_eq!(response.cluster_authorized_operations, 8096);
        let brokers: Vec<_> = response
            .brokers
            .iter()
            .map(|broker| {
                (
                    broker.broker_id,
                    &*broker.host,
                    broker.rack.as_deref(),
                    broker.is_fenced,
                )
            })
            .collect();
        let mut expected = vec![
            (1, "node-1.invalid", Some("a"), false),
            (2, "node-2.invalid", Some("b"), false),
        ];
        if version >= 2 {
            expected.push((3, "node-3.invalid", Some("a"), true));
        }
        assert_eq!(brokers, expected, "{version}");
    }
    let mut request = DescribeClusterRequest::default();
    for (endpoint, code) in [
        (2, ErrorCode::MISMATCHED_ENDPOINT_TYPE),
        (3, ErrorCode::UNSUPPORTED_ENDPOINT_TYPE),
    ] {
        request.endpoint_type = endpoint;
        let response = client.call(&request, 1).await;
        assert_eq!(response.error_code, code);
        assert!(response.error_message.is_some() && response.brokers.is_empty());
    }
    let code = ErrorCode::UNKNOWN_SERVER_ERROR;
    let _fault = cluster.inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Error(code)));
    assert_eq!(client.call(&request, 1).await.error_code, code);
}

fn request(
    topics: &[&str],
    limit: i32,
    cursor: Option<(&str, i32)>,
) -> DescribeTopicPartitionsRequest {
    let mut request = DescribeTopicPartitionsRequest::default();
    let topics = topics.iter().map(|name| {
        let mut topic = TopicRequest::default();
        topic.name = (*name).into();
        topic
    });
    request.topics = topics.collect();
    request.response_partition_limit = limit;
    request.cursor = cursor.map(|(topic, partition)| {
        let mut cursor = Cursor::default();
        cursor.topic_name = topic.into();
        cursor.partition_index = partition;
        cursor
    });
    request
}

/// Names, error codes and partitions, and where it goes on.
type Described = (Vec<(String, ErrorCode, Vec<i32>)>, Option<(String, i32)>);

fn described(response: DescribeTopicPartitionsResponse) -> Described {
    let topics = response.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let partitions = partitions.map(|partition| partition.partition_index);
        (
            topic.name.unwrap().to_string(),
            topic.error_code,
            partitions.collect(),
        )
    });
    let next = response.next_cursor;
    (
        topics.collect(),
        next.map(|next| (next.topic_name.to_string(), next.partition_index)),
    )
}

#[tokio::test(start_paused = true)]
async fn topics_come_in_pages() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    for (topic, partitions) in [("a", 2), ("b", 3), ("c", 1)] {
        cluster.create_topic(topic, partitions, 1).unwrap();
    }
    let mut client = AnyClient::to(&cluster, 1).await;
    let ok =
        |name: &str, partitions: &[i32]| (name.to_owned(), ErrorCode::NONE, partitions.to_vec());
    let at = |name: &str, partition| Some((name.to_owned(), partition));
    for (asked, expected) in [
        (
            request(&[], 10, None),
            (
                vec![ok("a", &[0, 1]), ok("b", &[0, 1, 2]), ok("c", &[0])],
                None,
            ),
        ),
        (
            request(&[], 3, None),
            (vec![ok("a", &[0, 1]), ok("b", &[0])], at("b", 1)),
        ),
        (
            request(&[], 3, Some(("b", 1))),
            (vec![ok("b", &[1, 2]), ok("c", &[0])], None),
        ),
        // The limit lies between two topics.
        (request(&[], 2, None), (vec![ok("a", &[0, 1])], at("b", 0))),
        (
            request(&["c", "a"], 0, None),
            (vec![ok("a", &[0])], at("a", 1)),
        ),
        (
            request(&["nowhere", "c", "a b"], 10, None),
            (
                vec![
                    ("a b".to_owned(), ErrorCode::INVALID_TOPIC_EXCEPTION, vec![]),
                    ok("c", &[0]),
                    (
                        "nowhere".to_owned(),
                        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                        vec![],
                    ),
                ],
                None,
            ),
        ),
        // A cursor must be one of the topics, and at a partition.
        (
            request(&["c"], 10, Some(("b", 0))),
            (
                vec![("c".to_owned(), ErrorCode::INVALID_REQUEST, vec![])],
                None,
            ),
        ),
        (
            request(&["c"], 10, Some(("c", -1))),
            (
                vec![("c".to_owned(), ErrorCode::INVALID_REQUEST, vec![])],
                None,
            ),
        ),
    ] {
        let response = client.call(&asked, 0).await;
        assert_eq!(described(response), expected, "{asked:?}");
    }
    let _omitted = (cluster.omit_topic("a"), cluster.omit_partition("b", 1));
    let response = client.call(&request(&[], 10, None), 0).await;
    assert_eq!(
        described(response),
        (vec![ok("b", &[0, 2]), ok("c", &[0])], None)
    );
}

#[tokio::test(start_paused = true)]
async fn who_may_lead_is_told() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(3)
        .start()
        .await
        .unwrap();
    let mut client = AnyClient::to(&cluster, 3).await;
    let configs = [("min.insync.replicas", "2")];
    client.create_replicated("orders", 3, 2, &configs).await;
    cluster.stop_node(1).await.unwrap();
    cluster.stop_node(2).await.unwrap();
    let response = client.call(&request(&["orders"], 10, None), 0).await;
    let topic = &response.topics[0];
    assert_eq!(topic.topic_authorized_operations, 3576);
    let of = |replicas: [i32; 2]| {
        let mut partitions = topic.partitions.iter();
        partitions
            .find(|partition| partition.replica_nodes[..] == replicas)
            .unwrap()
    };
    // Both were in sync when they became too few; the last of them is the only one that has everything, but as with Kafka both may lead.
    let lost = of([1, 2]);
    assert_eq!(
        (lost.error_code, lost.leader_id, lost.leader_epoch),
        (ErrorCode::NONE, -1, 2)
    );
    assert!(lost.isr_nodes.is_empty());
    assert_eq!(lost.eligible_leader_replicas.as_ref().unwrap()[..], [1, 2]);
    assert_eq!(lost.last_known_elr.as_ref().unwrap()[..], [2]);
    assert_eq!(lost.offline_replicas[..], [1, 2]);
    let held = of([3, 1]);
    assert_eq!((held.leader_id, held.leader_epoch), (3, 0));
    assert_eq!(held.isr_nodes[..], [3]);
    assert_eq!(held.eligible_leader_replicas.as_ref().unwrap()[..], [1]);
    assert_eq!(cluster.leader("orders", 0), None);
    cluster.restart_node(1).await.unwrap();
    assert_eq!(cluster.leader("orders", 0), Some(1));
}
