//! OffsetFetch: API key 9.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks how far groups have read, for some partitions or for all. It goes to the groups' coordinator.
///
/// Since 0.8.1. Answered by [`OffsetFetchResponse`].
///
/// Versions 0-10, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = OFFSET_FETCH, versions = "0-10", flexible = "6+", response = OffsetFetchResponse)]
#[non_exhaustive]
pub struct OffsetFetchRequest {
    #[wire("0-7")]
    pub group_id: ByteString,
    #[wire("0-7", nullable = "2+")]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    #[wire("8+")]
    pub groups: Vec<OffsetFetchRequestGroup>,
    #[wire("7+")]
    pub require_stable: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct OffsetFetchRequestTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchRequest.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-10")]
#[non_exhaustive]
pub struct OffsetFetchRequestGroup {
    #[wire("8+")]
    pub group_id: ByteString,
    #[wire("9+", nullable = "9+", default = null, ignorable)]
    pub member_id: Option<ByteString>,
    #[wire("9+", default = -1, ignorable)]
    pub member_epoch: i32,
    #[wire("8+", nullable = "8+")]
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchRequest.groups.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-10")]
#[non_exhaustive]
pub struct OffsetFetchRequestTopics {
    #[wire("8-9", ignorable)]
    pub name: ByteString,
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("8+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition the committed offset, its leader epoch and metadata; the offset is -1 when nothing was committed.
///
/// Answers [`OffsetFetchRequest`].
///
/// Versions 0-10, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = OFFSET_FETCH, versions = "0-10", flexible = "6+")]
#[non_exhaustive]
pub struct OffsetFetchResponse {
    #[wire("3+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0-7")]
    pub topics: Vec<OffsetFetchResponseTopic>,
    #[wire("2-7", ignorable)]
    pub error_code: ErrorCode,
    #[wire("8+")]
    pub groups: Vec<OffsetFetchResponseGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct OffsetFetchResponseTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<OffsetFetchResponsePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-10")]
#[non_exhaustive]
pub struct OffsetFetchResponsePartition {
    #[wire("0-7")]
    pub partition_index: i32,
    #[wire("0-7")]
    pub committed_offset: i64,
    #[wire("5-7", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    #[wire("0-7", nullable = "0+")]
    pub metadata: Option<ByteString>,
    #[wire("0-7")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-10")]
#[non_exhaustive]
pub struct OffsetFetchResponseGroup {
    #[wire("8+")]
    pub group_id: ByteString,
    #[wire("8+")]
    pub topics: Vec<OffsetFetchResponseTopics>,
    #[wire("8+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchResponse.groups.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-10")]
#[non_exhaustive]
pub struct OffsetFetchResponseTopics {
    #[wire("8-9", ignorable)]
    pub name: ByteString,
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("8+")]
    pub partitions: Vec<OffsetFetchResponsePartitions>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `OffsetFetchResponse.groups.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-10")]
#[non_exhaustive]
pub struct OffsetFetchResponsePartitions {
    #[wire("8+")]
    pub partition_index: i32,
    #[wire("8+")]
    pub committed_offset: i64,
    #[wire("8+", default = -1)]
    pub committed_leader_epoch: i32,
    #[wire("8+", nullable = "8+")]
    pub metadata: Option<ByteString>,
    #[wire("8+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
