//! AddPartitionsToTxn: API key 24.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Tells the transaction's coordinator to which partitions the producer is going to write. From version 4 on brokers send it too, many transactions at a time, and a producer may leave it to them.
///
/// Since KIP-98. Answered by [`AddPartitionsToTxnResponse`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ADD_PARTITIONS_TO_TXN, versions = "0-5", flexible = "3+", response = AddPartitionsToTxnResponse)]
#[non_exhaustive]
pub struct AddPartitionsToTxnRequest {
    #[wire("4+")]
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    #[wire("0-3")]
    pub v3_and_below_transactional_id: ByteString,
    #[wire("0-3")]
    pub v3_and_below_producer_id: i64,
    #[wire("0-3")]
    pub v3_and_below_producer_epoch: i16,
    #[wire("0-3")]
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddPartitionsToTxnRequest.transactions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "4-5")]
#[non_exhaustive]
pub struct AddPartitionsToTxnTransaction {
    #[wire("4+")]
    pub transactional_id: ByteString,
    #[wire("4+")]
    pub producer_id: i64,
    #[wire("4+")]
    pub producer_epoch: i16,
    #[wire("4+")]
    pub verify_only: bool,
    #[wire("4+")]
    pub topics: Vec<AddPartitionsToTxnTopic>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddPartitionsToTxnRequest.transactions.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct AddPartitionsToTxnTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each partition, whether it belongs to the transaction now.
///
/// Answers [`AddPartitionsToTxnRequest`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ADD_PARTITIONS_TO_TXN, versions = "0-5", flexible = "3+")]
#[non_exhaustive]
pub struct AddPartitionsToTxnResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("4+", ignorable)]
    pub error_code: ErrorCode,
    #[wire("4+")]
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    #[wire("0-3")]
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddPartitionsToTxnResponse.results_by_transaction`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "4-5")]
#[non_exhaustive]
pub struct AddPartitionsToTxnResult {
    #[wire("4+")]
    pub transactional_id: ByteString,
    #[wire("4+")]
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddPartitionsToTxnResponse.results_by_transaction.topic_results`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct AddPartitionsToTxnTopicResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AddPartitionsToTxnResponse.results_by_transaction.topic_results.results_by_partition`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-5")]
#[non_exhaustive]
pub struct AddPartitionsToTxnPartitionResult {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub partition_error_code: i16,
    pub unknown_tagged_fields: TaggedFields,
}
