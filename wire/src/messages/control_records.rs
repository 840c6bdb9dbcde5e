//! What lies in the records of control batches.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;

/// The value of the control record that commits or aborts a transaction in a partition: the epoch of the coordinator that wrote it.
///
/// Version 0, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0")]
#[non_exhaustive]
pub struct EndTxnMarker {
    #[wire("0+")]
    pub coordinator_epoch: i32,
}

/// The key of a control record, after an int16 with the version: which kind it is, such as the abort (0) or commit (1) of a transaction.
///
/// Version 0, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0")]
#[non_exhaustive]
pub struct ControlRecordTypeSchema {
    #[wire("0+")]
    pub r#type: i16,
}

/// The control record with which a new leader of a quorum begins its epoch: who it is, and who voted.
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct LeaderChangeMessage {
    #[wire("0+")]
    pub version: i16,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub voters: Vec<Voter>,
    #[wire("0+")]
    pub granting_voters: Vec<Voter>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `LeaderChangeMessage.voters`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct Voter {
    #[wire("0+")]
    pub voter_id: i32,
    #[wire("1+")]
    pub voter_directory_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// The control record that begins a snapshot of the metadata log: up to which time it contains the log.
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct SnapshotHeaderRecord {
    #[wire("0+")]
    pub version: i16,
    #[wire("0+")]
    pub last_contained_log_timestamp: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The control record that ends a snapshot of the metadata log; without it the snapshot is incomplete.
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct SnapshotFooterRecord {
    #[wire("0+")]
    pub version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// The control record that says which version of the quorum's protocol is in force from here on.
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct KRaftVersionRecord {
    #[wire("0+")]
    pub version: i16,
    #[wire("0+")]
    pub k_raft_version: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// The control record with the quorum's voters: ids, directories, addresses and the protocol versions that they support.
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct VotersRecord {
    #[wire("0+")]
    pub version: i16,
    #[wire("0+")]
    pub voters: Vec<VotersRecordVoter>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VotersRecord.voters`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct VotersRecordVoter {
    #[wire("0+")]
    pub voter_id: i32,
    #[wire("0+")]
    pub voter_directory_id: Uuid,
    #[wire("0+")]
    pub endpoints: Vec<Endpoint>,
    #[wire("0+")]
    pub k_raft_version_feature: KRaftVersionFeature,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `VotersRecord.voters.endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Endpoint {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `VotersRecord.voters.k_raft_version_feature`.
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
