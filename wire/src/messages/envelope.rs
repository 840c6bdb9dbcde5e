//! Envelope: API key 58.

use bytes::Bytes;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// From broker to controller: forwards a client's request together with who sent it and from where.
///
/// Since KIP-590. Answered by [`EnvelopeResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ENVELOPE, versions = "0", flexible = "0+", response = EnvelopeResponse)]
#[non_exhaustive]
pub struct EnvelopeRequest {
    #[wire("0+")]
    pub request_data: Bytes,
    #[wire("0+", nullable = "0+")]
    pub request_principal: Option<Bytes>,
    #[wire("0+")]
    pub client_host_address: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// The controller's answer to the forwarded request, for the broker to pass on.
///
/// Answers [`EnvelopeRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ENVELOPE, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct EnvelopeResponse {
    #[wire("0+", nullable = "0+", default = null)]
    pub response_data: Option<Bytes>,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
