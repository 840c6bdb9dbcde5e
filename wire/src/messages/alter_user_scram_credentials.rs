//! AlterUserScramCredentials: API key 51.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Sets or deletes SCRAM credentials of users. The client salts and hashes the password; the broker never sees it.
///
/// Since KIP-554. Answered by [`AlterUserScramCredentialsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_USER_SCRAM_CREDENTIALS, versions = "0", flexible = "0+", response = AlterUserScramCredentialsResponse)]
#[non_exhaustive]
pub struct AlterUserScramCredentialsRequest {
    #[wire("0+")]
    pub deletions: Vec<ScramCredentialDeletion>,
    #[wire("0+")]
    pub upsertions: Vec<ScramCredentialUpsertion>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterUserScramCredentialsRequest.deletions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ScramCredentialDeletion {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub mechanism: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterUserScramCredentialsRequest.upsertions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct ScramCredentialUpsertion {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub mechanism: i8,
    #[wire("0+")]
    pub iterations: i32,
    #[wire("0+")]
    pub salt: Bytes,
    #[wire("0+")]
    pub salted_password: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each user, whether the credentials were changed.
///
/// Answers [`AlterUserScramCredentialsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_USER_SCRAM_CREDENTIALS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct AlterUserScramCredentialsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<AlterUserScramCredentialsResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterUserScramCredentialsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AlterUserScramCredentialsResult {
    #[wire("0+")]
    pub user: ByteString,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
