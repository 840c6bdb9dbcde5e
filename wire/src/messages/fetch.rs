//! Fetch: API key 1.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Reads record batches of partitions from given offsets on, and may wait at the broker until enough bytes are there. Consumers and follower replicas both send it.
///
/// Since 0.8. Answered by [`FetchResponse`].
///
/// Versions 0-18, flexible from 12.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = FETCH, versions = "0-18", flexible = "12+", response = FetchResponse)]
#[non_exhaustive]
pub struct FetchRequest {
    #[wire("12+", nullable = "12+", default = null, ignorable, tag = 0)]
    pub cluster_id: Option<ByteString>,
    #[wire("0-14", default = -1)]
    pub replica_id: i32,
    #[wire("15+", tag = 1)]
    pub replica_state: ReplicaState,
    #[wire("0+")]
    pub max_wait_ms: i32,
    #[wire("0+")]
    pub min_bytes: i32,
    #[wire("3+", default = i32::MAX, ignorable)]
    pub max_bytes: i32,
    #[wire("4+", ignorable)]
    pub isolation_level: i8,
    #[wire("7+", ignorable)]
    pub session_id: i32,
    #[wire("7+", default = -1, ignorable)]
    pub session_epoch: i32,
    #[wire("0+")]
    pub topics: Vec<FetchTopic>,
    #[wire("7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    #[wire("11+", ignorable)]
    pub rack_id: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchRequest.replica_state`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "15-18")]
#[non_exhaustive]
pub struct ReplicaState {
    #[wire("15+", default = -1)]
    pub replica_id: i32,
    #[wire("15+", default = -1)]
    pub replica_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-18")]
#[non_exhaustive]
pub struct FetchTopic {
    #[wire("0-12", ignorable)]
    pub topic: ByteString,
    #[wire("13+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<FetchPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-18")]
#[non_exhaustive]
pub struct FetchPartition {
    #[wire("0+")]
    pub partition: i32,
    #[wire("9+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    #[wire("0+")]
    pub fetch_offset: i64,
    #[wire("12+", default = -1)]
    pub last_fetched_epoch: i32,
    #[wire("5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    #[wire("0+")]
    pub partition_max_bytes: i32,
    #[wire("17+", ignorable, tag = 0)]
    pub replica_directory_id: Uuid,
    #[wire("18+", default = i64::MAX, ignorable, tag = 1)]
    pub high_watermark: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchRequest.forgotten_topics_data`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "7-18")]
#[non_exhaustive]
pub struct ForgottenTopic {
    #[wire("7-12", ignorable)]
    pub topic: ByteString,
    #[wire("13+", ignorable)]
    pub topic_id: Uuid,
    #[wire("7+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// The record batches of each partition as they lie in the log, with the high watermark and the last stable offset. A batch may begin before the offset asked for, and the last one may be cut off.
///
/// Answers [`FetchRequest`].
///
/// Versions 0-18, flexible from 12.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = FETCH, versions = "0-18", flexible = "12+")]
#[non_exhaustive]
pub struct FetchResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("7+", ignorable)]
    pub error_code: ErrorCode,
    #[wire("7+")]
    pub session_id: i32,
    #[wire("0+")]
    pub responses: Vec<FetchableTopicResponse>,
    #[wire("16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-18")]
#[non_exhaustive]
pub struct FetchableTopicResponse {
    #[wire("0-12", ignorable)]
    pub topic: ByteString,
    #[wire("13+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchResponse.responses.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-18")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub high_watermark: i64,
    #[wire("4+", default = -1, ignorable)]
    pub last_stable_offset: i64,
    #[wire("5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    #[wire("12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    #[wire("12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    #[wire("12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    #[wire("4+", nullable = "4+", ignorable)]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    #[wire("11+", default = -1)]
    pub preferred_read_replica: i32,
    #[wire("0+", nullable = "0+", records)]
    pub records: Option<Bytes>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchResponse.responses.partitions.diverging_epoch`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "12-18")]
#[non_exhaustive]
pub struct EpochEndOffset {
    #[wire("12+", default = -1)]
    pub epoch: i32,
    #[wire("12+", default = -1)]
    pub end_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchResponse.responses.partitions.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "12-18")]
#[non_exhaustive]
pub struct LeaderIdAndEpoch {
    #[wire("12+", default = -1)]
    pub leader_id: i32,
    #[wire("12+", default = -1)]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `FetchResponse.responses.partitions.snapshot_id`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "12-18")]
#[non_exhaustive]
pub struct SnapshotId {
    #[wire("12+", default = -1)]
    pub end_offset: i64,
    #[wire("12+", default = -1)]
    pub epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchResponse.responses.partitions.aborted_transactions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "4-18")]
#[non_exhaustive]
pub struct AbortedTransaction {
    #[wire("4+")]
    pub producer_id: i64,
    #[wire("4+")]
    pub first_offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `FetchResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "16-18")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("16+")]
    pub node_id: i32,
    #[wire("16+")]
    pub host: ByteString,
    #[wire("16+")]
    pub port: i32,
    #[wire("16+", nullable = "16+", default = null)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
