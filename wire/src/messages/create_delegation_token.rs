//! CreateDelegationToken: API key 38.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Makes a token by which others may log in on behalf of its owner for a while.
///
/// Since KIP-48. Answered by [`CreateDelegationTokenResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CREATE_DELEGATION_TOKEN, versions = "0-3", flexible = "2+", response = CreateDelegationTokenResponse)]
#[non_exhaustive]
pub struct CreateDelegationTokenRequest {
    #[wire("3+", nullable = "3+")]
    pub owner_principal_type: Option<ByteString>,
    #[wire("3+", nullable = "3+")]
    pub owner_principal_name: Option<ByteString>,
    #[wire("0+")]
    pub renewers: Vec<CreatableRenewers>,
    #[wire("0+")]
    pub max_lifetime_ms: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `CreateDelegationTokenRequest.renewers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct CreatableRenewers {
    #[wire("0+")]
    pub principal_type: ByteString,
    #[wire("0+")]
    pub principal_name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// The token's id, its secret and its times of expiry.
///
/// Answers [`CreateDelegationTokenRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CREATE_DELEGATION_TOKEN, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct CreateDelegationTokenResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub principal_type: ByteString,
    #[wire("0+")]
    pub principal_name: ByteString,
    #[wire("3+")]
    pub token_requester_principal_type: ByteString,
    #[wire("3+")]
    pub token_requester_principal_name: ByteString,
    #[wire("0+")]
    pub issue_timestamp_ms: i64,
    #[wire("0+")]
    pub expiry_timestamp_ms: i64,
    #[wire("0+")]
    pub max_timestamp_ms: i64,
    #[wire("0+")]
    pub token_id: ByteString,
    #[wire("0+")]
    pub hmac: Bytes,
    #[wire("0+")]
    pub throttle_time_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}
