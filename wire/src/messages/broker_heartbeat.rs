//! BrokerHeartbeat: API key 63.

use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// From broker to controller: the broker is alive, how far it has read the metadata, and whether it wishes to be fenced or to shut down.
///
/// Since KIP-631. Answered by [`BrokerHeartbeatResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = BROKER_HEARTBEAT, versions = "0-2", flexible = "0+", response = BrokerHeartbeatResponse)]
#[non_exhaustive]
pub struct BrokerHeartbeatRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+", default = -1)]
    pub broker_epoch: i64,
    #[wire("0+")]
    pub current_metadata_offset: i64,
    #[wire("0+")]
    pub want_fence: bool,
    #[wire("0+")]
    pub want_shut_down: bool,
    #[wire("1+", tag = 0)]
    pub offline_log_dirs: Vec<Uuid>,
    #[wire("2+", nullable = "2+", default = null, tag = 1)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the broker has caught up, is fenced, and may shut down.
///
/// Answers [`BrokerHeartbeatRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = BROKER_HEARTBEAT, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct BrokerHeartbeatResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub is_caught_up: bool,
    #[wire("0+", default = true)]
    pub is_fenced: bool,
    #[wire("0+")]
    pub should_shut_down: bool,
    pub unknown_tagged_fields: TaggedFields,
}
