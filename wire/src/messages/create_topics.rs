//! CreateTopics: API key 19.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Creates topics with a number of partitions and replicas or with a given placement, and with configs. It can only be validated, too.
///
/// Since KIP-4. Answered by [`CreateTopicsResponse`].
///
/// Versions 0-7, flexible from 5.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CREATE_TOPICS, versions = "0-7", flexible = "5+", response = CreateTopicsResponse)]
#[non_exhaustive]
pub struct CreateTopicsRequest {
    #[wire("0+")]
    pub topics: Vec<CreatableTopic>,
    #[wire("0+", default = 60000)]
    pub timeout_ms: i32,
    #[wire("1+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateTopicsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct CreatableTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub num_partitions: i32,
    #[wire("0+")]
    pub replication_factor: i16,
    #[wire("0+")]
    pub assignments: Vec<CreatableReplicaAssignment>,
    #[wire("0+")]
    pub configs: Vec<CreatableTopicConfig>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateTopicsRequest.topics.assignments`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct CreatableReplicaAssignment {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub broker_ids: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateTopicsRequest.topics.configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct CreatableTopicConfig {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+", nullable = "0+")]
    pub value: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each topic its id, or why it was not made, and the configs that it got.
///
/// Answers [`CreateTopicsRequest`].
///
/// Versions 0-7, flexible from 5.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CREATE_TOPICS, versions = "0-7", flexible = "5+")]
#[non_exhaustive]
pub struct CreateTopicsResponse {
    #[wire("2+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<CreatableTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateTopicsResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-7")]
#[non_exhaustive]
pub struct CreatableTopicResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("7+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", ignorable)]
    pub error_message: Option<ByteString>,
    #[wire("5+", ignorable, tag = 0)]
    pub topic_config_error_code: i16,
    #[wire("5+", default = -1, ignorable)]
    pub num_partitions: i32,
    #[wire("5+", default = -1, ignorable)]
    pub replication_factor: i16,
    #[wire("5+", nullable = "5+", ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateTopicsResponse.topics.configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "5-7")]
#[non_exhaustive]
pub struct CreatableTopicConfigs {
    #[wire("5+")]
    pub name: ByteString,
    #[wire("5+", nullable = "5+")]
    pub value: Option<ByteString>,
    #[wire("5+")]
    pub read_only: bool,
    #[wire("5+", default = -1)]
    pub config_source: i8,
    #[wire("5+")]
    pub is_sensitive: bool,
    pub unknown_tagged_fields: TaggedFields,
}
