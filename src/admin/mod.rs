//! The administration of a cluster.

mod acl;
mod acl_operation;
mod acls;
mod answer;
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
pub use records::{
    DeleteRecords, IsolationLevel, ListOffsets, ListedOffset, OffsetSpec, RecordsToDelete,
};
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
#[cfg(feature = "internal")]
pub use transactions::{AbortTransaction, OpenTransaction};
pub use transactions::{
    DescribeProducers, DescribeTransactions, FenceProducers, FencedProducer, ListTransactions,
    ProducerDescription, TransactionDescription, TransactionListing, TransactionState,
};
