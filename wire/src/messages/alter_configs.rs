//! AlterConfigs: API key 33.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Replaces all configs of resources: what is not named falls back to its default. Prefer `IncrementalAlterConfigs`.
///
/// Since KIP-133. Answered by [`AlterConfigsResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_CONFIGS, versions = "0-2", flexible = "2+", response = AlterConfigsResponse)]
#[non_exhaustive]
pub struct AlterConfigsRequest {
    #[wire("0+")]
    pub resources: Vec<AlterConfigsResource>,
    #[wire("0+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterConfigsRequest.resources`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterConfigsResource {
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("0+")]
    pub configs: Vec<AlterableConfig>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterConfigsRequest.resources.configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterableConfig {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+", nullable = "0+")]
    pub value: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each resource, whether its configs were replaced.
///
/// Answers [`AlterConfigsRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_CONFIGS, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct AlterConfigsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub responses: Vec<AlterConfigsResourceResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterConfigsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterConfigsResourceResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}
