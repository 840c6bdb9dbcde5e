//! LeaveGroup: API key 13.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Leaves a classic group, so that the others need not wait for a timeout. From version 3 on several members can be removed at once.
///
/// Since 0.9. Answered by [`LeaveGroupResponse`].
///
/// Versions 0-5, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LEAVE_GROUP, versions = "0-5", flexible = "4+", response = LeaveGroupResponse)]
#[non_exhaustive]
pub struct LeaveGroupRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0-2")]
    pub member_id: ByteString,
    #[wire("3+")]
    pub members: Vec<MemberIdentity>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaveGroupRequest.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-5")]
#[non_exhaustive]
pub struct MemberIdentity {
    #[wire("3+")]
    pub member_id: ByteString,
    #[wire("3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<ByteString>,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub reason: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each member, whether it was removed.
///
/// Answers [`LeaveGroupRequest`].
///
/// Versions 0-5, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LEAVE_GROUP, versions = "0-5", flexible = "4+")]
#[non_exhaustive]
pub struct LeaveGroupResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("3+")]
    pub members: Vec<MemberResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaveGroupResponse.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-5")]
#[non_exhaustive]
pub struct MemberResponse {
    #[wire("3+")]
    pub member_id: ByteString,
    #[wire("3+", nullable = "3+")]
    pub group_instance_id: Option<ByteString>,
    #[wire("3+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
