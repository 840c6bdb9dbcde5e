//! SyncGroup: API key 14.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the member's share of the work after a join. The leader's request carries the assignment of all members.
///
/// Since 0.9. Answered by [`SyncGroupResponse`].
///
/// Versions 0-5, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SYNC_GROUP, versions = "0-5", flexible = "4+", response = SyncGroupResponse)]
#[non_exhaustive]
pub struct SyncGroupRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub generation_id: i32,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<ByteString>,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub protocol_type: Option<ByteString>,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub protocol_name: Option<ByteString>,
    #[wire("0+")]
    pub assignments: Vec<SyncGroupRequestAssignment>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `SyncGroupRequest.assignments`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct SyncGroupRequestAssignment {
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub assignment: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// The member's own assignment, as the leader's strategy wrote it.
///
/// Answers [`SyncGroupRequest`].
///
/// Versions 0-5, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SYNC_GROUP, versions = "0-5", flexible = "4+")]
#[non_exhaustive]
pub struct SyncGroupResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub protocol_type: Option<ByteString>,
    #[wire("5+", nullable = "5+", default = null, ignorable)]
    pub protocol_name: Option<ByteString>,
    #[wire("0+")]
    pub assignment: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}
