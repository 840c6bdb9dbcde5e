//! UpdateRaftVoter: API key 82.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between controllers: a voter tells the leader of its addresses and of the protocol versions that it supports.
///
/// Since KIP-853. Answered by [`UpdateRaftVoterResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = UPDATE_RAFT_VOTER, versions = "0", flexible = "0+", response = UpdateRaftVoterResponse)]
#[non_exhaustive]
pub struct UpdateRaftVoterRequest {
    #[wire("0+", nullable = "0+")]
    pub cluster_id: Option<ByteString>,
    #[wire("0+")]
    pub current_leader_epoch: i32,
    #[wire("0+")]
    pub voter_id: i32,
    #[wire("0+")]
    pub voter_directory_id: Uuid,
    #[wire("0+")]
    pub listeners: Vec<Listener>,
    #[wire("0+")]
    pub k_raft_version_feature: KRaftVersionFeature,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateRaftVoterRequest.listeners`.
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
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `UpdateRaftVoterRequest.k_raft_version_feature`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct KRaftVersionFeature {
    #[wire("0+")]
    pub min_supported_version: i16,
    #[wire("0+")]
    pub max_supported_version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the voter's entry was changed, and who leads now.
///
/// Answers [`UpdateRaftVoterRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = UPDATE_RAFT_VOTER, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct UpdateRaftVoterResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", tag = 0)]
    pub current_leader: CurrentLeader,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `UpdateRaftVoterResponse.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct CurrentLeader {
    #[wire("0+", default = -1)]
    pub leader_id: i32,
    #[wire("0+", default = -1)]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: i32,
    pub unknown_tagged_fields: TaggedFields,
}
