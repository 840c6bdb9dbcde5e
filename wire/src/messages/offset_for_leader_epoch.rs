//! OffsetForLeaderEpoch: API key 23.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks the leaders of partitions where the records of a leader epoch end. A consumer or follower finds out by it whether the log was truncated behind its back.
///
/// Since KIP-101. Answered by [`OffsetForLeaderEpochResponse`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = OFFSET_FOR_LEADER_EPOCH, versions = "0-4", flexible = "4+", response = OffsetForLeaderEpochResponse)]
#[non_exhaustive]
pub struct OffsetForLeaderEpochRequest {
    #[wire("3+", default = -2, ignorable)]
    pub replica_id: i32,
    #[wire("0+")]
    pub topics: Vec<OffsetForLeaderTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetForLeaderEpochRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct OffsetForLeaderTopic {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Vec<OffsetForLeaderPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetForLeaderEpochRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct OffsetForLeaderPartition {
    #[wire("0+")]
    pub partition: i32,
    #[wire("2+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, the newest epoch not above the asked one, and the offset at which it ends.
///
/// Answers [`OffsetForLeaderEpochRequest`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = OFFSET_FOR_LEADER_EPOCH, versions = "0-4", flexible = "4+")]
#[non_exhaustive]
pub struct OffsetForLeaderEpochResponse {
    #[wire("2+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<OffsetForLeaderTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetForLeaderEpochResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct OffsetForLeaderTopicResult {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Vec<EpochEndOffset>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetForLeaderEpochResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct EpochEndOffset {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub partition: i32,
    #[wire("1+", default = -1, ignorable)]
    pub leader_epoch: i32,
    #[wire("0+", default = -1)]
    pub end_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}
