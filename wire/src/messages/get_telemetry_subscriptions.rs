//! GetTelemetrySubscriptions: API key 71.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks which of the client's metrics the cluster wishes to get. The first request also asks for an id of the client's instance.
///
/// Since KIP-714. Answered by [`GetTelemetrySubscriptionsResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = GET_TELEMETRY_SUBSCRIPTIONS, versions = "0", flexible = "0+", response = GetTelemetrySubscriptionsResponse)]
#[non_exhaustive]
pub struct GetTelemetrySubscriptionsRequest {
    #[wire("0+")]
    pub client_instance_id: Uuid,
    pub unknown_tagged_fields: TaggedFields,
}

/// The wanted metrics by prefix, how often to push them, the codecs the broker takes, and the id of the subscription.
///
/// Answers [`GetTelemetrySubscriptionsRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = GET_TELEMETRY_SUBSCRIPTIONS, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct GetTelemetrySubscriptionsResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub client_instance_id: Uuid,
    #[wire("0+")]
    pub subscription_id: i32,
    #[wire("0+")]
    pub accepted_compression_types: Vec<i8>,
    #[wire("0+")]
    pub push_interval_ms: i32,
    #[wire("0+")]
    pub telemetry_max_bytes: i32,
    #[wire("0+")]
    pub delta_temporality: bool,
    #[wire("0+")]
    pub requested_metrics: Vec<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
