//! UpdateMetadata: API key 6.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Told a broker, under ZooKeeper, of the state of the cluster. No version of it is left in Kafka 4.
///
/// Since 0.8. Answered by [`UpdateMetadataResponse`].
///
/// Versions 0-8, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = UPDATE_METADATA, versions = "0-8", flexible = "6+", response = UpdateMetadataResponse)]
#[non_exhaustive]
pub struct UpdateMetadataRequest {
    #[wire("0+")]
    pub controller_id: i32,
    #[wire("8+")]
    pub is_k_raft_controller: bool,
    #[wire("8+", tag = 0)]
    pub r#type: i8,
    #[wire("0+")]
    pub controller_epoch: i32,
    #[wire("5+", default = -1, ignorable)]
    pub broker_epoch: i64,
    #[wire("0-4")]
    pub ungrouped_partition_states: Vec<UpdateMetadataPartitionState>,
    #[wire("5+")]
    pub topic_states: Vec<UpdateMetadataTopicState>,
    #[wire("0+")]
    pub live_brokers: Vec<UpdateMetadataBroker>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateMetadataRequest.ungrouped_partition_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-8")]
#[non_exhaustive]
pub struct UpdateMetadataPartitionState {
    #[wire("0-4", ignorable)]
    pub topic_name: ByteString,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub controller_epoch: i32,
    #[wire("0+")]
    pub leader: i32,
    #[wire("0+")]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub isr: Int32Array,
    #[wire("0+")]
    pub zk_version: i32,
    #[wire("0+")]
    pub replicas: Int32Array,
    #[wire("4+", ignorable)]
    pub offline_replicas: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateMetadataRequest.topic_states`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "5-8")]
#[non_exhaustive]
pub struct UpdateMetadataTopicState {
    #[wire("5+")]
    pub topic_name: ByteString,
    #[wire("7+", ignorable)]
    pub topic_id: Uuid,
    #[wire("5+")]
    pub partition_states: Vec<UpdateMetadataPartitionState>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateMetadataRequest.live_brokers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-8")]
#[non_exhaustive]
pub struct UpdateMetadataBroker {
    #[wire("0+")]
    pub id: i32,
    #[wire("0", ignorable)]
    pub v0_host: ByteString,
    #[wire("0", ignorable)]
    pub v0_port: i32,
    #[wire("1+", ignorable)]
    pub endpoints: Vec<UpdateMetadataEndpoint>,
    #[wire("2+", nullable = "2+", ignorable)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `UpdateMetadataRequest.live_brokers.endpoints`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "1-8")]
#[non_exhaustive]
pub struct UpdateMetadataEndpoint {
    #[wire("1+")]
    pub port: i32,
    #[wire("1+")]
    pub host: ByteString,
    #[wire("3+", ignorable)]
    pub listener: ByteString,
    #[wire("1+")]
    pub security_protocol: i16,
    pub unknown_tagged_fields: TaggedFields,
}

/// Whether the broker took the new state.
///
/// Answers [`UpdateMetadataRequest`].
///
/// Versions 0-8, flexible from 6.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = UPDATE_METADATA, versions = "0-8", flexible = "6+")]
#[non_exhaustive]
pub struct UpdateMetadataResponse {
    #[wire("0+")]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}
