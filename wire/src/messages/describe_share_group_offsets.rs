//! DescribeShareGroupOffsets: API key 90.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks from which offset on share groups still deliver records.
///
/// Since KIP-932. Answered by [`DescribeShareGroupOffsetsResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_SHARE_GROUP_OFFSETS, versions = "0-1", flexible = "0+", response = DescribeShareGroupOffsetsResponse)]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsRequest {
    #[wire("0+")]
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeShareGroupOffsetsRequest.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsRequestGroup {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+", nullable = "0+")]
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeShareGroupOffsetsRequest.groups.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsRequestTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition its start offset and leader epoch, and from version 1 on the group's lag.
///
/// Answers [`DescribeShareGroupOffsetsRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_SHARE_GROUP_OFFSETS, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeShareGroupOffsetsResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsResponseGroup {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeShareGroupOffsetsResponse.groups.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsResponseTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeShareGroupOffsetsResponse.groups.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribeShareGroupOffsetsResponsePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub start_offset: i64,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("1+", default = -1, ignorable)]
    pub lag: i64,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
