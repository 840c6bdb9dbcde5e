//! AddRaftVoter: API key 80.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Adds a controller to the voters of the metadata quorum.
///
/// Since KIP-853. Answered by [`AddRaftVoterResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ADD_RAFT_VOTER, versions = "0-1", flexible = "0+", response = AddRaftVoterResponse)]
#[non_exhaustive]
pub struct AddRaftVoterRequest {
    #[wire("0+", nullable = "0+")]
    pub cluster_id: Option<ByteString>,
    #[wire("0+")]
    pub timeout_ms: i32,
    #[wire("0+")]
    pub voter_id: i32,
    #[wire("0+")]
    pub voter_directory_id: Uuid,
    #[wire("0+")]
    pub listeners: Vec<Listener>,
    #[wire("1+", default = true)]
    pub ack_when_committed: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddRaftVoterRequest.listeners`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct Listener {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the controller votes now.
///
/// Answers [`AddRaftVoterRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ADD_RAFT_VOTER, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct AddRaftVoterResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
