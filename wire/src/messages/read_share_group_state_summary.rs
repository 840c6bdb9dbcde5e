//! ReadShareGroupStateSummary: API key 87.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between brokers: reads the start offsets of partitions of a share group, without the state of the single records.
///
/// Since KIP-932. Answered by [`ReadShareGroupStateSummaryResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = READ_SHARE_GROUP_STATE_SUMMARY, versions = "0-1", flexible = "0+", response = ReadShareGroupStateSummaryResponse)]
#[non_exhaustive]
pub struct ReadShareGroupStateSummaryRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<ReadStateSummaryData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateSummaryRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReadStateSummaryData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateSummaryRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition its state epoch, leader epoch and start offset, and from version 1 on how many records after it are done.
///
/// Answers [`ReadShareGroupStateSummaryRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = READ_SHARE_GROUP_STATE_SUMMARY, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct ReadShareGroupStateSummaryResponse {
    #[wire("0+")]
    pub results: Vec<ReadStateSummaryResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateSummaryResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReadStateSummaryResult {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ReadShareGroupStateSummaryResponse.results.partitions`.
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
    #[wire("0+")]
    pub state_epoch: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub start_offset: i64,
    #[wire("1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
    pub unknown_tagged_fields: TaggedFields,
}
