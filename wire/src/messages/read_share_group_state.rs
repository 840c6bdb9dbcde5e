//! ReadShareGroupState: API key 84.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between brokers: the leader of partitions reads the persistent delivery state of a share group from the share coordinator.
///
/// Since KIP-932. Answered by [`ReadShareGroupStateResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = READ_SHARE_GROUP_STATE, versions = "0", flexible = "0+", response = ReadShareGroupStateResponse)]
#[non_exhaustive]
pub struct ReadShareGroupStateRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<ReadStateData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ReadStateData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition its state epoch and start offset, and the ranges of records with delivery state and count.
///
/// Answers [`ReadShareGroupStateRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = READ_SHARE_GROUP_STATE, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct ReadShareGroupStateResponse {
    #[wire("0+")]
    pub results: Vec<ReadStateResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ReadStateResult {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateResponse.results.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionResult {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub state_epoch: i32,
    #[wire("0+")]
    pub start_offset: i64,
    #[wire("0+")]
    pub state_batches: Vec<StateBatch>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateResponse.results.partitions.state_batches`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct StateBatch {
    #[wire("0+")]
    pub first_offset: i64,
    #[wire("0+")]
    pub last_offset: i64,
    #[wire("0+")]
    pub delivery_state: i8,
    #[wire("0+")]
    pub delivery_count: i16,
    pub unknown_tagged_fields: TaggedFields,
}
