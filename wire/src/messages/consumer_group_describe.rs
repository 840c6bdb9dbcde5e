//! ConsumerGroupDescribe: API key 69.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks the coordinator for the state and the members of groups of the newer consumer protocol.
///
/// Since KIP-848. Answered by [`ConsumerGroupDescribeResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CONSUMER_GROUP_DESCRIBE, versions = "0-1", flexible = "0+", response = ConsumerGroupDescribeResponse)]
#[non_exhaustive]
pub struct ConsumerGroupDescribeRequest {
    #[wire("0+")]
    pub group_ids: Vec<ByteString>,
    #[wire("0+")]
    pub include_authorized_operations: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each group its state, epochs and assignor, and its members with their current and target assignments.
///
/// Answers [`ConsumerGroupDescribeRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CONSUMER_GROUP_DESCRIBE, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct ConsumerGroupDescribeResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub groups: Vec<DescribedGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ConsumerGroupDescribeResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct DescribedGroup {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub group_state: ByteString,
    #[wire("0+")]
    pub group_epoch: i32,
    #[wire("0+")]
    pub assignment_epoch: i32,
    #[wire("0+")]
    pub assignor_name: ByteString,
    #[wire("0+")]
    pub members: Vec<Member>,
    #[wire("0+", default = i32::MIN)]
    pub authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ConsumerGroupDescribeResponse.groups.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct Member {
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+", nullable = "0+", default = null)]
    pub instance_id: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+")]
    pub client_id: ByteString,
    #[wire("0+")]
    pub client_host: ByteString,
    #[wire("0+")]
    pub subscribed_topic_names: Vec<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub subscribed_topic_regex: Option<ByteString>,
    #[wire("0+")]
    pub assignment: Assignment,
    #[wire("0+")]
    pub target_assignment: Assignment,
    #[wire("1+", default = -1, ignorable)]
    pub member_type: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ConsumerGroupDescribeResponse.groups.members.assignment`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct Assignment {
    #[wire("0+")]
    pub topic_partitions: Vec<TopicPartitions>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ConsumerGroupDescribeResponse.groups.members.assignment.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct TopicPartitions {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
