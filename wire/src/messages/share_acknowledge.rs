//! ShareAcknowledge: API key 79.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Settles records that a member of a share group has acquired: accepted, released for another delivery, rejected, or, from version 2 on, locked for longer.
///
/// Since KIP-932. Answered by [`ShareAcknowledgeResponse`].
///
/// Versions 1-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SHARE_ACKNOWLEDGE, versions = "1-2", flexible = "1+", response = ShareAcknowledgeResponse)]
#[non_exhaustive]
pub struct ShareAcknowledgeRequest {
    #[wire("1+", nullable = "1+", default = null)]
    pub group_id: Option<ByteString>,
    #[wire("1+", nullable = "1+")]
    pub member_id: Option<ByteString>,
    #[wire("1+")]
    pub share_session_epoch: i32,
    #[wire("2+")]
    pub is_renew_ack: bool,
    #[wire("1+")]
    pub topics: Vec<AcknowledgeTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct AcknowledgeTopic {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Vec<AcknowledgePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct AcknowledgePartition {
    #[wire("1+")]
    pub partition_index: i32,
    #[wire("1+")]
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeRequest.topics.partitions.acknowledgement_batches`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct AcknowledgementBatch {
    #[wire("1+")]
    pub first_offset: i64,
    #[wire("1+")]
    pub last_offset: i64,
    #[wire("1+")]
    pub acknowledge_types: Vec<i8>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether the acknowledgements were taken, and its leader if that has moved.
///
/// Answers [`ShareAcknowledgeRequest`].
///
/// Versions 1-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SHARE_ACKNOWLEDGE, versions = "1-2", flexible = "1+")]
#[non_exhaustive]
pub struct ShareAcknowledgeResponse {
    #[wire("1+")]
    pub throttle_time_ms: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("2+", ignorable)]
    pub acquisition_lock_timeout_ms: i32,
    #[wire("1+")]
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    #[wire("1+")]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct ShareAcknowledgeTopicResponse {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeResponse.responses.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("1+")]
    pub partition_index: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+")]
    pub current_leader: LeaderIdAndEpoch,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ShareAcknowledgeResponse.responses.partitions.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct LeaderIdAndEpoch {
    #[wire("1+")]
    pub leader_id: i32,
    #[wire("1+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareAcknowledgeResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("1+")]
    pub node_id: i32,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("1+")]
    pub port: i32,
    #[wire("1+", nullable = "1+", default = null)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
