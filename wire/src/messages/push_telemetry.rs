//! PushTelemetry: API key 72.

use bytes::Bytes;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Sends the subscribed metrics to the broker, as OpenTelemetry protobuf, compressed or not.
///
/// Since KIP-714. Answered by [`PushTelemetryResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = PUSH_TELEMETRY, versions = "0", flexible = "0+", response = PushTelemetryResponse)]
#[non_exhaustive]
pub struct PushTelemetryRequest {
    #[wire("0+")]
    pub client_instance_id: Uuid,
    #[wire("0+")]
    pub subscription_id: i32,
    #[wire("0+")]
    pub terminating: bool,
    #[wire("0+")]
    pub compression_type: i8,
    #[wire("0+")]
    pub metrics: Bytes,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the metrics were taken.
///
/// Answers [`PushTelemetryRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = PUSH_TELEMETRY, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct PushTelemetryResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
