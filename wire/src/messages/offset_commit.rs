//! OffsetCommit: API key 8.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Stores how far a group has read. It goes to the group's coordinator.
///
/// Since 0.8.1. Answered by [`OffsetCommitResponse`].
///
/// Versions 0-10, flexible from 8.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = OFFSET_COMMIT, versions = "0-10", flexible = "8+", response = OffsetCommitResponse)]
#[non_exhaustive]
pub struct OffsetCommitRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("1+", default = -1, ignorable)]
    pub generation_id_or_member_epoch: i32,
    #[wire("1+", ignorable)]
    pub member_id: ByteString,
    #[wire("7+", nullable = "7+", default = null)]
    pub group_instance_id: Option<ByteString>,
    #[wire("2-4", default = -1, ignorable)]
    pub retention_time_ms: i64,
    #[wire("0+")]
    pub topics: Vec<OffsetCommitRequestTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetCommitRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-10")]
#[non_exhaustive]
pub struct OffsetCommitRequestTopic {
    #[wire("0-9", ignorable)]
    pub name: ByteString,
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<OffsetCommitRequestPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetCommitRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-10")]
#[non_exhaustive]
pub struct OffsetCommitRequestPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub committed_offset: i64,
    #[wire("6+", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    #[wire("1", default = -1)]
    pub commit_timestamp: i64,
    #[wire("0+", nullable = "0+")]
    pub committed_metadata: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its offset was stored.
///
/// Answers [`OffsetCommitRequest`].
///
/// Versions 0-10, flexible from 8.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = OFFSET_COMMIT, versions = "0-10", flexible = "8+")]
#[non_exhaustive]
pub struct OffsetCommitResponse {
    #[wire("3+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<OffsetCommitResponseTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetCommitResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-10")]
#[non_exhaustive]
pub struct OffsetCommitResponseTopic {
    #[wire("0-9", ignorable)]
    pub name: ByteString,
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<OffsetCommitResponsePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetCommitResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-10")]
#[non_exhaustive]
pub struct OffsetCommitResponsePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
