//! EndQuorumEpoch: API key 54.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Between controllers: a leader steps down in good order and names those who should follow it.
///
/// Since KIP-595. Answered by [`EndQuorumEpochResponse`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = END_QUORUM_EPOCH, versions = "0-1", flexible = "1+", response = EndQuorumEpochResponse)]
#[non_exhaustive]
pub struct EndQuorumEpochRequest {
    #[wire("0+", nullable = "0+", default = null)]
    pub cluster_id: Option<ByteString>,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    #[wire("1+", ignorable)]
    pub leader_endpoints: Vec<LeaderEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct TopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0", ignorable)]
    pub preferred_successors: Int32Array,
    #[wire("1+", ignorable)]
    pub preferred_candidates: Vec<ReplicaInfo>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochRequest.topics.partitions.preferred_candidates`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct ReplicaInfo {
    #[wire("1+")]
    pub candidate_id: i32,
    #[wire("1+")]
    pub candidate_directory_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochRequest.leader_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct LeaderEndpoint {
    #[wire("1+")]
    pub name: ByteString,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("1+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the voter took note, and which leader and epoch it knows.
///
/// Answers [`EndQuorumEpochRequest`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = END_QUORUM_EPOCH, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct EndQuorumEpochResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub topics: Vec<EndQuorumEpochResponseTopicData>,
    #[wire("1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct EndQuorumEpochResponseTopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<EndQuorumEpochResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct EndQuorumEpochResponsePartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `EndQuorumEpochResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("1+")]
    pub node_id: i32,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("1+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}
