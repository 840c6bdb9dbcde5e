//! StopReplica: API key 5.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Told a broker, under ZooKeeper, to stop or delete replicas. No version of it is left in Kafka 4.
///
/// Since 0.8. Answered by [`StopReplicaResponse`].
///
/// Versions 0-4, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = STOP_REPLICA, versions = "0-4", flexible = "2+", response = StopReplicaResponse)]
#[non_exhaustive]
pub struct StopReplicaRequest {
    #[wire("0+")]
    pub controller_id: i32,
    #[wire("4+")]
    pub is_k_raft_controller: bool,
    #[wire("0+")]
    pub controller_epoch: i32,
    #[wire("1+", default = -1, ignorable)]
    pub broker_epoch: i64,
    #[wire("0-2")]
    pub delete_partitions: bool,
    #[wire("0")]
    pub ungrouped_partitions: Vec<StopReplicaPartitionV0>,
    #[wire("1-2")]
    pub topics: Vec<StopReplicaTopicV1>,
    #[wire("3+")]
    pub topic_states: Vec<StopReplicaTopicState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StopReplicaRequest.ungrouped_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct StopReplicaPartitionV0 {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StopReplicaRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct StopReplicaTopicV1 {
    #[wire("1+")]
    pub name: ByteString,
    #[wire("1+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StopReplicaRequest.topic_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-4")]
#[non_exhaustive]
pub struct StopReplicaTopicState {
    #[wire("3+")]
    pub topic_name: ByteString,
    #[wire("3+")]
    pub partition_states: Vec<StopReplicaPartitionState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StopReplicaRequest.topic_states.partition_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-4")]
#[non_exhaustive]
pub struct StopReplicaPartitionState {
    #[wire("3+")]
    pub partition_index: i32,
    #[wire("3+", default = -1)]
    pub leader_epoch: i32,
    #[wire("3+")]
    pub delete_partition: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether the replica was stopped.
///
/// Answers [`StopReplicaRequest`].
///
/// Versions 0-4, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = STOP_REPLICA, versions = "0-4", flexible = "2+")]
#[non_exhaustive]
pub struct StopReplicaResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub partition_errors: Vec<StopReplicaPartitionError>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StopReplicaResponse.partition_errors`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct StopReplicaPartitionError {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
