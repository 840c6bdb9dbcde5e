//! AlterPartition: API key 56.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// From broker to controller: the leader of partitions wishes to change their sets of in-sync replicas.
///
/// Since KIP-497. Answered by [`AlterPartitionResponse`].
///
/// Versions 0-3, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_PARTITION, versions = "0-3", flexible = "0+", response = AlterPartitionResponse)]
#[non_exhaustive]
pub struct AlterPartitionRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+", default = -1)]
    pub broker_epoch: i64,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct TopicData {
    #[wire("0-1", ignorable)]
    pub topic_name: ByteString,
    #[wire("2+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0-2")]
    pub new_isr: Int32Array,
    #[wire("3+")]
    pub new_isr_with_epochs: Vec<BrokerState>,
    #[wire("1+")]
    pub leader_recovery_state: i8,
    #[wire("0+")]
    pub partition_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionRequest.topics.partitions.new_isr_with_epochs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3")]
#[non_exhaustive]
pub struct BrokerState {
    #[wire("3+")]
    pub broker_id: i32,
    #[wire("3+", default = -1)]
    pub broker_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition the state that holds now: leader, epochs and in-sync replicas.
///
/// Answers [`AlterPartitionRequest`].
///
/// Versions 0-3, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_PARTITION, versions = "0-3", flexible = "0+")]
#[non_exhaustive]
pub struct AlterPartitionResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub topics: Vec<AlterPartitionResponseTopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct AlterPartitionResponseTopicData {
    #[wire("0-1", ignorable)]
    pub topic_name: ByteString,
    #[wire("2+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<AlterPartitionResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct AlterPartitionResponsePartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub isr: Int32Array,
    #[wire("1+", ignorable)]
    pub leader_recovery_state: i8,
    #[wire("0+")]
    pub partition_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}
