//! WriteShareGroupState: API key 85.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between brokers: the leader of partitions writes the persistent delivery state of a share group to the share coordinator.
///
/// Since KIP-932. Answered by [`WriteShareGroupStateResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = WRITE_SHARE_GROUP_STATE, versions = "0-1", flexible = "0+", response = WriteShareGroupStateResponse)]
#[non_exhaustive]
pub struct WriteShareGroupStateRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<WriteStateData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteShareGroupStateRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct WriteStateData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteShareGroupStateRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub state_epoch: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub start_offset: i64,
    #[wire("1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
    #[wire("0+")]
    pub state_batches: Vec<StateBatch>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteShareGroupStateRequest.topics.partitions.state_batches`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
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

/// For each partition, whether its state was written.
///
/// Answers [`WriteShareGroupStateRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = WRITE_SHARE_GROUP_STATE, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct WriteShareGroupStateResponse {
    #[wire("0+")]
    pub results: Vec<WriteStateResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteShareGroupStateResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct WriteStateResult {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteShareGroupStateResponse.results.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionResult {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
