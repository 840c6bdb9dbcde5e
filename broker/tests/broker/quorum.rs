//! The controllers: DescribeQuorum, AddRaftVoter, RemoveRaftVoter, UpdateFeatures with the features that ApiVersions tells of, and UnregisterBroker.

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Profile};
use milena_wire::messages::add_raft_voter::{AddRaftVoterRequest, Listener};
use milena_wire::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use milena_wire::messages::describe_cluster::DescribeClusterRequest;
use milena_wire::messages::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, DescribeQuorumResponsePartitionData,
    PartitionData, TopicData,
};
use milena_wire::messages::remove_raft_voter::RemoveRaftVoterRequest;
use milena_wire::messages::unregister_broker::UnregisterBrokerRequest;
use milena_wire::messages::update_features::{FeatureUpdateKey, UpdateFeaturesRequest};
use uuid::Uuid;

use crate::client::AnyClient;

const METADATA: &str = "__cluster_metadata";

async fn start(nodes: u16) -> Cluster {
    let builder = Cluster::builder().in_memory().nodes(nodes);
    builder.start().await.unwrap()
}

fn describe(topics: &[(&str, &[i32])]) -> DescribeQuorumRequest {
    let mut request = DescribeQuorumRequest::default();
    let topics = topics.iter().map(|(name, partitions)| {
        let mut topic = TopicData::default();
        topic.topic_name = (*name).into();
        let partitions = partitions.iter().map(|index| {
            let mut partition = PartitionData::default();
            partition.partition_index = *index;
            partition
        });
        topic.partitions = partitions.collect();
        topic
    });
    request.topics = topics.collect();
    request
}

async fn described(client: &mut AnyClient, version: i16) -> DescribeQuorumResponse {
    let response = client.call(&describe(&[(METADATA, &[0])]), version).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    response
}

fn partition(response: &DescribeQuorumResponse) -> &DescribeQuorumResponsePartitionData {
    &response.topics[0].partitions[0]
}

fn add(id: i32, directory: u128) -> AddRaftVoterRequest {
    let mut listener = Listener::default();
    listener.name = "CONTROLLER".into();
    listener.host = "127.0.0.1".into();
    listener.port = 9093;
    let mut request = AddRaftVoterRequest::default();
    request.cluster_id = None;
    request.voter_id = id;
    request.voter_directory_id = Uuid::from_u128(directory);
    request.listeners = vec![listener];
    request
}

fn remove(id: i32, directory: Uuid) -> RemoveRaftVoterRequest {
    let mut request = RemoveRaftVoterRequest::default();
    request.cluster_id = None;
    request.voter_id = id;
    request.voter_directory_id = directory;
    request
}

fn update(name: &str, level: i16, upgrade_type: i8) -> UpdateFeaturesRequest {
    let mut update = FeatureUpdateKey::default();
    update.feature = name.into();
    update.max_version_level = level;
    // What version 0 means, where there is no such field.
    if upgrade_type != 1 {
        update.upgrade_type = upgrade_type;
    }
    let mut request = UpdateFeaturesRequest::default();
    request.feature_updates = vec![update];
    request
}

async fn versions(client: &mut AnyClient, version: i16) -> ApiVersionsResponse {
    let mut request = ApiVersionsRequest::default();
    if version >= 3 {
        request.client_software_name = "test".into();
        request.client_software_version = "1".into();
    }
    client.call(&request, version).await
}

/// The level of a feature, and since when all have theirs.
fn level(told: &ApiVersionsResponse, name: &str) -> (Option<i16>, i64) {
    let mut features = told.finalized_features.iter();
    let feature = features.find(|feature| *feature.name == *name);
    let level = feature.map(|feature| feature.max_version_level);
    (level, told.finalized_features_epoch)
}

#[tokio::test]
async fn every_version_tells_of_the_quorum() {
    let cluster = start(2).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=2 {
        let response = described(&mut client, version).await;
        let quorum = partition(&response);
        let ids = quorum.current_voters.iter().map(|voter| voter.replica_id);
        assert_eq!(ids.collect::<Vec<_>>(), [3000, 3001, 3002]);
        let ids = quorum.observers.iter().map(|broker| broker.replica_id);
        assert_eq!(ids.collect::<Vec<_>>(), [1, 2]);
        assert_eq!((quorum.leader_id, quorum.leader_epoch), (3000, 1));
        let leader = &quorum.current_voters[0];
        assert_eq!(leader.log_end_offset, quorum.high_watermark);
        assert_eq!(leader.last_caught_up_timestamp > 0, version >= 1);
        // A static quorum knows its voters by their ids alone.
        assert_eq!(leader.replica_directory_id, Uuid::nil());
        let directory = quorum.observers[0].replica_directory_id;
        assert_eq!(directory.is_nil(), version < 2);
        let hosts = response.nodes.iter().map(|node| &*node.listeners[0].host);
        let hosts: Vec<_> = hosts.collect();
        assert_eq!(hosts.is_empty(), version < 2);
        if version >= 2 {
            assert_eq!(hosts[1], "controller-3001.invalid");
        }
        for unknown in [
            describe(&[("t", &[0])]),
            describe(&[(METADATA, &[1])]),
            describe(&[(METADATA, &[0]), ("t", &[0])]),
        ] {
            let response = client.call(&unknown, version).await;
            assert_eq!(response.error_code, ErrorCode::NONE);
            assert_eq!(response.topics.len(), unknown.topics.len());
            let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            assert_eq!(partition(&response).error_code, code);
        }
    }
    cluster.stop_node(2).await.unwrap();
    let response = described(&mut client, 2).await;
    assert_eq!(partition(&response).observers.len(), 1);
}

#[tokio::test]
async fn a_static_quorum_takes_no_voters() {
    let cluster = start(1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=1 {
        let refused = client.call(&add(5, 1), version).await;
        assert_eq!(refused.error_code, ErrorCode::UNSUPPORTED_VERSION);
        assert_eq!(
            refused.error_message.as_deref(),
            Some("Cluster doesn't support adding voter because the kraft.version feature is 0")
        );
        let mut elsewhere = add(5, 1);
        elsewhere.cluster_id = Some("x".into());
        let refused = client.call(&elsewhere, version).await;
        assert_eq!(refused.error_code, ErrorCode::INCONSISTENT_CLUSTER_ID);
        let mut unreachable = add(5, 1);
        unreachable.listeners[0].name = "OTHER".into();
        for invalid in [add(5, 0), add(-1, 1), unreachable] {
            let refused = client.call(&invalid, version).await;
            assert_eq!(refused.error_code, ErrorCode::INVALID_REQUEST);
        }
    }
    let refused = client.call(&remove(3000, Uuid::from_u128(1)), 0).await;
    assert_eq!(
        refused.error_message.as_deref(),
        Some("Cluster doesn't support removing voter because the kraft.version feature is 0")
    );
    let refused = client.call(&remove(3000, Uuid::nil()), 0).await;
    assert_eq!(refused.error_code, ErrorCode::INVALID_REQUEST);
    let mut elsewhere = remove(3000, Uuid::from_u128(1));
    elsewhere.cluster_id = Some(String::new().into());
    let refused = client.call(&elsewhere, 0).await;
    assert_eq!(refused.error_code, ErrorCode::INCONSISTENT_CLUSTER_ID);
}

#[tokio::test]
async fn an_upgraded_quorum_takes_voters_and_lets_them_go() {
    let cluster = start(1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    let upgraded = client.call(&update("kraft.version", 1, 1), 2).await;
    assert_eq!(upgraded.error_code, ErrorCode::NONE);
    let mut request = add(5, 7);
    request.cluster_id = Some(cluster.id().into());
    let added = client.call(&request, 1).await;
    assert_eq!(
        (added.error_code, added.error_message),
        (ErrorCode::NONE, None)
    );
    let refused = client.call(&request, 1).await;
    assert_eq!(refused.error_code, ErrorCode::DUPLICATE_VOTER);
    let response = described(&mut client, 2).await;
    let voters = &partition(&response).current_voters;
    assert_eq!(voters[0].replica_id, 5);
    assert_eq!(voters[0].replica_directory_id, Uuid::from_u128(7));
    assert_eq!(response.nodes[0].listeners[0].host, "127.0.0.1");
    let directory = voters[1].replica_directory_id;
    let refused = client.call(&remove(3000, Uuid::from_u128(1)), 0).await;
    assert_eq!(refused.error_code, ErrorCode::VOTER_NOT_FOUND);
    // The leader itself: another one leads.
    let removed = client.call(&remove(3000, directory), 0).await;
    assert_eq!(removed.error_code, ErrorCode::NONE);
    let response = described(&mut client, 2).await;
    let quorum = partition(&response);
    assert_eq!((quorum.leader_id, quorum.leader_epoch), (5, 2));
    assert_eq!(quorum.current_voters.len(), 3);
}

#[tokio::test]
async fn features_are_told_of_and_updated_in_every_version() {
    let cluster = start(1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    assert!(versions(&mut client, 2).await.finalized_features.is_empty());
    let old = versions(&mut client, 3).await;
    // Clients of version 3 do not know that a level may be 0.
    let supported = old.supported_features.iter().map(|it| &*it.name);
    assert_eq!(supported.collect::<Vec<_>>(), ["metadata.version"]);
    assert_eq!(level(&old, "transaction.version"), (Some(2), 0));
    let told = versions(&mut client, 4).await;
    assert_eq!(told.supported_features.len(), 7);
    assert_eq!(level(&told, "kraft.version"), (None, 0));
    for version in 0..=2 {
        let before = level(&versions(&mut client, 4).await, "share.version");
        assert_eq!(before.0, Some(1));
        let mut lower = update("share.version", 0, 2);
        if version >= 1 {
            lower.validate_only = true;
            let response = client.call(&lower, version).await;
            assert_eq!(response.error_code, ErrorCode::NONE);
            let told = versions(&mut client, 4).await;
            assert_eq!(level(&told, "share.version"), before);
            lower.validate_only = false;
            client.call(&lower, version).await;
            let told = versions(&mut client, 4).await;
            assert_eq!(level(&told, "share.version"), (None, before.1 + 1));
        }
        let response = client.call(&update("share.version", 1, 1), version).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(response.results.len(), usize::from(version < 2));
        let after = level(&versions(&mut client, 4).await, "share.version");
        assert!(after.0 == Some(1) && after.1 > before.1);
        let request = update("metadata.version", 99, 1);
        let refused = client.call(&request, version).await;
        assert_eq!(refused.error_code, ErrorCode::INVALID_UPDATE_VERSION);
        assert_eq!(
            refused.error_message.as_deref(),
            Some(
                "The update failed for all features since the following feature had an error: Invalid update version 99 for feature metadata.version. Local controller 3000 only supports versions 7-30"
            )
        );
        assert!(refused.results.is_empty());
        assert_eq!(
            level(&versions(&mut client, 4).await, "share.version"),
            after
        );
    }
}

#[tokio::test]
async fn brokers_of_old_tell_of_no_features() {
    let builder = Cluster::builder().in_memory().profile(Profile::V2_8);
    let cluster = builder.start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let told = versions(&mut client, 3).await;
    assert!(told.supported_features.is_empty() && told.finalized_features.is_empty());
}

#[tokio::test]
async fn brokers_are_unregistered() {
    let cluster = start(3).await;
    cluster.create_topic("t", 1, 3).unwrap();
    cluster.reassign_partition("t", 0, &[2, 3]).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let mut unregister = UnregisterBrokerRequest::default();
    unregister.broker_id = 77;
    let refused = client.call(&unregister, 0).await;
    assert_eq!(refused.error_code, ErrorCode::BROKER_ID_NOT_REGISTERED);
    assert_eq!(
        refused.error_message.as_deref(),
        Some("Broker ID 77 is not currently registered")
    );
    // One that is up is no part of the cluster any more until it is started again.
    unregister.broker_id = 2;
    let response = client.call(&unregister, 0).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert_eq!(cluster.leader("t", 0), Some(3));
    let mut fenced = DescribeClusterRequest::default();
    fenced.include_fenced_brokers = true;
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 2);
    let partition = client.topic("t").await.partitions.remove(0);
    assert_eq!(partition.isr_nodes.to_vec(), [3]);
    assert_eq!(partition.offline_replicas.to_vec(), [2]);
    let refused = client.call(&unregister, 0).await;
    assert_eq!(refused.error_code, ErrorCode::BROKER_ID_NOT_REGISTERED);
    cluster.stop_node(2).await.unwrap();
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 2);
    cluster.restart_node(2).await.unwrap();
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 3);
    assert_eq!(client.topic("t").await.partitions[0].isr_nodes.len(), 2);
    // One that is down is gone until it comes back.
    cluster.stop_node(2).await.unwrap();
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 3);
    let response = client.call(&unregister, 0).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 2);
    let refused = client.call(&unregister, 0).await;
    assert_eq!(refused.error_code, ErrorCode::BROKER_ID_NOT_REGISTERED);
    cluster.restart_node(2).await.unwrap();
    assert_eq!(client.call(&fenced, 2).await.brokers.len(), 3);
    assert_eq!(client.topic("t").await.partitions[0].isr_nodes.len(), 2);
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = start(1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let keys = [
        ApiKey::DESCRIBE_QUORUM,
        ApiKey::UPDATE_FEATURES,
        ApiKey::UNREGISTER_BROKER,
        ApiKey::ADD_RAFT_VOTER,
        ApiKey::REMOVE_RAFT_VOTER,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let request = describe(&[(METADATA, &[0])]);
    assert_eq!(client.call(&request, 2).await.error_code, code);
    let request = update("group.version", 1, 1);
    assert_eq!(client.call(&request, 0).await.error_code, code);
    let request = UnregisterBrokerRequest::default();
    assert_eq!(client.call(&request, 0).await.error_code, code);
    assert_eq!(client.call(&add(5, 1), 1).await.error_code, code);
    let request = remove(5, Uuid::from_u128(1));
    assert_eq!(client.call(&request, 0).await.error_code, code);
}
