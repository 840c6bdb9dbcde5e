//! AlterReplicaLogDirs: API key 34.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Moves replicas of one broker from one of its log directories to another. It goes to that broker.
///
/// Since KIP-113. Answered by [`AlterReplicaLogDirsResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_REPLICA_LOG_DIRS, versions = "0-2", flexible = "2+", response = AlterReplicaLogDirsResponse)]
#[non_exhaustive]
pub struct AlterReplicaLogDirsRequest {
    #[wire("0+")]
    pub dirs: Vec<AlterReplicaLogDir>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterReplicaLogDirsRequest.dirs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterReplicaLogDir {
    #[wire("0+")]
    pub path: ByteString,
    #[wire("0+")]
    pub topics: Vec<AlterReplicaLogDirTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterReplicaLogDirsRequest.dirs.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterReplicaLogDirTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each replica, whether the move was started.
///
/// Answers [`AlterReplicaLogDirsRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_REPLICA_LOG_DIRS, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct AlterReplicaLogDirsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub results: Vec<AlterReplicaLogDirTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterReplicaLogDirsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterReplicaLogDirTopicResult {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterReplicaLogDirsResponse.results.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct AlterReplicaLogDirPartitionResult {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
