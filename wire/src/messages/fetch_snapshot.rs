//! FetchSnapshot: API key 59.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Between the nodes of a quorum: reads a piece of a snapshot of the metadata log.
///
/// Since KIP-630. Answered by [`FetchSnapshotResponse`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = FETCH_SNAPSHOT, versions = "0-1", flexible = "0+", response = FetchSnapshotResponse)]
#[non_exhaustive]
pub struct FetchSnapshotRequest {
    #[wire("0+", nullable = "0+", default = null, tag = 0)]
    pub cluster_id: Option<ByteString>,
    #[wire("0+", default = -1)]
    pub replica_id: i32,
    #[wire("0+", default = i32::MAX)]
    pub max_bytes: i32,
    #[wire("0+")]
    pub topics: Vec<TopicSnapshot>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchSnapshotRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct TopicSnapshot {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<PartitionSnapshot>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchSnapshotRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct PartitionSnapshot {
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub current_leader_epoch: i32,
    #[wire("0+")]
    pub snapshot_id: SnapshotId,
    #[wire("0+")]
    pub position: i64,
    #[wire("1+", ignorable, tag = 0)]
    pub replica_directory_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchSnapshotRequest.topics.partitions.snapshot_id`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct SnapshotId {
    #[wire("0+")]
    pub end_offset: i64,
    #[wire("0+")]
    pub epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The bytes of the snapshot from the asked position on, and its size.
///
/// Answers [`FetchSnapshotRequest`].
///
/// Versions 0-1, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = FETCH_SNAPSHOT, versions = "0-1", flexible = "0+")]
#[non_exhaustive]
pub struct FetchSnapshotResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub topics: Vec<FetchSnapshotResponseTopicSnapshot>,
    #[wire("1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchSnapshotResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct FetchSnapshotResponseTopicSnapshot {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<FetchSnapshotResponsePartitionSnapshot>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchSnapshotResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct FetchSnapshotResponsePartitionSnapshot {
    #[wire("0+")]
    pub index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub snapshot_id: FetchSnapshotResponseSnapshotId,
    #[wire("0+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
    #[wire("0+")]
    pub size: i64,
    #[wire("0+")]
    pub position: i64,
    #[wire("0+", records)]
    pub unaligned_records: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchSnapshotResponse.topics.partitions.snapshot_id`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct FetchSnapshotResponseSnapshotId {
    #[wire("0+")]
    pub end_offset: i64,
    #[wire("0+")]
    pub epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchSnapshotResponse.topics.partitions.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct LeaderIdAndEpoch {
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchSnapshotResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("1+")]
    pub node_id: i32,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("1+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}
