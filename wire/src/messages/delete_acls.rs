//! DeleteAcls: API key 31.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Deletes the access rules that match any of some filters.
///
/// Since KIP-140. Answered by [`DeleteAclsResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_ACLS, versions = "0-3", flexible = "2+", response = DeleteAclsResponse)]
#[non_exhaustive]
pub struct DeleteAclsRequest {
    #[wire("0+")]
    pub filters: Vec<DeleteAclsFilter>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteAclsRequest.filters`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DeleteAclsFilter {
    #[wire("0+")]
    pub resource_type_filter: i8,
    #[wire("0+", nullable = "0+")]
    pub resource_name_filter: Option<ByteString>,
    #[wire("1+", default = 3)]
    pub pattern_type_filter: i8,
    #[wire("0+", nullable = "0+")]
    pub principal_filter: Option<ByteString>,
    #[wire("0+", nullable = "0+")]
    pub host_filter: Option<ByteString>,
    #[wire("0+")]
    pub operation: i8,
    #[wire("0+")]
    pub permission_type: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each filter, in the order asked, the rules that it deleted.
///
/// Answers [`DeleteAclsRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_ACLS, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct DeleteAclsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub filter_results: Vec<DeleteAclsFilterResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteAclsResponse.filter_results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DeleteAclsFilterResult {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteAclsResponse.filter_results.matching_acls`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DeleteAclsMatchingAcl {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("1+", default = 3)]
    pub pattern_type: i8,
    #[wire("0+")]
    pub principal: ByteString,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub operation: i8,
    #[wire("0+")]
    pub permission_type: i8,
    pub unknown_tagged_fields: TaggedFields,
}
