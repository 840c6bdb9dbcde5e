//! ControlledShutdown: API key 7.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asked the controller, under ZooKeeper, to move a broker's leaderships away before it stopped. No version of it is left in Kafka 4.
///
/// Since 0.8. Answered by [`ControlledShutdownResponse`].
///
/// Versions 0-3, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = CONTROLLED_SHUTDOWN, versions = "0-3", flexible = "3+", response = ControlledShutdownResponse)]
#[non_exhaustive]
pub struct ControlledShutdownRequest {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("2+", default = -1, ignorable)]
    pub broker_epoch: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The partitions that the broker still led.
///
/// Answers [`ControlledShutdownRequest`].
///
/// Versions 0-3, flexible from 3.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = CONTROLLED_SHUTDOWN, versions = "0-3", flexible = "3+")]
#[non_exhaustive]
pub struct ControlledShutdownResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub remaining_partitions: Vec<RemainingPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `ControlledShutdownResponse.remaining_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct RemainingPartition {
    #[wire("0+")]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    pub unknown_tagged_fields: TaggedFields,
}
