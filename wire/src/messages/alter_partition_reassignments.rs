//! AlterPartitionReassignments: API key 45.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Starts moving partitions to other sets of replicas, or cancels such a move.
///
/// Since KIP-455. Answered by [`AlterPartitionReassignmentsResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_PARTITION_REASSIGNMENTS, versions = "0-1", flexible = "0+", response = AlterPartitionReassignmentsResponse)]
#[non_exhaustive]
pub struct AlterPartitionReassignmentsRequest {
    #[wire("0+", default = 60000)]
    pub timeout_ms: i32,
    #[wire("1+", default = true)]
    pub allow_replication_factor_change: bool,
    #[wire("0+")]
    pub topics: Vec<ReassignableTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionReassignmentsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReassignableTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<ReassignablePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionReassignmentsRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReassignablePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub replicas: Option<Int32Array>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its move was started or cancelled; the data itself moves afterwards.
///
/// Answers [`AlterPartitionReassignmentsRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_PARTITION_REASSIGNMENTS, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct AlterPartitionReassignmentsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("1+", default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub responses: Vec<ReassignableTopicResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionReassignmentsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReassignableTopicResponse {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<ReassignablePartitionResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterPartitionReassignmentsResponse.responses.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ReassignablePartitionResponse {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
