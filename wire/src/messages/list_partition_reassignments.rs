//! ListPartitionReassignments: API key 46.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks which partitions are just being moved.
///
/// Since KIP-455. Answered by [`ListPartitionReassignmentsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LIST_PARTITION_REASSIGNMENTS, versions = "0", flexible = "0+", response = ListPartitionReassignmentsResponse)]
#[non_exhaustive]
pub struct ListPartitionReassignmentsRequest {
    #[wire("0+", default = 60000)]
    pub timeout_ms: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListPartitionReassignmentsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ListPartitionReassignmentsTopics {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition that moves, its replicas, those being added and those being removed.
///
/// Answers [`ListPartitionReassignmentsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LIST_PARTITION_REASSIGNMENTS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct ListPartitionReassignmentsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub topics: Vec<OngoingTopicReassignment>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListPartitionReassignmentsResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OngoingTopicReassignment {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<OngoingPartitionReassignment>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListPartitionReassignmentsResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct OngoingPartitionReassignment {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub replicas: Int32Array,
    #[wire("0+")]
    pub adding_replicas: Int32Array,
    #[wire("0+")]
    pub removing_replicas: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
