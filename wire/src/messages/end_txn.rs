//! EndTxn: API key 26.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Commits or aborts the producer's open transaction.
///
/// Since KIP-98. Answered by [`EndTxnResponse`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = END_TXN, versions = "0-5", flexible = "3+", response = EndTxnResponse)]
#[non_exhaustive]
pub struct EndTxnRequest {
    #[wire("0+")]
    pub transactional_id: ByteString,
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("0+")]
    pub committed: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the end was decided, and from version 5 on the producer id and epoch for the next transaction.
///
/// Answers [`EndTxnRequest`].
///
/// Versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = END_TXN, versions = "0-5", flexible = "3+")]
#[non_exhaustive]
pub struct EndTxnResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("5+", default = -1, ignorable)]
    pub producer_id: i64,
    #[wire("5+", default = -1, ignorable)]
    pub producer_epoch: i16,
    pub unknown_tagged_fields: TaggedFields,
}
