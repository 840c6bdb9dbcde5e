//! DescribeConfigs: API key 32.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the configs of topics, brokers, loggers, groups or client metrics. What belongs to one broker is asked of that broker.
///
/// Since KIP-133. Answered by [`DescribeConfigsResponse`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_CONFIGS, versions = "0-4", flexible = "4+", response = DescribeConfigsResponse)]
#[non_exhaustive]
pub struct DescribeConfigsRequest {
    #[wire("0+")]
    pub resources: Vec<DescribeConfigsResource>,
    #[wire("1+")]
    pub include_synonyms: bool,
    #[wire("3+")]
    pub include_documentation: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeConfigsRequest.resources`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct DescribeConfigsResource {
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("0+", nullable = "0+")]
    pub configuration_keys: Option<Vec<ByteString>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The configs of each resource: value, where it comes from, its type, whether it is secret or read-only.
///
/// Answers [`DescribeConfigsRequest`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_CONFIGS, versions = "0-4", flexible = "4+")]
#[non_exhaustive]
pub struct DescribeConfigsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<DescribeConfigsResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeConfigsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct DescribeConfigsResult {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub resource_type: i8,
    #[wire("0+")]
    pub resource_name: ByteString,
    #[wire("0+")]
    pub configs: Vec<DescribeConfigsResourceResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeConfigsResponse.results.configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct DescribeConfigsResourceResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+", nullable = "0+")]
    pub value: Option<ByteString>,
    #[wire("0+")]
    pub read_only: bool,
    #[wire("0")]
    pub is_default: bool,
    #[wire("1+", default = -1, ignorable)]
    pub config_source: i8,
    #[wire("0+")]
    pub is_sensitive: bool,
    #[wire("1+", ignorable)]
    pub synonyms: Vec<DescribeConfigsSynonym>,
    #[wire("3+", ignorable)]
    pub config_type: i8,
    #[wire("3+", nullable = "3+", ignorable)]
    pub documentation: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeConfigsResponse.results.configs.synonyms`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-4")]
#[non_exhaustive]
pub struct DescribeConfigsSynonym {
    #[wire("1+")]
    pub name: ByteString,
    #[wire("1+", nullable = "1+")]
    pub value: Option<ByteString>,
    #[wire("1+")]
    pub source: i8,
    pub unknown_tagged_fields: TaggedFields,
}
