//! AllocateProducerIds: API key 67.

use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// From broker to controller: asks for a block of producer ids to hand out.
///
/// Since KIP-730. Answered by [`AllocateProducerIdsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALLOCATE_PRODUCER_IDS, versions = "0", flexible = "0+", response = AllocateProducerIdsResponse)]
#[non_exhaustive]
pub struct AllocateProducerIdsRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+", default = -1)]
    pub broker_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The first id of the block and its length.
///
/// Answers [`AllocateProducerIdsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALLOCATE_PRODUCER_IDS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct AllocateProducerIdsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub producer_id_start: i64,
    #[wire("0+")]
    pub producer_id_len: i32,
    pub unknown_tagged_fields: TaggedFields,
}
