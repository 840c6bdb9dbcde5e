//! DeleteRecords: API key 21.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Deletes all records of partitions that lie before given offsets. It goes to the partitions' leaders.
///
/// Since KIP-107. Answered by [`DeleteRecordsResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DELETE_RECORDS, versions = "0-2", flexible = "2+", response = DeleteRecordsResponse)]
#[non_exhaustive]
pub struct DeleteRecordsRequest {
    #[wire("0+")]
    pub topics: Vec<DeleteRecordsTopic>,
    #[wire("0+")]
    pub timeout_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteRecordsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DeleteRecordsTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<DeleteRecordsPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteRecordsRequest.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DeleteRecordsPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The new low watermark of each partition: the first offset that can still be read.
///
/// Answers [`DeleteRecordsRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DELETE_RECORDS, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct DeleteRecordsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub topics: Vec<DeleteRecordsTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteRecordsResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DeleteRecordsTopicResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<DeleteRecordsPartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DeleteRecordsResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DeleteRecordsPartitionResult {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub low_watermark: i64,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
