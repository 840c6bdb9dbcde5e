//! ElectLeaders, AlterPartitionReassignments and ListPartitionReassignments.

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Profile};
use milena_wire::messages::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition,
    ReassignableTopic,
};
use milena_wire::messages::elect_leaders::{
    ElectLeadersRequest, ElectLeadersResponse, TopicPartitions,
};
use milena_wire::messages::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsTopics,
};

use crate::client::AnyClient;

const PREFERRED: i8 = 0;
const UNCLEAN: i8 = 1;

async fn start(nodes: u16) -> Cluster {
    let builder = Cluster::builder().in_memory().nodes(nodes);
    builder.start().await.unwrap()
}

fn elect(election: i8, topics: Option<&[(&str, &[i32])]>) -> ElectLeadersRequest {
    let mut request = ElectLeadersRequest::default();
    request.election_type = election;
    request.topic_partitions = topics.map(|topics| {
        let topics = topics.iter().map(|(name, partitions)| {
            let mut topic = TopicPartitions::default();
            topic.topic = (*name).into();
            topic.partitions = (*partitions).into();
            topic
        });
        topics.collect()
    });
    request
}

fn elected(response: ElectLeadersResponse) -> Vec<(String, i32, ErrorCode)> {
    let topics = response.replica_election_results.into_iter();
    let elected = topics.flat_map(|topic| {
        let name = topic.topic.to_string();
        let partitions = topic.partition_result.into_iter();
        partitions.map(move |it| (name.clone(), it.partition_id, it.error_code))
    });
    elected.collect()
}

fn reassign(
    name: &str,
    partitions: &[(i32, Option<&[i32]>)],
) -> AlterPartitionReassignmentsRequest {
    let mut topic = ReassignableTopic::default();
    topic.name = name.into();
    let partitions = partitions.iter().map(|(index, replicas)| {
        let mut partition = ReassignablePartition::default();
        partition.partition_index = *index;
        partition.replicas = replicas.map(Into::into);
        partition
    });
    topic.partitions = partitions.collect();
    let mut request = AlterPartitionReassignmentsRequest::default();
    request.topics = vec![topic];
    request
}

fn reassigned(response: &AlterPartitionReassignmentsResponse) -> Vec<(i32, ErrorCode, &str)> {
    let topics = response.responses.iter();
    let partitions = topics.flat_map(|topic| &topic.partitions);
    let partitions = partitions.map(|it| {
        let message = it.error_message.as_deref().unwrap_or_default();
        (it.partition_index, it.error_code, message)
    });
    partitions.collect()
}

fn list(topics: Option<&[(&str, &[i32])]>) -> ListPartitionReassignmentsRequest {
    let mut request = ListPartitionReassignmentsRequest::default();
    request.topics = topics.map(|topics| {
        let topics = topics.iter().map(|(name, partitions)| {
            let mut topic = ListPartitionReassignmentsTopics::default();
            topic.name = (*name).into();
            topic.partition_indexes = (*partitions).into();
            topic
        });
        topics.collect()
    });
    request
}

/// Replicas, those that come, those that go.
type Ongoing = (Vec<i32>, Vec<i32>, Vec<i32>);

async fn listed(
    client: &mut AnyClient,
    request: &ListPartitionReassignmentsRequest,
) -> Vec<(String, i32, Ongoing)> {
    let response = client.call(request, 0).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    let mut listed = Vec::new();
    for topic in response.topics {
        for partition in topic.partitions {
            let ongoing = (
                partition.replicas.to_vec(),
                partition.adding_replicas.to_vec(),
                partition.removing_replicas.to_vec(),
            );
            listed.push((topic.name.to_string(), partition.partition_index, ongoing));
        }
    }
    listed
}

#[tokio::test]
async fn preferred_leaders_lead_again_in_every_version() {
    let cluster = start(3).await;
    cluster.create_topic("t", 2, 3).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=2 {
        let leaders = [0, 1].map(|index| cluster.leader("t", index).unwrap());
        cluster.move_leader("t", 0, leaders[0] % 3 + 1).unwrap();
        let request = elect(PREFERRED, Some(&[("t", &[0, 1, 9]), ("none", &[0])]));
        let response = client.call(&request, version).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        let message = &response.replica_election_results[0].partition_result[2].error_message;
        assert_eq!(message.as_deref(), Some("No such partition as t-9"));
        let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        assert_eq!(
            elected(response),
            [
                ("t".to_owned(), 0, ErrorCode::NONE),
                ("t".to_owned(), 1, ErrorCode::ELECTION_NOT_NEEDED),
                ("t".to_owned(), 9, unknown),
                ("none".to_owned(), 0, unknown),
            ]
        );
        assert_eq!(
            [0, 1].map(|index| cluster.leader("t", index).unwrap()),
            leaders
        );
        // Where nothing is to be done, nothing is said if all topics are meant.
        cluster.move_leader("t", 1, leaders[1] % 3 + 1).unwrap();
        let all = client.call(&elect(PREFERRED, None), version).await;
        assert_eq!(elected(all), [("t".to_owned(), 1, ErrorCode::NONE)]);
        let none = client.call(&elect(PREFERRED, Some(&[])), version).await;
        assert!(none.replica_election_results.is_empty());
    }
}

#[tokio::test]
async fn who_is_down_is_not_elected() {
    let cluster = start(3).await;
    cluster.create_topic("t", 1, 2).unwrap();
    cluster.reassign_partition("t", 0, &[2, 3]).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    cluster.stop_node(2).await.unwrap();
    let preferred = elect(PREFERRED, Some(&[("t", &[0])]));
    let unclean = elect(UNCLEAN, Some(&[("t", &[0])]));
    let not = |code| [("t".to_owned(), 0, code)];
    let response = client.call(&preferred, 2).await;
    assert_eq!(
        elected(response),
        not(ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE)
    );
    let response = client.call(&unclean, 2).await;
    assert_eq!(elected(response), not(ErrorCode::ELECTION_NOT_NEEDED));
    cluster.stop_node(3).await.unwrap();
    let response = client.call(&unclean, 2).await;
    assert_eq!(
        elected(response),
        not(ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE)
    );
    // Node 3 was the last in sync, so only an unclean election lets node 2 lead.
    cluster.restart_node(2).await.unwrap();
    assert_eq!(cluster.leader("t", 0), None);
    let response = client.call(&preferred, 2).await;
    assert_eq!(
        elected(response),
        not(ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE)
    );
    let response = client.call(&unclean, 1).await;
    assert_eq!(elected(response), not(ErrorCode::NONE));
    assert_eq!(cluster.leader("t", 0), Some(2));
    let mut unknown = unclean;
    unknown.election_type = 7;
    let response = client.call(&unknown, 1).await;
    assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST);
    let message = &response.replica_election_results[0].partition_result[0].error_message;
    assert_eq!(message.as_deref(), Some("Unknown election type 7"));
    assert_eq!(elected(response), not(ErrorCode::INVALID_REQUEST));
}

#[tokio::test]
async fn partitions_go_to_other_nodes_at_once() {
    let cluster = start(3).await;
    cluster.create_topic("t", 2, 2).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=1 {
        for nodes in [[1, 2], [2, 3], [3, 2]] {
            let request = reassign("t", &[(0, Some(&nodes))]);
            let response = client.call(&request, version).await;
            assert_eq!(response.error_code, ErrorCode::NONE);
            assert_eq!(reassigned(&response), [(0, ErrorCode::NONE, "")]);
            let partition = client.topic("t").await.partitions.remove(0);
            assert_eq!(*partition.replica_nodes, nodes);
            assert!(nodes.contains(&partition.leader_id));
        }
        assert!(listed(&mut client, &list(None)).await.is_empty());
        let message = "The manual partition assignment includes";
        let (invalid, unknown) = (
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        );
        let request = reassign(
            "t",
            &[
                (0, Some(&[])),
                (0, Some(&[7])),
                (1, Some(&[1, 1])),
                (9, Some(&[1])),
                (1, None),
            ],
        );
        let response = client.call(&request, version).await;
        let no_broker = format!("{message} broker 7, but no such broker is registered.");
        let empty = format!("{message} an empty replica list.");
        let twice = format!("{message} the broker 1 more than once.");
        assert_eq!(
            reassigned(&response),
            [
                (0, invalid, &*empty),
                (0, invalid, &no_broker),
                (1, invalid, &twice),
                (9, unknown, "Unable to find partition t:9."),
                (1, ErrorCode::NO_REASSIGNMENT_IN_PROGRESS, ""),
            ]
        );
        let response = client.call(&reassign("none", &[(0, None)]), version).await;
        let message = "Unable to find a topic named none.";
        assert_eq!(reassigned(&response), [(0, unknown, message)]);
    }
    let mut request = reassign("t", &[(0, Some(&[1, 2, 3])), (0, Some(&[1, 2]))]);
    request.allow_replication_factor_change = false;
    let response = client.call(&request, 1).await;
    assert!(!response.allow_replication_factor_change);
    let (code, message) = (
        ErrorCode::INVALID_REPLICATION_FACTOR,
        "The replication factor is changed from 2 to 3",
    );
    assert_eq!(
        reassigned(&response),
        [(0, code, message), (0, ErrorCode::NONE, "")]
    );
}

#[tokio::test]
async fn who_is_down_is_waited_for() {
    let cluster = start(4).await;
    cluster.create_topic("t", 2, 2).unwrap();
    for partition in 0..2 {
        cluster.reassign_partition("t", partition, &[1, 2]).unwrap();
    }
    cluster.stop_node(3).await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let request = reassign("t", &[(0, Some(&[3, 4])), (1, Some(&[3, 1]))]);
    let response = client.call(&request, 1).await;
    let none = ErrorCode::NONE;
    assert_eq!(reassigned(&response), [(0, none, ""), (1, none, "")]);
    let first = (
        "t".to_owned(),
        0,
        (vec![3, 4, 1, 2], vec![3, 4], vec![1, 2]),
    );
    let second = ("t".to_owned(), 1, (vec![3, 1, 2], vec![3], vec![2]));
    assert_eq!(
        listed(&mut client, &list(None)).await,
        [first.clone(), second.clone()]
    );
    let asked = list(Some(&[("t", &[1, 9]), ("none", &[0])]));
    assert_eq!(listed(&mut client, &asked).await, [second]);
    assert!(listed(&mut client, &list(Some(&[]))).await.is_empty());
    assert_eq!(cluster.leader("t", 0), Some(1));
    // Another goal takes the place of the first: what is still to come stays so.
    let response = client.call(&reassign("t", &[(1, Some(&[3]))]), 1).await;
    assert_eq!(reassigned(&response), [(1, none, "")]);
    let second = ("t".to_owned(), 1, (vec![3, 1, 2], vec![3], vec![1, 2]));
    assert_eq!(
        listed(&mut client, &list(None)).await,
        [first.clone(), second]
    );
    let epoch = cluster.leader_epoch("t", 1).unwrap();
    // One is given up, the other one arrives with the node.
    let response = client.call(&reassign("t", &[(1, None)]), 1).await;
    assert_eq!(reassigned(&response), [(1, none, "")]);
    assert_eq!(listed(&mut client, &list(None)).await, [first]);
    assert_eq!(cluster.leader_epoch("t", 1), Some(epoch + 1));
    cluster.restart_node(3).await.unwrap();
    assert!(listed(&mut client, &list(None)).await.is_empty());
    let topic = client.topic("t").await;
    let replicas = |index: usize| topic.partitions[index].replica_nodes.to_vec();
    assert_eq!((replicas(0), replicas(1)), (vec![3, 4], vec![1, 2]));
    assert_eq!(cluster.leader("t", 0), Some(3));
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = start(1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let keys = [
        ApiKey::ELECT_LEADERS,
        ApiKey::ALTER_PARTITION_REASSIGNMENTS,
        ApiKey::LIST_PARTITION_REASSIGNMENTS,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let request = elect(PREFERRED, Some(&[("t", &[3])]));
    for version in 0..=2 {
        let refused = client.call(&request, version).await;
        let whole = if version == 0 { ErrorCode::NONE } else { code };
        assert_eq!(refused.error_code, whole);
        assert_eq!(elected(refused), [("t".to_owned(), 3, code)]);
    }
    let refused = client.call(&reassign("t", &[(3, None)]), 0).await;
    assert_eq!(refused.error_code, code);
    assert_eq!(reassigned(&refused), [(3, code, "")]);
    let refused = client.call(&list(Some(&[("t", &[3])])), 0).await;
    assert_eq!(refused.error_code, code);
    assert_eq!(refused.topics[0].partitions[0].partition_index, 3);
}

#[tokio::test]
async fn with_zookeeper_only_the_controller_moves_partitions() {
    let builder = Cluster::builder().in_memory().nodes(2);
    let cluster = builder.profile(Profile::V2_8).start().await.unwrap();
    let node = cluster.controller().unwrap() % 2 + 1;
    let mut client = AnyClient::to(&cluster, node).await;
    let code = ErrorCode::NOT_CONTROLLER;
    let refused = client.call(&reassign("t", &[(0, None)]), 0).await;
    assert_eq!(refused.error_code, code);
    let refused = client.call(&list(None), 0).await;
    assert_eq!(refused.error_code, code);
    let refused = client.call(&elect(PREFERRED, None), 1).await;
    assert_eq!(refused.error_code, code);
}
