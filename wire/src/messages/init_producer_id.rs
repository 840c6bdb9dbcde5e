//! InitProducerId: API key 22.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Gets a producer id for an idempotent or transactional producer, or a higher epoch for one that has an id. With a transactional id it fences older producers of that name and ends what they left open.
///
/// Since KIP-98. Answered by [`InitProducerIdResponse`].
///
/// Versions 0-6, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = INIT_PRODUCER_ID, versions = "0-6", flexible = "2+", response = InitProducerIdResponse)]
#[non_exhaustive]
pub struct InitProducerIdRequest {
    #[wire("0+", nullable = "0+")]
    pub transactional_id: Option<ByteString>,
    #[wire("0+")]
    pub transaction_timeout_ms: i32,
    #[wire("3+", default = -1)]
    pub producer_id: i64,
    #[wire("3+", default = -1)]
    pub producer_epoch: i16,
    #[wire("6+")]
    pub enable2_pc: bool,
    #[wire("6+")]
    pub keep_prepared_txn: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// The producer id and epoch to stamp on record batches.
///
/// Answers [`InitProducerIdRequest`].
///
/// Versions 0-6, flexible from 2.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = INIT_PRODUCER_ID, versions = "0-6", flexible = "2+")]
#[non_exhaustive]
pub struct InitProducerIdResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", default = -1)]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("6+", default = -1)]
    pub ongoing_txn_producer_id: i64,
    #[wire("6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
    pub unknown_tagged_fields: TaggedFields,
}
