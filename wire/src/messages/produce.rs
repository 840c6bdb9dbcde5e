//! Produce: API key 0.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Appends record batches to partitions. It goes to the leader of each partition; with `acks` 0 the broker sends no answer at all.
///
/// Since 0.8. Answered by [`ProduceResponse`].
///
/// Versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = PRODUCE, versions = "0-13", flexible = "9+", response = ProduceResponse)]
#[non_exhaustive]
pub struct ProduceRequest {
    #[wire("3+", nullable = "3+", default = null)]
    pub transactional_id: Option<ByteString>,
    #[wire("0+")]
    pub acks: i16,
    #[wire("0+")]
    pub timeout_ms: i32,
    #[wire("0+")]
    pub topic_data: Vec<TopicProduceData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceRequest.topic_data`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct TopicProduceData {
    #[wire("0-12", ignorable)]
    pub name: ByteString,
    #[wire("13+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partition_data: Vec<PartitionProduceData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceRequest.topic_data.partition_data`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct PartitionProduceData {
    #[wire("0+")]
    pub index: i32,
    #[wire("0+", nullable = "0+", records)]
    pub records: Option<Bytes>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, the offset that its first record was given, or why the batch was refused, and how long the client is to pause.
///
/// Answers [`ProduceRequest`].
///
/// Versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = PRODUCE, versions = "0-13", flexible = "9+")]
#[non_exhaustive]
pub struct ProduceResponse {
    #[wire("0+")]
    pub responses: Vec<TopicProduceResponse>,
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct TopicProduceResponse {
    #[wire("0-12", ignorable)]
    pub name: ByteString,
    #[wire("13+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partition_responses: Vec<PartitionProduceResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceResponse.responses.partition_responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct PartitionProduceResponse {
    #[wire("0+")]
    pub index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub base_offset: i64,
    #[wire("2+", default = -1, ignorable)]
    pub log_append_time_ms: i64,
    #[wire("5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    #[wire("8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    #[wire("8+", nullable = "8+", default = null, ignorable)]
    pub error_message: Option<ByteString>,
    #[wire("10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceResponse.responses.partition_responses.record_errors`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "8-13")]
#[non_exhaustive]
pub struct BatchIndexAndErrorMessage {
    #[wire("8+")]
    pub batch_index: i32,
    #[wire("8+", nullable = "8+", default = null)]
    pub batch_index_error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ProduceResponse.responses.partition_responses.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "10-13")]
#[non_exhaustive]
pub struct LeaderIdAndEpoch {
    #[wire("10+", default = -1)]
    pub leader_id: i32,
    #[wire("10+", default = -1)]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ProduceResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "10-13")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("10+")]
    pub node_id: i32,
    #[wire("10+")]
    pub host: ByteString,
    #[wire("10+")]
    pub port: i32,
    #[wire("10+", nullable = "10+", default = null)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
