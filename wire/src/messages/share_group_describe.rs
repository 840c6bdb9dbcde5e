//! ShareGroupDescribe: API key 77.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks the coordinator for the state and the members of share groups.
///
/// Since KIP-932. Answered by [`ShareGroupDescribeResponse`].
///
/// Version 1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SHARE_GROUP_DESCRIBE, versions = "1", flexible = "1+", response = ShareGroupDescribeResponse)]
#[non_exhaustive]
pub struct ShareGroupDescribeRequest {
    #[wire("1+")]
    pub group_ids: Vec<ByteString>,
    #[wire("1+")]
    pub include_authorized_operations: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each group its state, epochs and assignor, and its members with their assignments.
///
/// Answers [`ShareGroupDescribeRequest`].
///
/// Version 1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SHARE_GROUP_DESCRIBE, versions = "1", flexible = "1+")]
#[non_exhaustive]
pub struct ShareGroupDescribeResponse {
    #[wire("1+")]
    pub throttle_time_ms: i32,
    #[wire("1+")]
    pub groups: Vec<DescribedGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareGroupDescribeResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct DescribedGroup {
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+")]
    pub group_id: ByteString,
    #[wire("1+")]
    pub group_state: ByteString,
    #[wire("1+")]
    pub group_epoch: i32,
    #[wire("1+")]
    pub assignment_epoch: i32,
    #[wire("1+")]
    pub assignor_name: ByteString,
    #[wire("1+")]
    pub members: Vec<Member>,
    #[wire("1+", default = i32::MIN)]
    pub authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareGroupDescribeResponse.groups.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct Member {
    #[wire("1+")]
    pub member_id: ByteString,
    #[wire("1+", nullable = "1+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("1+")]
    pub member_epoch: i32,
    #[wire("1+")]
    pub client_id: ByteString,
    #[wire("1+")]
    pub client_host: ByteString,
    #[wire("1+")]
    pub subscribed_topic_names: Vec<ByteString>,
    #[wire("1+")]
    pub assignment: Assignment,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ShareGroupDescribeResponse.groups.members.assignment`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct Assignment {
    #[wire("1+")]
    pub topic_partitions: Vec<TopicPartitions>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareGroupDescribeResponse.groups.members.assignment.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct TopicPartitions {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub topic_name: ByteString,
    #[wire("1+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
