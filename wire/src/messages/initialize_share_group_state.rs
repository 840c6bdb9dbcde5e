//! InitializeShareGroupState: API key 83.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between brokers: the group's coordinator has the share coordinator begin the persistent state of partitions of a share group.
///
/// Since KIP-932. Answered by [`InitializeShareGroupStateResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = INITIALIZE_SHARE_GROUP_STATE, versions = "0", flexible = "0+", response = InitializeShareGroupStateResponse)]
#[non_exhaustive]
pub struct InitializeShareGroupStateRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub topics: Vec<InitializeStateData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `InitializeShareGroupStateRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct InitializeStateData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `InitializeShareGroupStateRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub state_epoch: i32,
    #[wire("0+")]
    pub start_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its state was begun.
///
/// Answers [`InitializeShareGroupStateRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = INITIALIZE_SHARE_GROUP_STATE, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct InitializeShareGroupStateResponse {
    #[wire("0+")]
    pub results: Vec<InitializeStateResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `InitializeShareGroupStateResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct InitializeStateResult {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `InitializeShareGroupStateResponse.results.partitions`.
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
