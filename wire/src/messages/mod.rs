//! Every message of the protocol: a file for each API, with its request and its response.
//!
//! Beside each field stand the versions that have it, those in which it may be null, its default, and its tag. The names
//! are Kafka's; what a field means is told by [Kafka's protocol guide](https://kafka.apache.org/protocol).
//!
//! The files are written by `scripts/messages.py` from Kafka's schemas and `message-docs.toml`; change those.

#![allow(
    missing_docs,
    reason = "fields carry their versions, and Kafka's own names"
)]
#![allow(clippy::struct_excessive_bools, reason = "the protocol's own shape")]

pub mod add_offsets_to_txn;
pub mod add_partitions_to_txn;
pub mod add_raft_voter;
#[cfg(feature = "internal")]
pub mod allocate_producer_ids;
pub mod alter_client_quotas;
pub mod alter_configs;
#[cfg(feature = "internal")]
pub mod alter_partition;
pub mod alter_partition_reassignments;
pub mod alter_replica_log_dirs;
pub mod alter_share_group_offsets;
pub mod alter_user_scram_credentials;
pub mod api_versions;
#[cfg(feature = "internal")]
pub mod assign_replicas_to_dirs;
#[cfg(feature = "internal")]
pub mod begin_quorum_epoch;
#[cfg(feature = "internal")]
pub mod broker_heartbeat;
#[cfg(feature = "internal")]
pub mod broker_registration;
pub mod consumer_group_describe;
pub mod consumer_group_heartbeat;
pub mod consumer_protocol;
pub mod control_records;
#[cfg(feature = "internal")]
pub mod controlled_shutdown;
#[cfg(feature = "internal")]
pub mod controller_registration;
pub mod create_acls;
pub mod create_delegation_token;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_acls;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_share_group_offsets;
#[cfg(feature = "internal")]
pub mod delete_share_group_state;
pub mod delete_topics;
pub mod describe_acls;
pub mod describe_client_quotas;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_delegation_token;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_producers;
pub mod describe_quorum;
pub mod describe_share_group_offsets;
pub mod describe_topic_partitions;
pub mod describe_transactions;
pub mod describe_user_scram_credentials;
pub mod elect_leaders;
#[cfg(feature = "internal")]
pub mod end_quorum_epoch;
pub mod end_txn;
#[cfg(feature = "internal")]
pub mod envelope;
pub mod expire_delegation_token;
pub mod fetch;
#[cfg(feature = "internal")]
pub mod fetch_snapshot;
pub mod find_coordinator;
pub mod get_telemetry_subscriptions;
pub mod headers;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
#[cfg(feature = "internal")]
pub mod initialize_share_group_state;
pub mod join_group;
#[cfg(feature = "internal")]
pub mod leader_and_isr;
pub mod leave_group;
pub mod list_config_resources;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod list_transactions;
pub mod metadata;
pub mod offset_commit;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod principal;
pub mod produce;
pub mod push_telemetry;
#[cfg(feature = "internal")]
pub mod read_share_group_state;
#[cfg(feature = "internal")]
pub mod read_share_group_state_summary;
pub mod remove_raft_voter;
pub mod renew_delegation_token;
pub mod sasl_authenticate;
pub mod sasl_handshake;
pub mod share_acknowledge;
pub mod share_fetch;
pub mod share_group_describe;
pub mod share_group_heartbeat;
#[cfg(feature = "internal")]
pub mod stop_replica;
pub mod streams_group_describe;
pub mod streams_group_heartbeat;
pub mod sync_group;
pub mod txn_offset_commit;
pub mod unregister_broker;
pub mod update_features;
#[cfg(feature = "internal")]
pub mod update_metadata;
#[cfg(feature = "internal")]
pub mod update_raft_voter;
#[cfg(feature = "internal")]
pub mod vote;
#[cfg(feature = "internal")]
pub mod write_share_group_state;
pub mod write_txn_markers;

pub use add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
pub use add_partitions_to_txn::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};
pub use add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse};
#[cfg(feature = "internal")]
pub use allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
pub use alter_client_quotas::{AlterClientQuotasRequest, AlterClientQuotasResponse};
pub use alter_configs::{AlterConfigsRequest, AlterConfigsResponse};
#[cfg(feature = "internal")]
pub use alter_partition::{AlterPartitionRequest, AlterPartitionResponse};
pub use alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};
pub use alter_replica_log_dirs::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
pub use alter_share_group_offsets::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse,
};
pub use alter_user_scram_credentials::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse,
};
pub use api_versions::{ApiVersionsRequest, ApiVersionsResponse};
#[cfg(feature = "internal")]
pub use assign_replicas_to_dirs::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
#[cfg(feature = "internal")]
pub use begin_quorum_epoch::{BeginQuorumEpochRequest, BeginQuorumEpochResponse};
#[cfg(feature = "internal")]
pub use broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
#[cfg(feature = "internal")]
pub use broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse};
pub use consumer_group_describe::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse};
pub use consumer_group_heartbeat::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};
#[cfg(feature = "internal")]
pub use controlled_shutdown::{ControlledShutdownRequest, ControlledShutdownResponse};
#[cfg(feature = "internal")]
pub use controller_registration::{ControllerRegistrationRequest, ControllerRegistrationResponse};
pub use create_acls::{CreateAclsRequest, CreateAclsResponse};
pub use create_delegation_token::{CreateDelegationTokenRequest, CreateDelegationTokenResponse};
pub use create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
pub use create_topics::{CreateTopicsRequest, CreateTopicsResponse};
pub use delete_acls::{DeleteAclsRequest, DeleteAclsResponse};
pub use delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
pub use delete_records::{DeleteRecordsRequest, DeleteRecordsResponse};
pub use delete_share_group_offsets::{
    DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse,
};
#[cfg(feature = "internal")]
pub use delete_share_group_state::{DeleteShareGroupStateRequest, DeleteShareGroupStateResponse};
pub use delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
pub use describe_acls::{DescribeAclsRequest, DescribeAclsResponse};
pub use describe_client_quotas::{DescribeClientQuotasRequest, DescribeClientQuotasResponse};
pub use describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};
pub use describe_configs::{DescribeConfigsRequest, DescribeConfigsResponse};
pub use describe_delegation_token::{
    DescribeDelegationTokenRequest, DescribeDelegationTokenResponse,
};
pub use describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse};
pub use describe_log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
pub use describe_producers::{DescribeProducersRequest, DescribeProducersResponse};
pub use describe_quorum::{DescribeQuorumRequest, DescribeQuorumResponse};
pub use describe_share_group_offsets::{
    DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse,
};
pub use describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
};
pub use describe_transactions::{DescribeTransactionsRequest, DescribeTransactionsResponse};
pub use describe_user_scram_credentials::{
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
};
pub use elect_leaders::{ElectLeadersRequest, ElectLeadersResponse};
#[cfg(feature = "internal")]
pub use end_quorum_epoch::{EndQuorumEpochRequest, EndQuorumEpochResponse};
pub use end_txn::{EndTxnRequest, EndTxnResponse};
#[cfg(feature = "internal")]
pub use envelope::{EnvelopeRequest, EnvelopeResponse};
pub use expire_delegation_token::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse};
pub use fetch::{FetchRequest, FetchResponse};
#[cfg(feature = "internal")]
pub use fetch_snapshot::{FetchSnapshotRequest, FetchSnapshotResponse};
pub use find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
pub use get_telemetry_subscriptions::{
    GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse,
};
pub use headers::{RequestHeader, ResponseHeader};
pub use heartbeat::{HeartbeatRequest, HeartbeatResponse};
pub use incremental_alter_configs::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};
pub use init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
#[cfg(feature = "internal")]
pub use initialize_share_group_state::{
    InitializeShareGroupStateRequest, InitializeShareGroupStateResponse,
};
pub use join_group::{JoinGroupRequest, JoinGroupResponse};
#[cfg(feature = "internal")]
pub use leader_and_isr::{LeaderAndIsrRequest, LeaderAndIsrResponse};
pub use leave_group::{LeaveGroupRequest, LeaveGroupResponse};
pub use list_config_resources::{ListConfigResourcesRequest, ListConfigResourcesResponse};
pub use list_groups::{ListGroupsRequest, ListGroupsResponse};
pub use list_offsets::{ListOffsetsRequest, ListOffsetsResponse};
pub use list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
pub use list_transactions::{ListTransactionsRequest, ListTransactionsResponse};
pub use metadata::{MetadataRequest, MetadataResponse};
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse};
pub use offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
pub use offset_fetch::{OffsetFetchRequest, OffsetFetchResponse};
pub use offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
pub use produce::{ProduceRequest, ProduceResponse};
pub use push_telemetry::{PushTelemetryRequest, PushTelemetryResponse};
#[cfg(feature = "internal")]
pub use read_share_group_state::{ReadShareGroupStateRequest, ReadShareGroupStateResponse};
#[cfg(feature = "internal")]
pub use read_share_group_state_summary::{
    ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse,
};
pub use remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse};
pub use renew_delegation_token::{RenewDelegationTokenRequest, RenewDelegationTokenResponse};
pub use sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
pub use sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
pub use share_acknowledge::{ShareAcknowledgeRequest, ShareAcknowledgeResponse};
pub use share_fetch::{ShareFetchRequest, ShareFetchResponse};
pub use share_group_describe::{ShareGroupDescribeRequest, ShareGroupDescribeResponse};
pub use share_group_heartbeat::{ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse};
#[cfg(feature = "internal")]
pub use stop_replica::{StopReplicaRequest, StopReplicaResponse};
pub use streams_group_describe::{StreamsGroupDescribeRequest, StreamsGroupDescribeResponse};
pub use streams_group_heartbeat::{StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};
pub use txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
pub use unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
pub use update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};
#[cfg(feature = "internal")]
pub use update_metadata::{UpdateMetadataRequest, UpdateMetadataResponse};
#[cfg(feature = "internal")]
pub use update_raft_voter::{UpdateRaftVoterRequest, UpdateRaftVoterResponse};
#[cfg(feature = "internal")]
pub use vote::{VoteRequest, VoteResponse};
#[cfg(feature = "internal")]
pub use write_share_group_state::{WriteShareGroupStateRequest, WriteShareGroupStateResponse};
pub use write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};

/// Calls a macro with a list of `(API_KEY, Request, Response)` for every API that the crate was built with.
#[macro_export]
macro_rules! for_each_api {
    ($callback:ident) => {
        $crate::with_internal_apis! {
            $callback
            (PRODUCE, ProduceRequest, ProduceResponse)
            (FETCH, FetchRequest, FetchResponse)
            (LIST_OFFSETS, ListOffsetsRequest, ListOffsetsResponse)
            (METADATA, MetadataRequest, MetadataResponse)
            (OFFSET_COMMIT, OffsetCommitRequest, OffsetCommitResponse)
            (OFFSET_FETCH, OffsetFetchRequest, OffsetFetchResponse)
            (FIND_COORDINATOR, FindCoordinatorRequest, FindCoordinatorResponse)
            (JOIN_GROUP, JoinGroupRequest, JoinGroupResponse)
            (HEARTBEAT, HeartbeatRequest, HeartbeatResponse)
            (LEAVE_GROUP, LeaveGroupRequest, LeaveGroupResponse)
            (SYNC_GROUP, SyncGroupRequest, SyncGroupResponse)
            (DESCRIBE_GROUPS, DescribeGroupsRequest, DescribeGroupsResponse)
            (LIST_GROUPS, ListGroupsRequest, ListGroupsResponse)
            (SASL_HANDSHAKE, SaslHandshakeRequest, SaslHandshakeResponse)
            (API_VERSIONS, ApiVersionsRequest, ApiVersionsResponse)
            (CREATE_TOPICS, CreateTopicsRequest, CreateTopicsResponse)
            (DELETE_TOPICS, DeleteTopicsRequest, DeleteTopicsResponse)
            (DELETE_RECORDS, DeleteRecordsRequest, DeleteRecordsResponse)
            (INIT_PRODUCER_ID, InitProducerIdRequest, InitProducerIdResponse)
            (OFFSET_FOR_LEADER_EPOCH, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse)
            (ADD_PARTITIONS_TO_TXN, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse)
            (ADD_OFFSETS_TO_TXN, AddOffsetsToTxnRequest, AddOffsetsToTxnResponse)
            (END_TXN, EndTxnRequest, EndTxnResponse)
            (WRITE_TXN_MARKERS, WriteTxnMarkersRequest, WriteTxnMarkersResponse)
            (TXN_OFFSET_COMMIT, TxnOffsetCommitRequest, TxnOffsetCommitResponse)
            (DESCRIBE_ACLS, DescribeAclsRequest, DescribeAclsResponse)
            (CREATE_ACLS, CreateAclsRequest, CreateAclsResponse)
            (DELETE_ACLS, DeleteAclsRequest, DeleteAclsResponse)
            (DESCRIBE_CONFIGS, DescribeConfigsRequest, DescribeConfigsResponse)
            (ALTER_CONFIGS, AlterConfigsRequest, AlterConfigsResponse)
            (ALTER_REPLICA_LOG_DIRS, AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse)
            (DESCRIBE_LOG_DIRS, DescribeLogDirsRequest, DescribeLogDirsResponse)
            (SASL_AUTHENTICATE, SaslAuthenticateRequest, SaslAuthenticateResponse)
            (CREATE_PARTITIONS, CreatePartitionsRequest, CreatePartitionsResponse)
            (CREATE_DELEGATION_TOKEN, CreateDelegationTokenRequest, CreateDelegationTokenResponse)
            (RENEW_DELEGATION_TOKEN, RenewDelegationTokenRequest, RenewDelegationTokenResponse)
            (EXPIRE_DELEGATION_TOKEN, ExpireDelegationTokenRequest, ExpireDelegationTokenResponse)
            (DESCRIBE_DELEGATION_TOKEN, DescribeDelegationTokenRequest, DescribeDelegationTokenResponse)
            (DELETE_GROUPS, DeleteGroupsRequest, DeleteGroupsResponse)
            (ELECT_LEADERS, ElectLeadersRequest, ElectLeadersResponse)
            (INCREMENTAL_ALTER_CONFIGS, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse)
            (ALTER_PARTITION_REASSIGNMENTS, AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse)
            (LIST_PARTITION_REASSIGNMENTS, ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse)
            (OFFSET_DELETE, OffsetDeleteRequest, OffsetDeleteResponse)
            (DESCRIBE_CLIENT_QUOTAS, DescribeClientQuotasRequest, DescribeClientQuotasResponse)
            (ALTER_CLIENT_QUOTAS, AlterClientQuotasRequest, AlterClientQuotasResponse)
            (DESCRIBE_USER_SCRAM_CREDENTIALS, DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse)
            (ALTER_USER_SCRAM_CREDENTIALS, AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse)
            (DESCRIBE_QUORUM, DescribeQuorumRequest, DescribeQuorumResponse)
            (UPDATE_FEATURES, UpdateFeaturesRequest, UpdateFeaturesResponse)
            (DESCRIBE_CLUSTER, DescribeClusterRequest, DescribeClusterResponse)
            (DESCRIBE_PRODUCERS, DescribeProducersRequest, DescribeProducersResponse)
            (UNREGISTER_BROKER, UnregisterBrokerRequest, UnregisterBrokerResponse)
            (DESCRIBE_TRANSACTIONS, DescribeTransactionsRequest, DescribeTransactionsResponse)
            (LIST_TRANSACTIONS, ListTransactionsRequest, ListTransactionsResponse)
            (CONSUMER_GROUP_HEARTBEAT, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse)
            (CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse)
            (GET_TELEMETRY_SUBSCRIPTIONS, GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse)
            (PUSH_TELEMETRY, PushTelemetryRequest, PushTelemetryResponse)
            (LIST_CONFIG_RESOURCES, ListConfigResourcesRequest, ListConfigResourcesResponse)
            (DESCRIBE_TOPIC_PARTITIONS, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse)
            (SHARE_GROUP_HEARTBEAT, ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse)
            (SHARE_GROUP_DESCRIBE, ShareGroupDescribeRequest, ShareGroupDescribeResponse)
            (SHARE_FETCH, ShareFetchRequest, ShareFetchResponse)
            (SHARE_ACKNOWLEDGE, ShareAcknowledgeRequest, ShareAcknowledgeResponse)
            (ADD_RAFT_VOTER, AddRaftVoterRequest, AddRaftVoterResponse)
            (REMOVE_RAFT_VOTER, RemoveRaftVoterRequest, RemoveRaftVoterResponse)
            (STREAMS_GROUP_HEARTBEAT, StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse)
            (STREAMS_GROUP_DESCRIBE, StreamsGroupDescribeRequest, StreamsGroupDescribeResponse)
            (DESCRIBE_SHARE_GROUP_OFFSETS, DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse)
            (ALTER_SHARE_GROUP_OFFSETS, AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse)
            (DELETE_SHARE_GROUP_OFFSETS, DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse)
        }
    };
}

#[doc(hidden)]
#[cfg(not(feature = "internal"))]
#[macro_export]
macro_rules! with_internal_apis {
    ($callback:ident $($apis:tt)*) => {
        $callback! {
            $($apis)*
        }
    };
}

#[doc(hidden)]
#[cfg(feature = "internal")]
#[macro_export]
macro_rules! with_internal_apis {
    ($callback:ident $($apis:tt)*) => {
        $callback! {
            $($apis)*
            (LEADER_AND_ISR, LeaderAndIsrRequest, LeaderAndIsrResponse)
            (STOP_REPLICA, StopReplicaRequest, StopReplicaResponse)
            (UPDATE_METADATA, UpdateMetadataRequest, UpdateMetadataResponse)
            (CONTROLLED_SHUTDOWN, ControlledShutdownRequest, ControlledShutdownResponse)
            (VOTE, VoteRequest, VoteResponse)
            (BEGIN_QUORUM_EPOCH, BeginQuorumEpochRequest, BeginQuorumEpochResponse)
            (END_QUORUM_EPOCH, EndQuorumEpochRequest, EndQuorumEpochResponse)
            (ALTER_PARTITION, AlterPartitionRequest, AlterPartitionResponse)
            (ENVELOPE, EnvelopeRequest, EnvelopeResponse)
            (FETCH_SNAPSHOT, FetchSnapshotRequest, FetchSnapshotResponse)
            (BROKER_REGISTRATION, BrokerRegistrationRequest, BrokerRegistrationResponse)
            (BROKER_HEARTBEAT, BrokerHeartbeatRequest, BrokerHeartbeatResponse)
            (ALLOCATE_PRODUCER_IDS, AllocateProducerIdsRequest, AllocateProducerIdsResponse)
            (CONTROLLER_REGISTRATION, ControllerRegistrationRequest, ControllerRegistrationResponse)
            (ASSIGN_REPLICAS_TO_DIRS, AssignReplicasToDirsRequest, AssignReplicasToDirsResponse)
            (UPDATE_RAFT_VOTER, UpdateRaftVoterRequest, UpdateRaftVoterResponse)
            (INITIALIZE_SHARE_GROUP_STATE, InitializeShareGroupStateRequest, InitializeShareGroupStateResponse)
            (READ_SHARE_GROUP_STATE, ReadShareGroupStateRequest, ReadShareGroupStateResponse)
            (WRITE_SHARE_GROUP_STATE, WriteShareGroupStateRequest, WriteShareGroupStateResponse)
            (DELETE_SHARE_GROUP_STATE, DeleteShareGroupStateRequest, DeleteShareGroupStateResponse)
            (READ_SHARE_GROUP_STATE_SUMMARY, ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse)
        }
    };
}
