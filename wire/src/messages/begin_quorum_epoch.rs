//! BeginQuorumEpoch: API key 53.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between controllers: a newly elected leader announces its epoch to the voters.
///
/// Since KIP-595. Answered by [`BeginQuorumEpochResponse`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = BEGIN_QUORUM_EPOCH, versions = "0-1", flexible = "1+", response = BeginQuorumEpochResponse)]
#[non_exhaustive]
pub struct BeginQuorumEpochRequest {
    #[wire("0+", nullable = "0+", default = null)]
    pub cluster_id: Option<ByteString>,
    #[wire("1+", default = -1, ignorable)]
    pub voter_id: i32,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    #[wire("1+", ignorable)]
    pub leader_endpoints: Vec<LeaderEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `BeginQuorumEpochRequest.topics`.
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

/// An element of `BeginQuorumEpochRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("1+", ignorable)]
    pub voter_directory_id: Uuid,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `BeginQuorumEpochRequest.leader_endpoints`.
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

/// Whether the voter follows the leader, or which leader and epoch it knows instead.
///
/// Answers [`BeginQuorumEpochRequest`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = BEGIN_QUORUM_EPOCH, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct BeginQuorumEpochResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub topics: Vec<BeginQuorumEpochResponseTopicData>,
    #[wire("1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `BeginQuorumEpochResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct BeginQuorumEpochResponseTopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<BeginQuorumEpochResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `BeginQuorumEpochResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct BeginQuorumEpochResponsePartitionData {
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

/// An element of `BeginQuorumEpochResponse.node_endpoints`.
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
