//! DeleteTopics: API key 20.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Deletes topics by name or, from version 6 on, by id.
///
/// Since KIP-4. Answered by [`DeleteTopicsResponse`].
///
/// Versions 0-6, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_TOPICS, versions = "0-6", flexible = "4+", response = DeleteTopicsResponse)]
#[non_exhaustive]
pub struct DeleteTopicsRequest {
    #[wire("6+")]
    pub topics: Vec<DeleteTopicState>,
    #[wire("0-5", ignorable)]
    pub topic_names: Vec<ByteString>,
    #[wire("0+")]
    pub timeout_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteTopicsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "6")]
#[non_exhaustive]
pub struct DeleteTopicState {
    #[wire("6+", nullable = "6+", default = null)]
    pub name: Option<ByteString>,
    #[wire("6+")]
    pub topic_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each topic, whether it was marked for deletion.
///
/// Answers [`DeleteTopicsRequest`].
///
/// Versions 0-6, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_TOPICS, versions = "0-6", flexible = "4+")]
#[non_exhaustive]
pub struct DeleteTopicsResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub responses: Vec<DeletableTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteTopicsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-6")]
#[non_exhaustive]
pub struct DeletableTopicResult {
    #[wire("0+", nullable = "6+")]
    pub name: Option<ByteString>,
    #[wire("6+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
