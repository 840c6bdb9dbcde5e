//! DescribeTopicPartitions: API key 75.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks for topics and their partitions page by page, so that a large cluster need not answer in one piece.
///
/// Since KIP-966. Answered by [`DescribeTopicPartitionsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_TOPIC_PARTITIONS, versions = "0", flexible = "0+", response = DescribeTopicPartitionsResponse)]
#[non_exhaustive]
pub struct DescribeTopicPartitionsRequest {
    #[wire("0+")]
    pub topics: Vec<TopicRequest>,
    #[wire("0+", default = 2000)]
    pub response_partition_limit: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub cursor: Option<Cursor>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeTopicPartitionsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicRequest {
    #[wire("0+")]
    pub name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `DescribeTopicPartitionsRequest.cursor`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Cursor {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// One page of partitions with their leaders and replicas, the eligible leader replicas too, and the cursor with which the next page begins.
///
/// Answers [`DescribeTopicPartitionsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_TOPIC_PARTITIONS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeTopicPartitionsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    #[wire("0+", nullable = "0+", default = null)]
    pub next_cursor: Option<DescribeTopicPartitionsResponseCursor>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeTopicPartitionsResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DescribeTopicPartitionsResponseTopic {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub name: Option<ByteString>,
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub is_internal: bool,
    #[wire("0+")]
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    #[wire("0+", default = i32::MIN)]
    pub topic_authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeTopicPartitionsResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DescribeTopicPartitionsResponsePartition {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+", default = -1)]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub replica_nodes: Int32Array,
    #[wire("0+")]
    pub isr_nodes: Int32Array,
    #[wire("0+", nullable = "0+", default = null)]
    pub eligible_leader_replicas: Option<Int32Array>,
    #[wire("0+", nullable = "0+", default = null)]
    pub last_known_elr: Option<Int32Array>,
    #[wire("0+")]
    pub offline_replicas: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `DescribeTopicPartitionsResponse.next_cursor`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DescribeTopicPartitionsResponseCursor {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}
