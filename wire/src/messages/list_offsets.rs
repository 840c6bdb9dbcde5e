//! ListOffsets: API key 2.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks the leaders of partitions for an offset: the earliest, the latest, or the first record at or after a point in time.
///
/// Since 0.8. Answered by [`ListOffsetsResponse`].
///
/// Versions 0-11, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LIST_OFFSETS, versions = "0-11", flexible = "6+", response = ListOffsetsResponse)]
#[non_exhaustive]
pub struct ListOffsetsRequest {
    #[wire("0+")]
    pub replica_id: i32,
    #[wire("2+")]
    pub isolation_level: i8,
    #[wire("0+")]
    pub topics: Vec<ListOffsetsTopic>,
    #[wire("10+", ignorable)]
    pub timeout_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListOffsetsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-11")]
#[non_exhaustive]
pub struct ListOffsetsTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<ListOffsetsPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListOffsetsRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-11")]
#[non_exhaustive]
pub struct ListOffsetsPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("4+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    #[wire("0+")]
    pub timestamp: i64,
    #[wire("0", default = 1)]
    pub max_num_offsets: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The offset found for each partition, and the timestamp of the record there.
///
/// Answers [`ListOffsetsRequest`].
///
/// Versions 0-11, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LIST_OFFSETS, versions = "0-11", flexible = "6+")]
#[non_exhaustive]
pub struct ListOffsetsResponse {
    #[wire("2+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<ListOffsetsTopicResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListOffsetsResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-11")]
#[non_exhaustive]
pub struct ListOffsetsTopicResponse {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<ListOffsetsPartitionResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListOffsetsResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-11")]
#[non_exhaustive]
pub struct ListOffsetsPartitionResponse {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0")]
    pub old_style_offsets: Vec<i64>,
    #[wire("1+", default = -1)]
    pub timestamp: i64,
    #[wire("1+", default = -1)]
    pub offset: i64,
    #[wire("4+", default = -1)]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}
