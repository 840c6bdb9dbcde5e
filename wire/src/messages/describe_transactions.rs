//! DescribeTransactions: API key 65.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks the coordinator for the state of transactions.
///
/// Since KIP-664. Answered by [`DescribeTransactionsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_TRANSACTIONS, versions = "0", flexible = "0+", response = DescribeTransactionsResponse)]
#[non_exhaustive]
pub struct DescribeTransactionsRequest {
    #[wire("0+")]
    pub transactional_ids: Vec<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each transactional id its state, producer, timeout and start, and the partitions in the transaction.
///
/// Answers [`DescribeTransactionsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_TRANSACTIONS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeTransactionsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub transaction_states: Vec<TransactionState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeTransactionsResponse.transaction_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TransactionState {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub transactional_id: ByteString,
    #[wire("0+")]
    pub transaction_state: ByteString,
    #[wire("0+")]
    pub transaction_timeout_ms: i32,
    #[wire("0+")]
    pub transaction_start_time_ms: i64,
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("0+")]
    pub topics: Vec<TopicData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeTransactionsResponse.transaction_states.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicData {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
