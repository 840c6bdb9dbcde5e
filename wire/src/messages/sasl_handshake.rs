//! SaslHandshake: API key 17.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::error_code::ErrorCode;

/// Chooses the SASL mechanism before a client logs in. In version 0 bare tokens follow it, from version 1 on `SaslAuthenticate`.
///
/// Since KIP-43. Answered by [`SaslHandshakeResponse`].
///
/// Versions 0-1, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SASL_HANDSHAKE, versions = "0-1", response = SaslHandshakeResponse)]
#[non_exhaustive]
pub struct SaslHandshakeRequest {
    #[wire("0+")]
    pub mechanism: ByteString,
}

/// Whether the mechanism is enabled, and which ones are.
///
/// Answers [`SaslHandshakeRequest`].
///
/// Versions 0-1, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SASL_HANDSHAKE, versions = "0-1")]
#[non_exhaustive]
pub struct SaslHandshakeResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub mechanisms: Vec<ByteString>,
}
