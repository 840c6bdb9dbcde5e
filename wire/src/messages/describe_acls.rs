//! DescribeAcls: API key 29.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the access rules that match a filter.
///
/// Since KIP-140. Answered by [`DescribeAclsResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_ACLS, versions = "0-3", flexible = "2+", response = DescribeAclsResponse)]
#[non_exhaustive]
pub struct DescribeAclsRequest {
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

/// The matching rules, grouped by resource.
///
/// Answers [`DescribeAclsRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_ACLS, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct DescribeAclsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub resources: Vec<DescribeAclsResource>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeAclsResponse.resources`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DescribeAclsResource {
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("1+", default = 3)]
    pub pattern_type: i8,
    #[wire("0+")]
    pub acls: Vec<AclDescription>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeAclsResponse.resources.acls`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct AclDescription {
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
