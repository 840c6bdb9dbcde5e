//! Vote: API key 52.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between controllers: a candidate asks for a vote in a new epoch, or, as a pre-vote, whether it would get one.
///
/// Since KIP-595. Answered by [`VoteResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = VOTE, versions = "0-2", flexible = "0+", response = VoteResponse)]
#[non_exhaustive]
pub struct VoteRequest {
    #[wire("0+", nullable = "0+", default = null)]
    pub cluster_id: Option<ByteString>,
    #[wire("1+", default = -1, ignorable)]
    pub voter_id: i32,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VoteRequest.topics`.
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

/// An element of `VoteRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub replica_epoch: i32,
    #[wire("0+")]
    pub replica_id: i32,
    #[wire("1+", ignorable)]
    pub replica_directory_id: Uuid,
    #[wire("1+", ignorable)]
    pub voter_directory_id: Uuid,
    #[wire("0+")]
    pub last_offset_epoch: i32,
    #[wire("0+")]
    pub last_offset: i64,
    #[wire("2+")]
    pub pre_vote: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the vote was granted, and the leader and epoch that the voter knows.
///
/// Answers [`VoteRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = VOTE, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct VoteResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub topics: Vec<VoteResponseTopicData>,
    #[wire("1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VoteResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct VoteResponseTopicData {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<VoteResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VoteResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct VoteResponsePartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub vote_granted: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VoteResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
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
