//! ListGroups: API key 16.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks one broker for the groups that it coordinates, if wanted only those of some states and types.
///
/// Since 0.9. Answered by [`ListGroupsResponse`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LIST_GROUPS, versions = "0-5", flexible = "3+", response = ListGroupsResponse)]
#[non_exhaustive]
pub struct ListGroupsRequest {
    #[wire("4+")]
    pub states_filter: Vec<ByteString>,
    #[wire("5+")]
    pub types_filter: Vec<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// Each group with its protocol type, state and type.
///
/// Answers [`ListGroupsRequest`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LIST_GROUPS, versions = "0-5", flexible = "3+")]
#[non_exhaustive]
pub struct ListGroupsResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub groups: Vec<ListedGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListGroupsResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct ListedGroup {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub protocol_type: ByteString,
    #[wire("4+", ignorable)]
    pub group_state: ByteString,
    #[wire("5+", ignorable)]
    pub group_type: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}
