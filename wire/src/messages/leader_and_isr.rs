//! LeaderAndIsr: API key 4.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Told a broker, under ZooKeeper, which partitions it led or followed. No version of it is left in Kafka 4.
///
/// Since 0.8. Answered by [`LeaderAndIsrResponse`].
///
/// Versions 0-7, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LEADER_AND_ISR, versions = "0-7", flexible = "4+", response = LeaderAndIsrResponse)]
#[non_exhaustive]
pub struct LeaderAndIsrRequest {
    #[wire("0+")]
    pub controller_id: i32,
    #[wire("7+")]
    pub is_k_raft_controller: bool,
    #[wire("0+")]
    pub controller_epoch: i32,
    #[wire("2+", default = -1, ignorable)]
    pub broker_epoch: i64,
    #[wire("5+")]
    pub r#type: i8,
    #[wire("0-1")]
    pub ungrouped_partition_states: Vec<LeaderAndIsrPartitionState>,
    #[wire("2+")]
    pub topic_states: Vec<LeaderAndIsrTopicState>,
    #[wire("0+")]
    pub live_leaders: Vec<LeaderAndIsrLiveLeader>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderAndIsrRequest.ungrouped_partition_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct LeaderAndIsrPartitionState {
    #[wire("0-1", ignorable)]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub controller_epoch: i32,
    #[wire("0+")]
    pub leader: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub isr: Int32Array,
    #[wire("0+")]
    pub partition_epoch: i32,
    #[wire("0+")]
    pub replicas: Int32Array,
    #[wire("3+", ignorable)]
    pub adding_replicas: Int32Array,
    #[wire("3+", ignorable)]
    pub removing_replicas: Int32Array,
    #[wire("1+", ignorable)]
    pub is_new: bool,
    #[wire("6+")]
    pub leader_recovery_state: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderAndIsrRequest.topic_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "2-7")]
#[non_exhaustive]
pub struct LeaderAndIsrTopicState {
    #[wire("2+")]
    pub topic_name: ByteString,
    #[wire("5+", ignorable)]
    pub topic_id: Uuid,
    #[wire("2+")]
    pub partition_states: Vec<LeaderAndIsrPartitionState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderAndIsrRequest.live_leaders`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct LeaderAndIsrLiveLeader {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+")]
    pub host_name: ByteString,
    #[wire("0+")]
    pub port: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether the broker took its role.
///
/// Answers [`LeaderAndIsrRequest`].
///
/// Versions 0-7, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LEADER_AND_ISR, versions = "0-7", flexible = "4+")]
#[non_exhaustive]
pub struct LeaderAndIsrResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0-4")]
    pub partition_errors: Vec<LeaderAndIsrPartitionError>,
    #[wire("5+")]
    pub topics: Vec<LeaderAndIsrTopicError>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderAndIsrResponse.partition_errors`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct LeaderAndIsrPartitionError {
    #[wire("0-4", ignorable)]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderAndIsrResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "5-7")]
#[non_exhaustive]
pub struct LeaderAndIsrTopicError {
    #[wire("5+")]
    pub topic_id: Uuid,
    #[wire("5+")]
    pub partition_errors: Vec<LeaderAndIsrPartitionError>,
    pub unknown_tagged_fields: TaggedFields,
}
