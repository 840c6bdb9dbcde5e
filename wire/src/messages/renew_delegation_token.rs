//! RenewDelegationToken: API key 39.

use bytes::Bytes;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Puts off the expiry of a delegation token, up to the end of its life.
///
/// Since KIP-48. Answered by [`RenewDelegationTokenResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = RENEW_DELEGATION_TOKEN, versions = "0-2", flexible = "2+", response = RenewDelegationTokenResponse)]
#[non_exhaustive]
pub struct RenewDelegationTokenRequest {
    #[wire("0+")]
    pub hmac: Bytes,
    #[wire("0+")]
    pub renew_period_ms: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The token's new time of expiry.
///
/// Answers [`RenewDelegationTokenRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = RENEW_DELEGATION_TOKEN, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct RenewDelegationTokenResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub expiry_timestamp_ms: i64,
    #[wire("0+")]
    pub throttle_time_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}
