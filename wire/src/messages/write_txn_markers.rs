//! WriteTxnMarkers: API key 27.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Between brokers, and to abort transactions that hang: writes the markers that end transactions into partitions.
///
/// Since KIP-98. Answered by [`WriteTxnMarkersResponse`].
///
/// Versions 0-2, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = WRITE_TXN_MARKERS, versions = "0-2", flexible = "1+", response = WriteTxnMarkersResponse)]
#[non_exhaustive]
pub struct WriteTxnMarkersRequest {
    #[wire("0+")]
    pub markers: Vec<WritableTxnMarker>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteTxnMarkersRequest.markers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct WritableTxnMarker {
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub producer_epoch: i16,
    #[wire("0+")]
    pub transaction_result: bool,
    #[wire("0+")]
    pub topics: Vec<WritableTxnMarkerTopic>,
    #[wire("0+")]
    pub coordinator_epoch: i32,
    #[wire("2+", ignorable)]
    pub transaction_version: i8,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteTxnMarkersRequest.markers.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct WritableTxnMarkerTopic {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partition_indexes: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each producer and partition, whether its marker was written.
///
/// Answers [`WriteTxnMarkersRequest`].
///
/// Versions 0-2, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = WRITE_TXN_MARKERS, versions = "0-2", flexible = "1+")]
#[non_exhaustive]
pub struct WriteTxnMarkersResponse {
    #[wire("0+")]
    pub markers: Vec<WritableTxnMarkerResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteTxnMarkersResponse.markers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct WritableTxnMarkerResult {
    #[wire("0+")]
    pub producer_id: i64,
    #[wire("0+")]
    pub topics: Vec<WritableTxnMarkerTopicResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteTxnMarkersResponse.markers.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct WritableTxnMarkerTopicResult {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `WriteTxnMarkersResponse.markers.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct WritableTxnMarkerPartitionResult {
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
