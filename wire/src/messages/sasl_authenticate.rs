//! SaslAuthenticate: API key 36.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Carries one token of the SASL exchange from client to broker.
///
/// Since KIP-152. Answered by [`SaslAuthenticateResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SASL_AUTHENTICATE, versions = "0-2", flexible = "2+", response = SaslAuthenticateResponse)]
#[non_exhaustive]
pub struct SaslAuthenticateRequest {
    #[wire("0+")]
    pub auth_bytes: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// The broker's next token, or why the login failed, and for how long the session lasts before the client must log in again.
///
/// Answers [`SaslAuthenticateRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SASL_AUTHENTICATE, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct SaslAuthenticateResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub auth_bytes: Bytes,
    #[wire("1+", ignorable)]
    pub session_lifetime_ms: i64,
    pub unknown_tagged_fields: TaggedFields,
}
