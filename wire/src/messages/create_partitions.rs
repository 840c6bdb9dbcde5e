//! CreatePartitions: API key 37.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Raises the number of partitions of topics; it can never be lowered.
///
/// Since KIP-195. Answered by [`CreatePartitionsResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CREATE_PARTITIONS, versions = "0-3", flexible = "2+", response = CreatePartitionsResponse)]
#[non_exhaustive]
pub struct CreatePartitionsRequest {
    #[wire("0+")]
    pub topics: Vec<CreatePartitionsTopic>,
    #[wire("0+")]
    pub timeout_ms: i32,
    #[wire("0+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreatePartitionsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct CreatePartitionsTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub count: i32,
    #[wire("0+", nullable = "0+")]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreatePartitionsRequest.topics.assignments`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct CreatePartitionsAssignment {
    #[wire("0+")]
    pub broker_ids: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each topic, whether it got its partitions.
///
/// Answers [`CreatePartitionsRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CREATE_PARTITIONS, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct CreatePartitionsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<CreatePartitionsTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreatePartitionsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct CreatePartitionsTopicResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
