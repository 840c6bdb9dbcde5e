//! ListConfigResources: API key 74.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the names of the resources that have configs; in version 0 only those of client metrics.
///
/// Since KIP-1000. Answered by [`ListConfigResourcesResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LIST_CONFIG_RESOURCES, versions = "0-1", flexible = "0+", response = ListConfigResourcesResponse)]
#[non_exhaustive]
pub struct ListConfigResourcesRequest {
    #[wire("1+")]
    pub resource_types: Vec<i8>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The type and name of each resource.
///
/// Answers [`ListConfigResourcesRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LIST_CONFIG_RESOURCES, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct ListConfigResourcesResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub config_resources: Vec<ConfigResource>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListConfigResourcesResponse.config_resources`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ConfigResource {
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("1+", default = 16, ignorable)]
    pub resource_type: i8,
    pub unknown_tagged_fields: TaggedFields,
}
