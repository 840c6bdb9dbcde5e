//! FindCoordinator: API key 10.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks which broker coordinates a group, a transactional id or a share group's partition.
///
/// Since 0.8.2. Answered by [`FindCoordinatorResponse`].
///
/// Versions 0-6, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = FIND_COORDINATOR, versions = "0-6", flexible = "3+", response = FindCoordinatorResponse)]
#[non_exhaustive]
pub struct FindCoordinatorRequest {
    #[wire("0-3")]
    pub key: ByteString,
    #[wire("1+")]
    pub key_type: i8,
    #[wire("4+")]
    pub coordinator_keys: Vec<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The coordinator's id and address; from version 4 on one for each key asked.
///
/// Answers [`FindCoordinatorRequest`].
///
/// Versions 0-6, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = FIND_COORDINATOR, versions = "0-6", flexible = "3+")]
#[non_exhaustive]
pub struct FindCoordinatorResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0-3")]
    pub error_code: ErrorCode,
    #[wire("1-3", nullable = "1+", ignorable)]
    pub error_message: Option<ByteString>,
    #[wire("0-3")]
    pub node_id: i32,
    #[wire("0-3")]
    pub host: ByteString,
    #[wire("0-3")]
    pub port: i32,
    #[wire("4+")]
    pub coordinators: Vec<Coordinator>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FindCoordinatorResponse.coordinators`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "4-6")]
#[non_exhaustive]
pub struct Coordinator {
    #[wire("4+")]
    pub key: ByteString,
    #[wire("4+")]
    pub node_id: i32,
    #[wire("4+")]
    pub host: ByteString,
    #[wire("4+")]
    pub port: i32,
    #[wire("4+")]
    pub error_code: ErrorCode,
    #[wire("4+", nullable = "4+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
