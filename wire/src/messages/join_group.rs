//! JoinGroup: API key 11.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Enters a group of the classic protocol, or enters it again when it rebalances, with the assignment strategies that the member knows. The answer waits until all members have come.
///
/// Since 0.9. Answered by [`JoinGroupResponse`].
///
/// Versions 0-9, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = JOIN_GROUP, versions = "0-9", flexible = "6+", response = JoinGroupResponse)]
#[non_exhaustive]
pub struct JoinGroupRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub session_timeout_ms: i32,
    #[wire("1+", default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("5+", nullable = "5+", default = null)]
    pub group_instance_id: Option<ByteString>,
    #[wire("0+")]
    pub protocol_type: ByteString,
    #[wire("0+")]
    pub protocols: Vec<JoinGroupRequestProtocol>,
    #[wire("8+", nullable = "8+", default = null, ignorable)]
    pub reason: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `JoinGroupRequest.protocols`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-9")]
#[non_exhaustive]
pub struct JoinGroupRequestProtocol {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub metadata: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// The new generation, its protocol, the leader and the member's own id. Only the leader learns of the other members, for it makes the assignment.
///
/// Answers [`JoinGroupRequest`].
///
/// Versions 0-9, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = JOIN_GROUP, versions = "0-9", flexible = "6+")]
#[non_exhaustive]
pub struct JoinGroupResponse {
    #[wire("2+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", default = -1)]
    pub generation_id: i32,
    #[wire("7+", nullable = "7+", default = null, ignorable)]
    pub protocol_type: Option<ByteString>,
    #[wire("0+", nullable = "7+")]
    pub protocol_name: Option<ByteString>,
    #[wire("0+")]
    pub leader: ByteString,
    #[wire("9+")]
    pub skip_assignment: bool,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub members: Vec<JoinGroupResponseMember>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `JoinGroupResponse.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-9")]
#[non_exhaustive]
pub struct JoinGroupResponseMember {
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub group_instance_id: Option<ByteString>,
    #[wire("0+")]
    pub metadata: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}
