//! Heartbeat: API key 12.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Tells the coordinator of a classic group that the member is alive.
///
/// Since 0.9. Answered by [`HeartbeatResponse`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = HEARTBEAT, versions = "0-4", flexible = "4+", response = HeartbeatResponse)]
#[non_exhaustive]
pub struct HeartbeatRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub generation_id: i32,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// Nothing but an error: REBALANCE_IN_PROGRESS is the call to join again.
///
/// Answers [`HeartbeatRequest`].
///
/// Versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = HEARTBEAT, versions = "0-4", flexible = "4+")]
#[non_exhaustive]
pub struct HeartbeatResponse {
    #[wire("1+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
