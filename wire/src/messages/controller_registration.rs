//! ControllerRegistration: API key 70.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between controllers: a controller registers its addresses and features with the active one.
///
/// Since KIP-919. Answered by [`ControllerRegistrationResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CONTROLLER_REGISTRATION, versions = "0", flexible = "0+", response = ControllerRegistrationResponse)]
#[non_exhaustive]
pub struct ControllerRegistrationRequest {
    #[wire("0+")]
    pub controller_id: i32,
    #[wire("0+")]
    pub incarnation_id: Uuid,
    #[wire("0+")]
    pub zk_migration_ready: bool,
    #[wire("0+")]
    pub listeners: Vec<Listener>,
    #[wire("0+")]
    pub features: Vec<Feature>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ControllerRegistrationRequest.listeners`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Listener {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: u16,
    #[wire("0+")]
    pub security_protocol: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ControllerRegistrationRequest.features`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Feature {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub min_supported_version: i16,
    #[wire("0+")]
    pub max_supported_version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the controller was registered.
///
/// Answers [`ControllerRegistrationRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CONTROLLER_REGISTRATION, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct ControllerRegistrationResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
