//! ElectLeaders: API key 43.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks for new leaders of partitions: the preferred replica, or, at the risk of losing records, one that is not in sync.
///
/// Since KIP-183. Answered by [`ElectLeadersResponse`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ELECT_LEADERS, versions = "0-2", flexible = "2+", response = ElectLeadersResponse)]
#[non_exhaustive]
pub struct ElectLeadersRequest {
    #[wire("1+")]
    pub election_type: i8,
    #[wire("0+", nullable = "0+")]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    #[wire("0+", default = 60000)]
    pub timeout_ms: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ElectLeadersRequest.topic_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct TopicPartitions {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether a leader was elected.
///
/// Answers [`ElectLeadersRequest`].
///
/// Versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ELECT_LEADERS, versions = "0-2", flexible = "2+")]
#[non_exhaustive]
pub struct ElectLeadersResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("1+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub replica_election_results: Vec<ReplicaElectionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ElectLeadersResponse.replica_election_results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct ReplicaElectionResult {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partition_result: Vec<PartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ElectLeadersResponse.replica_election_results.partition_result`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct PartitionResult {
    #[wire("0+")]
    pub partition_id: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
