//! DescribeQuorum: API key 55.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks the leader of the metadata quorum for its voters and observers.
///
/// Since KIP-595. Answered by [`DescribeQuorumResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_QUORUM, versions = "0-2", flexible = "0+", response = DescribeQuorumResponse)]
#[non_exhaustive]
pub struct DescribeQuorumRequest {
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct TopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The leader, its epoch and high watermark, and how far each replica has come.
///
/// Answers [`DescribeQuorumRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_QUORUM, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeQuorumResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("2+", nullable = "2+", ignorable)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub topics: Vec<DescribeQuorumResponseTopicData>,
    #[wire("2+")]
    pub nodes: Vec<Node>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DescribeQuorumResponseTopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<DescribeQuorumResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DescribeQuorumResponsePartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("2+", nullable = "2+", ignorable)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub high_watermark: i64,
    #[wire("0+")]
    pub current_voters: Vec<ReplicaState>,
    #[wire("0+")]
    pub observers: Vec<ReplicaState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumResponse.topics.partitions.current_voters`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct ReplicaState {
    #[wire("0+")]
    pub replica_id: i32,
    #[wire("2+")]
    pub replica_directory_id: Uuid,
    #[wire("0+")]
    pub log_end_offset: i64,
    #[wire("1+", default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    #[wire("1+", default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumResponse.nodes`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "2")]
#[non_exhaustive]
pub struct Node {
    #[wire("2+")]
    pub node_id: i32,
    #[wire("2+")]
    pub listeners: Vec<Listener>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeQuorumResponse.nodes.listeners`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "2")]
#[non_exhaustive]
pub struct Listener {
    #[wire("2+")]
    pub name: ByteString,
    #[wire("2+")]
    pub host: ByteString,
    #[wire("2+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}
