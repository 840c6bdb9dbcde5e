//! DescribeProducers: API key 61.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks the leaders of partitions which idempotent and transactional producers are active on them. It helps to find transactions that hang.
///
/// Since KIP-664. Answered by [`DescribeProducersResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_PRODUCERS, versions = "0", flexible = "0+", response = DescribeProducersResponse)]
#[non_exhaustive]
pub struct DescribeProducersRequest {
    #[wire("0+")]
    pub topics: Vec<TopicRequest>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeProducersRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicRequest {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// The producers of each partition: id, epoch, last sequence number, and where an open transaction began.
///
/// Answers [`DescribeProducersRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_PRODUCERS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeProducersResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<TopicResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeProducersResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicResponse {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<PartitionResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeProducersResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionResponse {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub active_producers: Vec<ProducerState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeProducersResponse.topics.partitions.active_producers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ProducerState {
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i32,
    #[wire("0+", default = -1)]
    pub last_sequence: i32,
    #[wire("0+", default = -1)]
    pub last_timestamp: i64,
    #[wire("0+")]
    pub coordinator_epoch: i32,
    #[wire("0+", default = -1)]
    pub current_txn_start_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}
