//! ShareGroupHeartbeat: API key 76.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Joins, stays in and leaves a share group, whose members read the same partitions side by side, as from a queue.
///
/// Since KIP-932. Answered by [`ShareGroupHeartbeatResponse`].
///
/// Version 1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SHARE_GROUP_HEARTBEAT, versions = "1", flexible = "1+", response = ShareGroupHeartbeatResponse)]
#[non_exhaustive]
pub struct ShareGroupHeartbeatRequest {
    #[wire("1+")]
    pub group_id: ByteString,
    #[wire("1+")]
    pub member_id: ByteString,
    #[wire("1+")]
    pub member_epoch: i32,
    #[wire("1+", nullable = "1+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("1+", nullable = "1+", default = null)]
    pub subscribed_topic_names: Option<Vec<ByteString>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The member's id and epoch, when to send the next heartbeat, and its assignment if it has changed.
///
/// Answers [`ShareGroupHeartbeatRequest`].
///
/// Version 1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SHARE_GROUP_HEARTBEAT, versions = "1", flexible = "1+")]
#[non_exhaustive]
pub struct ShareGroupHeartbeatResponse {
    #[wire("1+")]
    pub throttle_time_ms: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+", nullable = "1+", default = null)]
    pub member_id: Option<ByteString>,
    #[wire("1+")]
    pub member_epoch: i32,
    #[wire("1+")]
    pub heartbeat_interval_ms: i32,
    #[wire("1+", nullable = "1+", default = null)]
    pub assignment: Option<Assignment>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ShareGroupHeartbeatResponse.assignment`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct Assignment {
    #[wire("1+")]
    pub topic_partitions: Vec<TopicPartitions>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareGroupHeartbeatResponse.assignment.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct TopicPartitions {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
