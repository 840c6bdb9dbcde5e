//! DescribeDelegationToken: API key 41.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the delegation tokens of some owners, or for all that the caller may see.
///
/// Since KIP-48. Answered by [`DescribeDelegationTokenResponse`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_DELEGATION_TOKEN, versions = "0-3", flexible = "2+", response = DescribeDelegationTokenResponse)]
#[non_exhaustive]
pub struct DescribeDelegationTokenRequest {
    #[wire("0+", nullable = "0+")]
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeDelegationTokenRequest.owners`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DescribeDelegationTokenOwner {
    #[wire("0+")]
    pub principal_type: ByteString,
    #[wire("0+")]
    pub principal_name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// The tokens with their owners, renewers and times of expiry.
///
/// Answers [`DescribeDelegationTokenRequest`].
///
/// Versions 0-3, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_DELEGATION_TOKEN, versions = "0-3", flexible = "2+")]
#[non_exhaustive]
pub struct DescribeDelegationTokenResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub tokens: Vec<DescribedDelegationToken>,
    #[wire("0+")]
    pub throttle_time_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeDelegationTokenResponse.tokens`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DescribedDelegationToken {
    #[wire("0+")]
    pub principal_type: ByteString,
    #[wire("0+")]
    pub principal_name: ByteString,
    #[wire("3+")]
    pub token_requester_principal_type: ByteString,
    #[wire("3+")]
    pub token_requester_principal_name: ByteString,
    #[wire("0+")]
    pub issue_timestamp: i64,
    #[wire("0+")]
    pub expiry_timestamp: i64,
    #[wire("0+")]
    pub max_timestamp: i64,
    #[wire("0+")]
    pub token_id: ByteString,
    #[wire("0+")]
    pub hmac: Bytes,
    #[wire("0+")]
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeDelegationTokenResponse.tokens.renewers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct DescribedDelegationTokenRenewer {
    #[wire("0+")]
    pub principal_type: ByteString,
    #[wire("0+")]
    pub principal_name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}
