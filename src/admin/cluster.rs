//! The cluster itself: its brokers, its controllers, its features.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_raft_voter::Listener;
use milena_wire::messages::describe_quorum::{PartitionData, ReplicaState, TopicData};
use milena_wire::messages::update_features::FeatureUpdateKey;
use milena_wire::messages::{
    AddRaftVoterRequest, ApiVersionsRequest, DescribeClusterRequest, DescribeQuorumRequest,
    GetTelemetrySubscriptionsRequest, MetadataRequest, RemoveRaftVoterRequest,
    UnregisterBrokerRequest, UpdateFeaturesRequest,
};
use milena_wire::uuid::Uuid;

use super::acl_operation::{AclOperation, authorized_operations};
use super::answer::{check, omission};
use super::convert;
use super::handle::Admin;
use super::numbered::numbered;
use super::operation::{Caller, Operation, Spec, is_unsupported};
use super::per_item::PerItem;
use crate::error::Error;

/// A cluster and its brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterDescription {
    /// Its id.
    pub cluster_id: Option<String>,
    /// The broker that answers for the controller; with KRaft any.
    pub controller: Option<i32>,
    /// Its brokers, by their ids.
    pub brokers: BTreeMap<i32, BrokerListing>,
    /// What the caller may do with it, if that was asked for.
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A broker of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerListing {
    /// The host that it advertises.
    pub host: String,
    /// The port that it advertises.
    pub port: i32,
    /// The rack that it is in, if it says so.
    pub rack: Option<String>,
    /// Whether it is known and not let in at the moment.
    pub is_fenced: bool,
}

/// Asks for the cluster: see [`Admin::describe_cluster`].
#[derive(Clone, Debug)]
pub struct DescribeCluster {
    authorized_operations: bool,
    fenced_brokers: bool,
    controllers: bool,
}

impl Operation<DescribeCluster> {
    /// Whether to tell what the caller may do with the cluster. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }

    /// Whether to tell of brokers that are not let in at the moment (KIP-1073, since Kafka 4.0). Default: no.
    pub fn include_fenced_brokers(mut self, include: bool) -> Self {
        self.spec.fenced_brokers = include;
        self
    }
}

impl Spec for DescribeCluster {
    type Output = Result<ClusterDescription, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = DescribeClusterRequest::default()
            .with_include_cluster_authorized_operations(self.authorized_operations)
            .with_include_fenced_brokers(self.fenced_brokers);
        if self.controllers {
            request.endpoint_type = 2;
        }
        let response = match caller.send(request).await {
            // Before Kafka 2.8.
            Err(error) if is_unsupported(&error) && !self.fenced_brokers && !self.controllers => {
                return self.by_metadata(&caller).await;
            }
            answer => answer?,
        };
        let message = response.error_message.as_ref();
        check::<DescribeClusterRequest>(response.error_code, message)?;
        let brokers = response.brokers.iter().map(|broker| {
            let listing = BrokerListing {
                host: broker.host.to_string(),
                port: broker.port,
                rack: convert::text(broker.rack.as_ref()),
                is_fenced: broker.is_fenced,
            };
            (broker.broker_id, listing)
        });
        Ok(ClusterDescription {
            cluster_id: convert::filled(&response.cluster_id),
            controller: convert::known(response.controller_id),
            brokers: brokers.collect(),
            authorized_operations: authorized_operations(response.cluster_authorized_operations),
        })
    }
}

impl DescribeCluster {
    async fn by_metadata(self, caller: &Caller) -> Result<ClusterDescription, Error> {
        let request = MetadataRequest::default()
            .with_topics(Vec::new())
            .with_include_cluster_authorized_operations(self.authorized_operations);
        let response = caller.send(request).await?;
        check::<MetadataRequest>(response.error_code, None)?;
        let brokers = response.brokers.iter().map(|broker| {
            let listing = BrokerListing {
                host: broker.host.to_string(),
                port: broker.port,
                rack: convert::text(broker.rack.as_ref()),
                is_fenced: false,
            };
            (broker.node_id, listing)
        });
        Ok(ClusterDescription {
            cluster_id: convert::text(response.cluster_id.as_ref()),
            controller: convert::known(response.controller_id),
            brokers: brokers.collect(),
            authorized_operations: authorized_operations(response.cluster_authorized_operations),
        })
    }
}

/// Which versions of features there are (Java: `FeatureMetadata`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Features {
    /// What the broker that was asked could do: the lowest and the highest version, by the feature's name.
    pub supported: BTreeMap<String, (i16, i16)>,
    /// What the cluster does: the lowest and the highest version, by the feature's name.
    pub finalized: BTreeMap<String, (i16, i16)>,
    /// How often that has changed; `None` if the broker does not know.
    pub finalized_epoch: Option<i64>,
}

/// Asks for features: see [`Admin::describe_features`].
#[derive(Clone, Debug)]
pub struct DescribeFeatures(Option<i32>);

impl Operation<DescribeFeatures> {
    /// Asks this broker. Default: any.
    pub fn broker(mut self, broker: i32) -> Self {
        self.spec.0 = Some(broker);
        self
    }
}

impl Spec for DescribeFeatures {
    type Output = Result<Features, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let request = ApiVersionsRequest::default()
            .with_client_software_name(env!("CARGO_PKG_NAME"))
            .with_client_software_version(env!("CARGO_PKG_VERSION"));
        let response = match self.0 {
            Some(broker) => caller.send_to(broker, request).await?,
            None => caller.send(request).await?,
        };
        check::<ApiVersionsRequest>(response.error_code, None)?;
        let supported = response.supported_features.iter();
        let supported =
            supported.map(|one| (one.name.to_string(), (one.min_version, one.max_version)));
        let finalized = response.finalized_features.iter();
        let finalized = finalized.map(|one| {
            (
                one.name.to_string(),
                (one.min_version_level, one.max_version_level),
            )
        });
        Ok(Features {
            supported: supported.collect(),
            finalized: finalized.collect(),
            finalized_epoch: convert::known(response.finalized_features_epoch),
        })
    }
}

numbered! {
    /// Which way a feature may be changed (Java: `FeatureUpdate.UpgradeType`).
    FeatureUpgrade {
        /// To a higher version.
        Upgrade = 1,
        /// To a lower one, if nothing is lost by it.
        SafeDowngrade = 2,
        /// To a lower one, whatever is lost by it.
        UnsafeDowngrade = 3,
    }
}

/// Changes features: see [`Admin::update_features`].
#[derive(Clone, Debug)]
pub struct UpdateFeatures {
    updates: BTreeMap<String, (i16, FeatureUpgrade)>,
    validate_only: bool,
}

impl Operation<UpdateFeatures> {
    /// Whether it is only found out if it would succeed (since Kafka 3.3). Default: no.
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.spec.validate_only = validate_only;
        self
    }
}

impl Spec for UpdateFeatures {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let updates = self.updates.iter().map(|(feature, (version, upgrade))| {
            FeatureUpdateKey::default()
                .with_feature(feature.clone())
                .with_max_version_level(*version)
                .with_upgrade_type(upgrade.number())
        });
        let request = UpdateFeaturesRequest::default()
            .with_timeout_ms(caller.timeout_ms())
            .with_feature_updates(updates.collect::<Vec<_>>())
            .with_validate_only(self.validate_only);
        let names = |request: &UpdateFeaturesRequest| {
            let updates = request.feature_updates.iter();
            updates.map(|update| update.feature.to_string()).collect()
        };
        caller
            .per_item(request, names, |request, response, results| {
                results.tell_all(response.error_code, response.error_message.as_ref());
                for one in &response.results {
                    let message = one.error_message.as_ref();
                    results.tell(&one.feature.to_string(), one.error_code, message, || ());
                }
                // From version 2 on all are changed or none, and there are no results.
                if response.error_code == ErrorCode::NONE && response.results.is_empty() {
                    for name in names(request) {
                        results.tell(&name, ErrorCode::NONE, None, || ());
                    }
                }
            })
            .await
    }
}

/// The quorum of controllers (Java: `QuorumInfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuorumDescription {
    /// The active controller, if there is one.
    pub leader: Option<i32>,
    /// How often that has changed.
    pub leader_epoch: i32,
    /// Up to where the metadata log is committed.
    pub high_watermark: i64,
    /// The controllers.
    pub voters: Vec<QuorumReplica>,
    /// Those that follow, and have no vote: the brokers.
    pub observers: Vec<QuorumReplica>,
    /// Where the controllers listen, by their ids (since Kafka 3.9).
    pub nodes: BTreeMap<i32, Vec<RaftEndpoint>>,
}

/// One who has the metadata log. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuorumReplica {
    /// The node's id.
    pub replica_id: i32,
    /// The id of its directory (KIP-853, since Kafka 3.9).
    pub directory_id: Option<Uuid>,
    /// Up to where it has the log.
    pub log_end_offset: i64,
    /// When it fetched last, if the leader knows.
    pub last_fetch_time: Option<i64>,
    /// When it had all that there was, if the leader knows.
    pub last_caught_up_time: Option<i64>,
}

/// Where a controller listens (Java: `RaftVoterEndpoint`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct RaftEndpoint {
    /// The listener's name.
    pub listener: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl RaftEndpoint {
    /// This host and port, by this listener.
    pub fn new(listener: impl Into<String>, host: impl Into<String>, port: u16) -> Self {
        Self {
            listener: listener.into(),
            host: host.into(),
            port,
        }
    }
}

const METADATA_TOPIC: &str = "__cluster_metadata";

fn quorum_replica(replica: &ReplicaState) -> QuorumReplica {
    QuorumReplica {
        replica_id: replica.replica_id,
        directory_id: convert::id(replica.replica_directory_id),
        log_end_offset: replica.log_end_offset,
        last_fetch_time: convert::known(replica.last_fetch_timestamp),
        last_caught_up_time: convert::known(replica.last_caught_up_timestamp),
    }
}

/// Asks for the controllers: see [`Admin::describe_metadata_quorum`].
#[derive(Clone, Debug)]
pub struct DescribeMetadataQuorum(());

impl Spec for DescribeMetadataQuorum {
    type Output = Result<QuorumDescription, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topic = TopicData::default()
            .with_topic_name(METADATA_TOPIC)
            .with_partitions(vec![PartitionData::default()]);
        let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
        let response = caller.send(request).await?;
        check::<DescribeQuorumRequest>(response.error_code, response.error_message.as_ref())?;
        let topics = response.topics.iter();
        let partition = topics
            .filter(|topic| &*topic.topic_name == METADATA_TOPIC)
            .flat_map(|topic| &topic.partitions)
            .find(|partition| partition.partition_index == 0)
            .ok_or_else(|| omission(DescribeQuorumRequest::API_KEY, None))?;
        check::<DescribeQuorumRequest>(partition.error_code, partition.error_message.as_ref())?;
        let nodes = response.nodes.iter().map(|node| {
            let listeners = node.listeners.iter();
            let endpoints =
                listeners.map(|one| RaftEndpoint::new(&*one.name, &*one.host, one.port));
            (node.node_id, endpoints.collect())
        });
        Ok(QuorumDescription {
            leader: convert::known(partition.leader_id),
            leader_epoch: partition.leader_epoch,
            high_watermark: partition.high_watermark,
            voters: partition
                .current_voters
                .iter()
                .map(quorum_replica)
                .collect(),
            observers: partition.observers.iter().map(quorum_replica).collect(),
            nodes: nodes.collect(),
        })
    }
}

/// Forgets a broker: see [`Admin::unregister_broker`].
#[derive(Clone, Debug)]
pub struct UnregisterBroker(i32);

impl Spec for UnregisterBroker {
    type Output = Result<(), Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let request = UnregisterBrokerRequest::default().with_broker_id(self.0);
        let response = caller.send(request).await?;
        check::<UnregisterBrokerRequest>(response.error_code, response.error_message.as_ref())
    }
}

/// Adds a controller: see [`Admin::add_raft_voter`].
#[derive(Clone, Debug)]
pub struct AddRaftVoter {
    voter: i32,
    directory: Uuid,
    endpoints: Vec<RaftEndpoint>,
    cluster_id: Option<String>,
}

impl Operation<AddRaftVoter> {
    /// Only if this is the cluster's id. Default: whatever it is.
    pub fn cluster_id(mut self, id: impl Into<String>) -> Self {
        self.spec.cluster_id = Some(id.into());
        self
    }
}

impl Spec for AddRaftVoter {
    type Output = Result<(), Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let listeners = self.endpoints.into_iter().map(|endpoint| {
            Listener::default()
                .with_name(endpoint.listener)
                .with_host(endpoint.host)
                .with_port(endpoint.port)
        });
        let mut request = AddRaftVoterRequest::default()
            .with_timeout_ms(caller.timeout_ms())
            .with_voter_id(self.voter)
            .with_voter_directory_id(self.directory)
            .with_listeners(listeners.collect::<Vec<_>>());
        request.cluster_id = self.cluster_id.map(Into::into);
        let response = caller.send(request).await?;
        check::<AddRaftVoterRequest>(response.error_code, response.error_message.as_ref())
    }
}

/// Removes a controller: see [`Admin::remove_raft_voter`].
#[derive(Clone, Debug)]
pub struct RemoveRaftVoter {
    voter: i32,
    directory: Uuid,
    cluster_id: Option<String>,
}

impl Operation<RemoveRaftVoter> {
    /// Only if this is the cluster's id. Default: whatever it is.
    pub fn cluster_id(mut self, id: impl Into<String>) -> Self {
        self.spec.cluster_id = Some(id.into());
        self
    }
}

impl Spec for RemoveRaftVoter {
    type Output = Result<(), Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = RemoveRaftVoterRequest::default()
            .with_voter_id(self.voter)
            .with_voter_directory_id(self.directory);
        request.cluster_id = self.cluster_id.map(Into::into);
        let response = caller.send(request).await?;
        check::<RemoveRaftVoterRequest>(response.error_code, response.error_message.as_ref())
    }
}

/// Asks for an id: see [`Admin::client_instance_id`].
#[derive(Clone, Debug)]
pub struct ClientInstanceId(());

impl Spec for ClientInstanceId {
    type Output = Result<Uuid, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let response = caller
            .send(GetTelemetrySubscriptionsRequest::default())
            .await?;
        check::<GetTelemetrySubscriptionsRequest>(response.error_code, None)?;
        Ok(response.client_instance_id)
    }
}

impl Admin {
    /// Asks for the cluster's id and its brokers (Java: `describeCluster`).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_cluster(&self) -> Operation<DescribeCluster> {
        self.operation(DescribeCluster {
            authorized_operations: false,
            fenced_brokers: false,
            controllers: false,
        })
    }

    /// As [`describe_cluster`](Self::describe_cluster), for a client that speaks with the controllers themselves
    /// ([`bootstrap_controllers`](crate::cluster::ClientBuilder::bootstrap_controllers)): the nodes are controllers (KIP-919).
    ///
    /// # Errors
    /// When awaited: if it is not told, as by brokers.
    pub fn describe_controllers(&self) -> Operation<DescribeCluster> {
        self.operation(DescribeCluster {
            authorized_operations: false,
            fenced_brokers: false,
            controllers: true,
        })
    }

    /// Asks which versions of features the cluster has and could have (Java: `describeFeatures`, since Kafka 2.4).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_features(&self) -> Operation<DescribeFeatures> {
        self.operation(DescribeFeatures(None))
    }

    /// Changes the highest version of features, by their names; zero takes a feature away (Java: `updateFeatures`, since Kafka 2.7). All are changed, or
    /// none.
    pub fn update_features<F: Into<String>>(
        &self,
        updates: impl IntoIterator<Item = (F, i16, FeatureUpgrade)>,
    ) -> Operation<UpdateFeatures> {
        let updates = updates.into_iter();
        let updates =
            updates.map(|(feature, version, upgrade)| (feature.into(), (version, upgrade)));
        self.operation(UpdateFeatures {
            updates: updates.collect(),
            validate_only: false,
        })
    }

    /// Asks for the quorum of controllers (Java: `describeMetadataQuorum`, since Kafka 3.3).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_metadata_quorum(&self) -> Operation<DescribeMetadataQuorum> {
        self.operation(DescribeMetadataQuorum(()))
    }

    /// Makes the cluster forget a broker that will not come back (Java: `unregisterBroker`, since Kafka 2.8, with KRaft).
    ///
    /// # Errors
    /// When awaited: if it was not forgotten.
    pub fn unregister_broker(&self, broker: i32) -> Operation<UnregisterBroker> {
        self.operation(UnregisterBroker(broker))
    }

    /// Adds a controller to the quorum (Java: `addRaftVoter`, KIP-853, since Kafka 3.9).
    ///
    /// # Errors
    /// When awaited: if it was not added.
    pub fn add_raft_voter(
        &self,
        voter: i32,
        directory: Uuid,
        endpoints: impl IntoIterator<Item = RaftEndpoint>,
    ) -> Operation<AddRaftVoter> {
        self.operation(AddRaftVoter {
            voter,
            directory,
            endpoints: endpoints.into_iter().collect(),
            cluster_id: None,
        })
    }

    /// Removes a controller from the quorum (Java: `removeRaftVoter`, KIP-853, since Kafka 3.9).
    ///
    /// # Errors
    /// When awaited: if it was not removed.
    pub fn remove_raft_voter(&self, voter: i32, directory: Uuid) -> Operation<RemoveRaftVoter> {
        self.operation(RemoveRaftVoter {
            voter,
            directory,
            cluster_id: None,
        })
    }

    /// Asks for an id under which brokers could know the metrics of this client (Java: `clientInstanceId`, KIP-714, since Kafka 3.7). Each call gives
    /// another: this client pushes no metrics to brokers.
    ///
    /// # Errors
    /// When awaited: if none is given.
    pub fn client_instance_id(&self) -> Operation<ClientInstanceId> {
        self.operation(ClientInstanceId(()))
    }
}
