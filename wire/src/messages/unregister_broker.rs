//! UnregisterBroker: API key 64.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Removes a broker that has gone for good from the cluster's metadata.
///
/// Since KIP-631. Answered by [`UnregisterBrokerResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = UNREGISTER_BROKER, versions = "0", flexible = "0+", response = UnregisterBrokerResponse)]
#[non_exhaustive]
pub struct UnregisterBrokerRequest {
    #[wire("0+")]
    pub broker_id: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the broker was removed.
///
/// Answers [`UnregisterBrokerRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = UNREGISTER_BROKER, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct UnregisterBrokerResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
