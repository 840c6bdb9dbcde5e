//! RemoveRaftVoter: API key 81.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Removes a controller from the voters of the metadata quorum.
///
/// Since KIP-853. Answered by [`RemoveRaftVoterResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = REMOVE_RAFT_VOTER, versions = "0", flexible = "0+", response = RemoveRaftVoterResponse)]
#[non_exhaustive]
pub struct RemoveRaftVoterRequest {
    #[wire("0+", nullable = "0+")]
    pub cluster_id: Option<ByteString>,
    #[wire("0+")]
    pub voter_id: i32,
    #[wire("0+")]
    pub voter_directory_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the controller was removed.
///
/// Answers [`RemoveRaftVoterRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = REMOVE_RAFT_VOTER, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct RemoveRaftVoterResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
