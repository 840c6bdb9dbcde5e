//! AssignReplicasToDirs: API key 73.

use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// From broker to controller: says in which of its log directories the broker keeps which replicas.
///
/// Since KIP-858. Answered by [`AssignReplicasToDirsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ASSIGN_REPLICAS_TO_DIRS, versions = "0", flexible = "0+", response = AssignReplicasToDirsResponse)]
#[non_exhaustive]
pub struct AssignReplicasToDirsRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+", default = -1)]
    pub broker_epoch: i64,
    #[wire("0+")]
    pub directories: Vec<DirectoryData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsRequest.directories`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DirectoryData {
    #[wire("0+")]
    pub id: Uuid,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsRequest.directories.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsRequest.directories.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each replica, whether its directory was noted.
///
/// Answers [`AssignReplicasToDirsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ASSIGN_REPLICAS_TO_DIRS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct AssignReplicasToDirsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub directories: Vec<AssignReplicasToDirsResponseDirectoryData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsResponse.directories`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AssignReplicasToDirsResponseDirectoryData {
    #[wire("0+")]
    pub id: Uuid,
    #[wire("0+")]
    pub topics: Vec<AssignReplicasToDirsResponseTopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsResponse.directories.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AssignReplicasToDirsResponseTopicData {
    #[wire("0+")]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<AssignReplicasToDirsResponsePartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AssignReplicasToDirsResponse.directories.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct AssignReplicasToDirsResponsePartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
