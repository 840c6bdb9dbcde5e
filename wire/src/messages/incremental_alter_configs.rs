//! IncrementalAlterConfigs: API key 44.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Changes single configs of resources: sets or deletes them, appends to lists or takes from them.
///
/// Since KIP-339. Answered by [`IncrementalAlterConfigsResponse`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = INCREMENTAL_ALTER_CONFIGS, versions = "0-1", flexible = "1+", response = IncrementalAlterConfigsResponse)]
#[non_exhaustive]
pub struct IncrementalAlterConfigsRequest {
    #[wire("0+")]
    pub resources: Vec<AlterConfigsResource>,
    #[wire("0+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `IncrementalAlterConfigsRequest.resources`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
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

/// An element of `IncrementalAlterConfigsRequest.resources.configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct AlterableConfig {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub config_operation: i8,
    #[wire("0+", nullable = "0+")]
    pub value: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each resource, whether its configs were changed.
///
/// Answers [`IncrementalAlterConfigsRequest`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = INCREMENTAL_ALTER_CONFIGS, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct IncrementalAlterConfigsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub responses: Vec<AlterConfigsResourceResponse>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `IncrementalAlterConfigsResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
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
