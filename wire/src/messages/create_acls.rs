//! CreateAcls: API key 30.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Adds access rules: who may, or may not, do what with which resource from where.
///
/// Since KIP-140. Answered by [`CreateAclsResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CREATE_ACLS, versions = "0-3", flexible = "2+", response = CreateAclsResponse)]
#[non_exhaustive]
pub struct CreateAclsRequest {
    #[wire("0+")]
    pub creations: Vec<AclCreation>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateAclsRequest.creations`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct AclCreation {
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("1+", default = 3)]
    pub resource_pattern_type: i8,
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

/// For each rule, in the order asked, whether it was added.
///
/// Answers [`CreateAclsRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CREATE_ACLS, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct CreateAclsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<AclCreationResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateAclsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct AclCreationResult {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
