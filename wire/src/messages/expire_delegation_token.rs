//! ExpireDelegationToken: API key 40.

use bytes::Bytes;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Brings forward the expiry of a delegation token, or ends it at once.
///
/// Since KIP-48. Answered by [`ExpireDelegationTokenResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = EXPIRE_DELEGATION_TOKEN, versions = "0-2", flexible = "2+", response = ExpireDelegationTokenResponse)]
#[non_exhaustive]
pub struct ExpireDelegationTokenRequest {
    #[wire("0+")]
    pub hmac: Bytes,
    #[wire("0+")]
    pub expiry_time_period_ms: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The token's new time of expiry.
///
/// Answers [`ExpireDelegationTokenRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = EXPIRE_DELEGATION_TOKEN, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct ExpireDelegationTokenResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub expiry_timestamp_ms: i64,
    #[wire("0+")]
    pub throttle_time_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}
