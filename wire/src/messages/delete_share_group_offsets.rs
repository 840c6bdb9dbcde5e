//! DeleteShareGroupOffsets: API key 92.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Makes a share group without members forget its start offsets for some topics.
///
/// Since KIP-932. Answered by [`DeleteShareGroupOffsetsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_SHARE_GROUP_OFFSETS, versions = "0", flexible = "0+", response = DeleteShareGroupOffsetsResponse)]
#[non_exhaustive]
pub struct DeleteShareGroupOffsetsRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupOffsetsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DeleteShareGroupOffsetsRequestTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each topic, whether its offsets were deleted.
///
/// Answers [`DeleteShareGroupOffsetsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_SHARE_GROUP_OFFSETS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DeleteShareGroupOffsetsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupOffsetsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DeleteShareGroupOffsetsResponseTopic {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
