//! Who a forwarded request is from.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;

/// How a broker writes down the user who sent a request that it forwards inside an `Envelope`.
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DefaultPrincipalData {
    #[wire("0+")]
    pub r#type: ByteString,
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub token_authenticated: bool,
    pub unknown_tagged_fields: TaggedFields,
}
