//! DescribeUserScramCredentials: API key 50.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks which SCRAM credentials users have.
///
/// Since KIP-554. Answered by [`DescribeUserScramCredentialsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_USER_SCRAM_CREDENTIALS, versions = "0", flexible = "0+", response = DescribeUserScramCredentialsResponse)]
#[non_exhaustive]
pub struct DescribeUserScramCredentialsRequest {
    #[wire("0+", nullable = "0+")]
    pub users: Option<Vec<UserName>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeUserScramCredentialsRequest.users`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct UserName {
    #[wire("0+")]
    pub name: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each user the mechanisms and their iteration counts; never salts or keys.
///
/// Answers [`DescribeUserScramCredentialsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_USER_SCRAM_CREDENTIALS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeUserScramCredentialsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub results: Vec<DescribeUserScramCredentialsResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeUserScramCredentialsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DescribeUserScramCredentialsResult {
    #[wire("0+")]
    pub user: ByteString,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub credential_infos: Vec<CredentialInfo>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeUserScramCredentialsResponse.results.credential_infos`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct CredentialInfo {
    #[wire("0+")]
    pub mechanism: i8,
    #[wire("0+")]
    pub iterations: i32,
    pub unknown_tagged_fields: TaggedFields,
}
