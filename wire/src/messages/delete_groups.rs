//! DeleteGroups: API key 42.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Deletes groups that have no members, with their offsets.
///
/// Since KIP-229. Answered by [`DeleteGroupsResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_GROUPS, versions = "0-2", flexible = "2+", response = DeleteGroupsResponse)]
#[non_exhaustive]
pub struct DeleteGroupsRequest {
    #[wire("0+")]
    pub groups_names: Vec<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each group, whether it was deleted.
///
/// Answers [`DeleteGroupsRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_GROUPS, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct DeleteGroupsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<DeletableGroupResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteGroupsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DeletableGroupResult {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
