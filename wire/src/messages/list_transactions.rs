//! ListTransactions: API key 66.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks one broker for the transactions that it coordinates, if wanted filtered by state, producer, duration or name.
///
/// Since KIP-664. Answered by [`ListTransactionsResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = LIST_TRANSACTIONS, versions = "0-2", flexible = "0+", response = ListTransactionsResponse)]
#[non_exhaustive]
pub struct ListTransactionsRequest {
    #[wire("0+")]
    pub state_filters: Vec<ByteString>,
    #[wire("0+")]
    pub producer_id_filters: Vec<i64>,
    #[wire("1+", default = -1)]
    pub duration_filter: i64,
    #[wire("2+", nullable = "2+", default = null)]
    pub transactional_id_pattern: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// Each transactional id with its producer id and state.
///
/// Answers [`ListTransactionsRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = LIST_TRANSACTIONS, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct ListTransactionsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub unknown_state_filters: Vec<ByteString>,
    #[wire("0+")]
    pub transaction_states: Vec<TransactionState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ListTransactionsResponse.transaction_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct TransactionState {
    #[wire("0+")]
    pub transactional_id: ByteString,
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub transaction_state: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}
