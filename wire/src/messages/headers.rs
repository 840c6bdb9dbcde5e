//! What goes before every request and every response.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;

/// What stands in front of every request: which API in which version, the correlation id that the answer repeats, and the client's name. Version 2 adds tagged fields.
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct RequestHeader {
    #[wire("0+")]
    pub request_api_key: i16,
    #[wire("0+")]
    pub request_api_version: i16,
    #[wire("0+")]
    pub correlation_id: i32,
    #[wire("1+", nullable = "1+", classic)]
    pub client_id: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// What stands in front of every response: the correlation id of its request. Version 1 adds tagged fields.
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct ResponseHeader {
    #[wire("0+")]
    pub correlation_id: i32,
    pub unknown_tagged_fields: TaggedFields,
}
