//! UpdateFeatures: API key 57.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Raises or lowers the finalized level of features of the cluster, such as `metadata.version`.
///
/// Since KIP-584. Answered by [`UpdateFeaturesResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = UPDATE_FEATURES, versions = "0-2", flexible = "0+", response = UpdateFeaturesResponse)]
#[non_exhaustive]
pub struct UpdateFeaturesRequest {
    #[wire("0+", default = 60000)]
    pub timeout_ms: i32,
    #[wire("0+")]
    pub feature_updates: Vec<FeatureUpdateKey>,
    #[wire("1+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateFeaturesRequest.feature_updates`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct FeatureUpdateKey {
    #[wire("0+")]
    pub feature: ByteString,
    #[wire("0+")]
    pub max_version_level: i16,
    #[wire("0")]
    pub allow_downgrade: bool,
    #[wire("1+", default = 1)]
    pub upgrade_type: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the features were changed; up to version 1 for each of them.
///
/// Answers [`UpdateFeaturesRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = UPDATE_FEATURES, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct UpdateFeaturesResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0-1", ignorable)]
    pub results: Vec<UpdatableFeatureResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateFeaturesResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct UpdatableFeatureResult {
    #[wire("0+")]
    pub feature: ByteString,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
