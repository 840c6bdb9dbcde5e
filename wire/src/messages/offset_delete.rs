//! OffsetDelete: API key 47.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::error_code::ErrorCode;

/// Deletes committed offsets of a group for partitions that none of its members is subscribed to.
///
/// Since KIP-496. Answered by [`OffsetDeleteResponse`].
///
/// Version 0, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = OFFSET_DELETE, versions = "0", response = OffsetDeleteResponse)]
#[non_exhaustive]
pub struct OffsetDeleteRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

/// An element of `OffsetDeleteRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OffsetDeleteRequestTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// An element of `OffsetDeleteRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OffsetDeleteRequestPartition {
    #[wire("0+")]
    pub partition_index: i32,
}

/// For each partition, whether its offset was deleted.
///
/// Answers [`OffsetDeleteRequest`].
///
/// Version 0, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = OFFSET_DELETE, versions = "0")]
#[non_exhaustive]
pub struct OffsetDeleteResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

/// An element of `OffsetDeleteResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OffsetDeleteResponseTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

/// An element of `OffsetDeleteResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OffsetDeleteResponsePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
}
