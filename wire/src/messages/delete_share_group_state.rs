//! DeleteShareGroupState: API key 86.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between brokers: deletes the persistent delivery state of partitions of a share group.
///
/// Since KIP-932. Answered by [`DeleteShareGroupStateResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_SHARE_GROUP_STATE, versions = "0", flexible = "0+", response = DeleteShareGroupStateResponse)]
#[non_exhaustive]
pub struct DeleteShareGroupStateRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<DeleteStateData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupStateRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DeleteStateData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupStateRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its state was deleted.
///
/// Answers [`DeleteShareGroupStateRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_SHARE_GROUP_STATE, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DeleteShareGroupStateResponse {
    #[wire("0+")]
    pub results: Vec<DeleteStateResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupStateResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DeleteStateResult {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteShareGroupStateResponse.results.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
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
