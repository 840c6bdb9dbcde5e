//! ShareFetch: API key 78.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Acquires records of partitions for a member of a share group, and may acknowledge earlier ones on the way. Its fetch session is incremental.
///
/// Since KIP-932. Answered by [`ShareFetchResponse`].
///
/// Versions 1-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = SHARE_FETCH, versions = "1-2", flexible = "1+", response = ShareFetchResponse)]
#[non_exhaustive]
pub struct ShareFetchRequest {
    #[wire("1+", nullable = "1+", default = null)]
    pub group_id: Option<ByteString>,
    #[wire("1+", nullable = "1+")]
    pub member_id: Option<ByteString>,
    #[wire("1+")]
    pub share_session_epoch: i32,
    #[wire("1+")]
    pub max_wait_ms: i32,
    #[wire("1+")]
    pub min_bytes: i32,
    #[wire("1+", default = i32::MAX)]
    pub max_bytes: i32,
    #[wire("1+")]
    pub max_records: i32,
    #[wire("1+")]
    pub batch_size: i32,
    #[wire("2+", ignorable)]
    pub share_acquire_mode: i8,
    #[wire("2+")]
    pub is_renew_ack: bool,
    #[wire("1+")]
    pub topics: Vec<FetchTopic>,
    #[wire("1+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct FetchTopic {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Vec<FetchPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct FetchPartition {
    #[wire("1+")]
    pub partition_index: i32,
    #[wire("1+")]
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchRequest.topics.partitions.acknowledgement_batches`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct AcknowledgementBatch {
    #[wire("1+")]
    pub first_offset: i64,
    #[wire("1+")]
    pub last_offset: i64,
    #[wire("1+")]
    pub acknowledge_types: Vec<i8>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchRequest.forgotten_topics_data`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct ForgottenTopic {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// Record batches, and the ranges of offsets among them that were acquired, each with its delivery count and for how long they are locked.
///
/// Answers [`ShareFetchRequest`].
///
/// Versions 1-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = SHARE_FETCH, versions = "1-2", flexible = "1+")]
#[non_exhaustive]
pub struct ShareFetchResponse {
    #[wire("1+")]
    pub throttle_time_ms: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+")]
    pub acquisition_lock_timeout_ms: i32,
    #[wire("1+")]
    pub responses: Vec<ShareFetchableTopicResponse>,
    #[wire("1+")]
    pub node_endpoints: Vec<NodeEndpoint>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchResponse.responses`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct ShareFetchableTopicResponse {
    #[wire("1+")]
    pub topic_id: Uuid,
    #[wire("1+")]
    pub partitions: Vec<PartitionData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchResponse.responses.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct PartitionData {
    #[wire("1+")]
    pub partition_index: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("1+", nullable = "1+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+")]
    pub acknowledge_error_code: i16,
    #[wire("1+", nullable = "1+", default = null)]
    pub acknowledge_error_message: Option<ByteString>,
    #[wire("1+")]
    pub current_leader: LeaderIdAndEpoch,
    #[wire("1+", records)]
    pub records: Bytes,
    #[wire("1+")]
    pub acquired_records: Vec<AcquiredRecords>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `ShareFetchResponse.responses.partitions.current_leader`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct LeaderIdAndEpoch {
    #[wire("1+")]
    pub leader_id: i32,
    #[wire("1+")]
    pub leader_epoch: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchResponse.responses.partitions.acquired_records`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct AcquiredRecords {
    #[wire("1+")]
    pub first_offset: i64,
    #[wire("1+")]
    pub last_offset: i64,
    #[wire("1+")]
    pub delivery_count: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ShareFetchResponse.node_endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-2")]
#[non_exhaustive]
pub struct NodeEndpoint {
    #[wire("1+")]
    pub node_id: i32,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("1+")]
    pub port: i32,
    #[wire("1+", nullable = "1+", default = null)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
