//! The administration of a cluster: topics, configs, groups, and all else that Java's `Admin` does.
//!
//! [`Client::admin`](crate::Client::admin) gives an [`Admin`]. Its methods make an [`Operation`], which takes options and is carried out when it is
//! awaited:
//!
//! ```
//! use milena::Client;
//! use milena::admin::NewTopic;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cluster = milena_broker::Cluster::builder().start().await?;
//! # let bootstrap = cluster.bootstrap().to_vec();
//! let client = Client::builder().bootstrap(bootstrap).build().await?;
//! let admin = client.admin();
//!
//! // One: done, or an error.
//! admin.create_topic(NewTopic::new("orders").partitions(12)).await?;
//!
//! // Several: each has a result of its own.
//! let described = admin.describe_topics(["orders", "customers"]).await;
//! for (topic, description) in described.successes() {
//!     println!("{topic} has {} partitions", description.partitions.len());
//! }
//! for (topic, error) in described.failures() {
//!     println!("{topic}: {error}");
//! }
//! # assert_eq!((described.successes().count(), described.failures().count()), (1, 1));
//! # Ok(())
//! # }
//! ```
//!
//! What is about several items gives a [`PerItem`]: one that failed hides none that succeeded, and [`all`](PerItem::all) makes one result of it. What an
//! answer omits is an error, too. What every broker has a part of, such as the list of groups, is a `PerItem` by broker;
//! [`merged`](PerItem::merged) makes one list of it.
//!
//! To whom a request goes, that it is split, and what is tried again, is the [client](crate::cluster)'s affair. An operation ends by its
//! [`deadline`](Operation::deadline), however many requests it takes.
//!
//! Methods are named like Java's, and tell which they are; `docs/admin.md` lists all of these, with the requests that they take. Where older brokers
//! need an older request, it is used; what they lack altogether is an error of the kind
//! [`UnsupportedApi`](crate::error::ErrorKind::UnsupportedApi), [`UnsupportedVersion`](crate::error::ErrorKind::UnsupportedVersion) or
//! [`InvalidRequest`](crate::error::ErrorKind::InvalidRequest).

mod acl;
mod acl_operation;
mod acls;
mod answer;
mod by_topic;
mod cluster;
mod config_entry;
mod config_resource;
mod configs;
mod convert;
mod delegation_tokens;
mod group_descriptions;
mod group_offsets;
mod group_state;
mod groups;
mod handle;
mod log_dirs;
mod numbered;
mod operation;
mod per_item;
mod quotas;
mod reassignments;
mod records;
mod scram_users;
mod share_groups;
mod streams_groups;
mod topic_descriptions;
mod topics;
mod transactions;
mod worded;

pub use crate::isolation_level::IsolationLevel;
pub use acl::{AclBinding, AclBindingFilter, AclPermission, AclResourceType, PatternType};
pub use acl_operation::AclOperation;
pub use acls::{CreateAcls, DeleteAcls, DescribeAcls};
pub use cluster::{
    AddRaftVoter, BrokerListing, ClientInstanceId, ClusterDescription, DescribeCluster,
    DescribeFeatures, DescribeMetadataQuorum, FeatureUpgrade, Features, QuorumDescription,
    QuorumReplica, RaftEndpoint, RemoveRaftVoter, UnregisterBroker, UpdateFeatures,
};
pub use config_entry::{ConfigEntry, ConfigSource, ConfigSynonym, ConfigType};
pub use config_resource::{ConfigResource, ConfigResourceType};
pub use configs::{ConfigChange, DescribeConfigs, IncrementalAlterConfigs, ListConfigResources};
pub use delegation_tokens::{
    CreateDelegationToken, DelegationToken, DescribeDelegationTokens, ExpireDelegationToken,
    Principal, RenewDelegationToken, TokenHmac,
};
pub use group_descriptions::{
    ClassicGroupDescription, ClassicGroupMember, ConsumerGroupDescription, ConsumerGroupMember,
    DescribeClassicGroups, DescribeConsumerGroups,
};
pub use group_offsets::{
    AlterGroupOffsets, CommittedOffset, DeleteGroupOffsets, GroupOffsets, ListGroupOffsets,
};
pub use group_state::{GroupState, GroupType};
pub use groups::{DeleteGroups, GroupListing, GroupMember, ListGroups, RemoveMembers};
pub use handle::Admin;
pub use log_dirs::{
    AlterReplicaLogDirs, DescribeLogDirs, DescribeReplicaLogDirs, LogDirDescription, Replica,
    ReplicaInfo, ReplicaLogDir,
};
pub use operation::{One, Operation, Spec};
pub use per_item::PerItem;
pub use quotas::{
    AlterClientQuotas, DescribeClientQuotas, QuotaEntity, QuotaEntityType, QuotaFilter,
};
pub use reassignments::{
    AlterPartitionReassignments, ElectAllLeaders, ElectLeaders, ElectionType,
    ListPartitionReassignments, OngoingReassignment, Reassignment,
};
pub use records::{DeleteRecords, ListOffsets, ListedOffset, OffsetSpec, RecordsToDelete};
pub use scram_users::{
    AlterUserScramCredentials, DescribeAllUserScramCredentials, DescribeUserScramCredentials,
    ScramCredentialChange, ScramCredentials, ScramMechanism,
};
pub use share_groups::{
    AlterShareGroupOffsets, DeleteShareGroupOffsets, DescribeShareGroups, ListShareGroupOffsets,
    ShareGroupDescription, ShareGroupMember, ShareGroupOffset,
};
pub use streams_groups::{
    DescribeStreamsGroups, StreamsAssignment, StreamsGroupDescription, StreamsGroupMember,
    StreamsSubtopology, StreamsTask, StreamsTopic,
};
pub use topic_descriptions::{
    DescribeTopics, DescribeTopicsById, ListTopics, PartitionDescription, TopicDescription,
    TopicListing,
};
pub use topics::{
    CreatePartitions, CreateTopics, CreatedTopic, DeleteTopics, DeleteTopicsById, NewPartitions,
    NewTopic,
};
pub use transactions::{AbortTransaction, OpenTransaction};
pub use transactions::{
    DescribeProducers, DescribeTransactions, FenceProducers, FencedProducer, ListTransactions,
    ProducerDescription, TransactionDescription, TransactionListing, TransactionState,
};
