//! ApiVersions: API key 18.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks which APIs the broker speaks and in which versions. It is the first request of a connection, even before authentication.
///
/// Since KIP-35. Answered by [`ApiVersionsResponse`].
///
/// Versions 0-4, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = API_VERSIONS, versions = "0-4", flexible = "3+", response = ApiVersionsResponse)]
#[non_exhaustive]
pub struct ApiVersionsRequest {
    #[wire("3+", ignorable)]
    pub client_software_name: ByteString,
    #[wire("3+", ignorable)]
    pub client_software_version: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// The version range of each API, and the cluster's features. A broker that does not know the asked version answers with error UNSUPPORTED_VERSION in version 0, and the header of this answer never has tagged fields.
///
/// Answers [`ApiVersionsRequest`].
///
/// Versions 0-4, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = API_VERSIONS, versions = "0-4", flexible = "3+")]
#[non_exhaustive]
pub struct ApiVersionsResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub api_keys: Vec<ApiVersion>,
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("3+", ignorable, tag = 0)]
    pub supported_features: Vec<SupportedFeatureKey>,
    #[wire("3+", default = -1, ignorable, tag = 1)]
    pub finalized_features_epoch: i64,
    #[wire("3+", ignorable, tag = 2)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    #[wire("3+", ignorable, tag = 3)]
    pub zk_migration_ready: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ApiVersionsResponse.api_keys`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
#[non_exhaustive]
pub struct ApiVersion {
    #[wire("0+")]
    pub api_key: i16,
    #[wire("0+")]
    pub min_version: i16,
    #[wire("0+")]
    pub max_version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ApiVersionsResponse.supported_features`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-4")]
#[non_exhaustive]
pub struct SupportedFeatureKey {
    #[wire("3+")]
    pub name: ByteString,
    #[wire("3+")]
    pub min_version: i16,
    #[wire("3+")]
    pub max_version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ApiVersionsResponse.finalized_features`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "3-4")]
#[non_exhaustive]
pub struct FinalizedFeatureKey {
    #[wire("3+")]
    pub name: ByteString,
    #[wire("3+")]
    pub max_version_level: i16,
    #[wire("3+")]
    pub min_version_level: i16,
    pub unknown_tagged_fields: TaggedFields,
}
