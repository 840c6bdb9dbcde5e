//! AddOffsetsToTxn: API key 25.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Tells the transaction's coordinator that offsets of a group are going to be committed in the transaction.
///
/// Since KIP-98. Answered by [`AddOffsetsToTxnResponse`].
///
/// Versions 0-4, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ADD_OFFSETS_TO_TXN, versions = "0-4", flexible = "3+", response = AddOffsetsToTxnResponse)]
#[non_exhaustive]
pub struct AddOffsetsToTxnRequest {
    #[wire("0+")]
    pub transactional_id: ByteString,
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("0+")]
    pub group_id: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the group's offsets belong to the transaction now.
///
/// Answers [`AddOffsetsToTxnRequest`].
///
/// Versions 0-4, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ADD_OFFSETS_TO_TXN, versions = "0-4", flexible = "3+")]
#[non_exhaustive]
pub struct AddOffsetsToTxnResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
