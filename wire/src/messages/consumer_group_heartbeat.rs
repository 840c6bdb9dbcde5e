//! ConsumerGroupHeartbeat: API key 68.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// The only request by which a consumer joins, stays in and leaves a group of the newer protocol: it says what it is subscribed to and which partitions it owns. What has not changed is left out.
///
/// Since KIP-848. Answered by [`ConsumerGroupHeartbeatResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CONSUMER_GROUP_HEARTBEAT, versions = "0-1", flexible = "0+", response = ConsumerGroupHeartbeatResponse)]
#[non_exhaustive]
pub struct ConsumerGroupHeartbeatRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub instance_id: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("0+", default = -1)]
    pub rebalance_timeout_ms: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub subscribed_topic_names: Option<Vec<ByteString>>,
    #[wire("1+", nullable = "1+", default = null)]
    pub subscribed_topic_regex: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub server_assignor: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ConsumerGroupHeartbeatRequest.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct TopicPartitions {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// The member's id and epoch, when to send the next heartbeat, and the assignment if it has changed.
///
/// Answers [`ConsumerGroupHeartbeatRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CONSUMER_GROUP_HEARTBEAT, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct ConsumerGroupHeartbeatResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub member_id: Option<ByteString>,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+")]
    pub heartbeat_interval_ms: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub assignment: Option<Assignment>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ConsumerGroupHeartbeatResponse.assignment`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct Assignment {
    #[wire("0+")]
    pub topic_partitions: Vec<ConsumerGroupHeartbeatResponseTopicPartitions>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ConsumerGroupHeartbeatResponse.assignment.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ConsumerGroupHeartbeatResponseTopicPartitions {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
