//! TxnOffsetCommit: API key 28.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Commits offsets of a group as part of a transaction: they count once it commits. It goes to the group's coordinator.
///
/// Since KIP-98. Answered by [`TxnOffsetCommitResponse`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = TXN_OFFSET_COMMIT, versions = "0-5", flexible = "3+", response = TxnOffsetCommitResponse)]
#[non_exhaustive]
pub struct TxnOffsetCommitRequest {
    #[wire("0+")]
    pub transactional_id: ByteString,
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("3+", default = -1)]
    pub generation_id: i32,
    #[wire("3+")]
    pub member_id: ByteString,
    #[wire("3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<ByteString>,
    #[wire("0+")]
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `TxnOffsetCommitRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct TxnOffsetCommitRequestTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `TxnOffsetCommitRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct TxnOffsetCommitRequestPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub committed_offset: i64,
    #[wire("2+", default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    #[wire("0+", nullable = "0+")]
    pub committed_metadata: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether its offset was taken.
///
/// Answers [`TxnOffsetCommitRequest`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = TXN_OFFSET_COMMIT, versions = "0-5", flexible = "3+")]
#[non_exhaustive]
pub struct TxnOffsetCommitResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `TxnOffsetCommitResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct TxnOffsetCommitResponseTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `TxnOffsetCommitResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct TxnOffsetCommitResponsePartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
