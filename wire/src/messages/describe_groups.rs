//! DescribeGroups: API key 15.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks the coordinator for the state and the members of classic groups.
///
/// Since 0.9. Answered by [`DescribeGroupsResponse`].
///
/// Versions 0-6, flexible from 5.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_GROUPS, versions = "0-6", flexible = "5+", response = DescribeGroupsResponse)]
#[non_exhaustive]
pub struct DescribeGroupsRequest {
    #[wire("0+")]
    pub groups: Vec<ByteString>,
    #[wire("3+")]
    pub include_authorized_operations: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each group its state, its protocol, and its members with subscription and assignment.
///
/// Answers [`DescribeGroupsRequest`].
///
/// Versions 0-6, flexible from 5.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_GROUPS, versions = "0-6", flexible = "5+")]
#[non_exhaustive]
pub struct DescribeGroupsResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub groups: Vec<DescribedGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeGroupsResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-6")]
#[non_exhaustive]
pub struct DescribedGroup {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("6+", nullable = "6+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub group_state: ByteString,
    #[wire("0+")]
    pub protocol_type: ByteString,
    #[wire("0+")]
    pub protocol_data: ByteString,
    #[wire("0+")]
    pub members: Vec<DescribedGroupMember>,
    #[wire("3+", default = i32::MIN)]
    pub authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeGroupsResponse.groups.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-6")]
#[non_exhaustive]
pub struct DescribedGroupMember {
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("4+", nullable = "4+", default = null, ignorable)]
    pub group_instance_id: Option<ByteString>,
    #[wire("0+")]
    pub client_id: ByteString,
    #[wire("0+")]
    pub client_host: ByteString,
    #[wire("0+")]
    pub member_metadata: Bytes,
    #[wire("0+")]
    pub member_assignment: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}
