//! AlterShareGroupOffsets: API key 91.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Sets the start offsets of a share group that has no members.
///
/// Since KIP-932. Answered by [`AlterShareGroupOffsetsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_SHARE_GROUP_OFFSETS, versions = "0", flexible = "0+", response = AlterShareGroupOffsetsResponse)]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterShareGroupOffsetsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsRequestTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterShareGroupOffsetsRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsRequestPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub start_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its start offset was set.
///
/// Answers [`AlterShareGroupOffsetsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_SHARE_GROUP_OFFSETS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterShareGroupOffsetsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsResponseTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterShareGroupOffsetsResponse.responses.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AlterShareGroupOffsetsResponsePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
