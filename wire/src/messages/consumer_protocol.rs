//! What the members of a classic consumer group tell each other through the coordinator.

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::Int32Array;

/// What a consumer tells the leader of its classic group, inside `JoinGroup`: the topics it wants and, from version 1 on, the partitions it owns. An int16 with the version precedes it.
///
/// Versions 0-3, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0-3")]
#[non_exhaustive]
pub struct ConsumerProtocolSubscription {
    #[wire("0+")]
    pub topics: Vec<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub user_data: Option<Bytes>,
    #[wire("1+", ignorable)]
    pub owned_partitions: Vec<TopicPartition>,
    #[wire("2+", default = -1, ignorable)]
    pub generation_id: i32,
    #[wire("3+", nullable = "3+", default = null, ignorable)]
    pub rack_id: Option<ByteString>,
}

/// An element of `ConsumerProtocolSubscription.owned_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-3")]
#[non_exhaustive]
pub struct TopicPartition {
    #[wire("1+")]
    pub topic: ByteString,
    #[wire("1+")]
    pub partitions: Int32Array,
}

/// What the leader of a classic group hands to a consumer, inside `SyncGroup`: its partitions, and bytes of the strategy's own. An int16 with the version precedes it.
///
/// Versions 0-3, no version is flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(data, versions = "0-3")]
#[non_exhaustive]
pub struct ConsumerProtocolAssignment {
    #[wire("0+")]
    pub assigned_partitions: Vec<ConsumerProtocolAssignmentTopicPartition>,
    #[wire("0+", nullable = "0+", default = null)]
    pub user_data: Option<Bytes>,
}

/// An element of `ConsumerProtocolAssignment.assigned_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-3")]
#[non_exhaustive]
pub struct ConsumerProtocolAssignmentTopicPartition {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
}
