//! BrokerRegistration: API key 62.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// From broker to controller: a starting broker registers with its addresses, features and log directories.
///
/// Since KIP-631. Answered by [`BrokerRegistrationResponse`].
///
/// Versions 0-4, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = BROKER_REGISTRATION, versions = "0-4", flexible = "0+", response = BrokerRegistrationResponse)]
#[non_exhaustive]
pub struct BrokerRegistrationRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+")]
    pub cluster_id: ByteString,
    #[wire("0+")]
    pub incarnation_id: Uuid,
    #[wire("0+")]
    pub listeners: Vec<Listener>,
    #[wire("0+")]
    pub features: Vec<Feature>,
    #[wire("0+", nullable = "0+")]
    pub rack: Option<ByteString>,
    #[wire("1+")]
    pub is_migrating_zk_broker: bool,
    #[wire("2+", ignorable)]
    pub log_dirs: Vec<Uuid>,
    #[wire("3+", default = -1, ignorable)]
    pub previous_broker_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `BrokerRegistrationRequest.listeners`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
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

/// An element of `BrokerRegistrationRequest.features`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-4")]
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

/// The broker's epoch, with which it signs all that it tells the controller from then on.
///
/// Answers [`BrokerRegistrationRequest`].
///
/// Versions 0-4, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = BROKER_REGISTRATION, versions = "0-4", flexible = "0+")]
#[non_exhaustive]
pub struct BrokerRegistrationResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", default = -1)]
    pub broker_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}
