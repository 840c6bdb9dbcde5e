//! DescribeLogDirs: API key 35.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks one broker about its log directories and the replicas in them.
///
/// Since KIP-113. Answered by [`DescribeLogDirsResponse`].
///
/// Versions 0-5, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_LOG_DIRS, versions = "0-5", flexible = "2+", response = DescribeLogDirsResponse)]
#[non_exhaustive]
pub struct DescribeLogDirsRequest {
    #[wire("0+", nullable = "0+")]
    pub topics: Option<Vec<DescribableLogDirTopic>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeLogDirsRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct DescribableLogDirTopic {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each directory its replicas with size and lag, and the total and usable bytes of its disk.
///
/// Answers [`DescribeLogDirsRequest`].
///
/// Versions 0-5, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_LOG_DIRS, versions = "0-5", flexible = "2+")]
#[non_exhaustive]
pub struct DescribeLogDirsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("3+", ignorable)]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub results: Vec<DescribeLogDirsResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeLogDirsResponse.results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct DescribeLogDirsResult {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub log_dir: ByteString,
    #[wire("0+")]
    pub topics: Vec<DescribeLogDirsTopic>,
    #[wire("4+", default = -1, ignorable)]
    pub total_bytes: i64,
    #[wire("4+", default = -1, ignorable)]
    pub usable_bytes: i64,
    #[wire("5+", ignorable)]
    pub is_cordoned: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeLogDirsResponse.results.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct DescribeLogDirsTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<DescribeLogDirsPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeLogDirsResponse.results.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct DescribeLogDirsPartition {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub partition_size: i64,
    #[wire("0+")]
    pub offset_lag: i64,
    #[wire("0+")]
    pub is_future_key: bool,
    pub unknown_tagged_fields: TaggedFields,
}
