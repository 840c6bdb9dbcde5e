//! Metadata: API key 3.

use bytestring::ByteString;
use milena_wire_derive::Wire;
use uuid::Uuid;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks for the brokers of the cluster and for topics: ids, partitions, leaders, replicas. It may ask for some topics or for all, and may let the broker create missing ones.
///
/// Since 0.8. Answered by [`MetadataResponse`].
///
/// Versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = METADATA, versions = "0-13", flexible = "9+", response = MetadataResponse)]
#[non_exhaustive]
pub struct MetadataRequest {
    #[wire("0+", nullable = "1+")]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    #[wire("4+", default = true)]
    pub allow_auto_topic_creation: bool,
    #[wire("8-10")]
    pub include_cluster_authorized_operations: bool,
    #[wire("8+")]
    pub include_topic_authorized_operations: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `MetadataRequest.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct MetadataRequestTopic {
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("0+", nullable = "10+")]
    pub name: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The brokers, the controller, and each topic with its partitions: leader, leader epoch, replicas, in-sync replicas.
///
/// Answers [`MetadataRequest`].
///
/// Versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = METADATA, versions = "0-13", flexible = "9+")]
#[non_exhaustive]
pub struct MetadataResponse {
    #[wire("3+", ignorable)]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub brokers: Vec<MetadataResponseBroker>,
    #[wire("2+", nullable = "2+", default = null, ignorable)]
    pub cluster_id: Option<ByteString>,
    #[wire("1+", default = -1, ignorable)]
    pub controller_id: i32,
    #[wire("0+")]
    pub topics: Vec<MetadataResponseTopic>,
    #[wire("8-10", default = i32::MIN)]
    pub cluster_authorized_operations: i32,
    #[wire("13+", ignorable)]
    pub error_code: ErrorCode,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `MetadataResponse.brokers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct MetadataResponseBroker {
    #[wire("0+")]
    pub node_id: i32,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: i32,
    #[wire("1+", nullable = "1+", default = null, ignorable)]
    pub rack: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `MetadataResponse.topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct MetadataResponseTopic {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "12+")]
    pub name: Option<ByteString>,
    #[wire("10+", ignorable)]
    pub topic_id: Uuid,
    #[wire("1+", ignorable)]
    pub is_internal: bool,
    #[wire("0+")]
    pub partitions: Vec<MetadataResponsePartition>,
    #[wire("8+", default = i32::MIN)]
    pub topic_authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `MetadataResponse.topics.partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-13")]
#[non_exhaustive]
pub struct MetadataResponsePartition {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+")]
    pub partition_index: i32,
    #[wire("0+")]
    pub leader_id: i32,
    #[wire("7+", default = -1, ignorable)]
    pub leader_epoch: i32,
    #[wire("0+")]
    pub replica_nodes: Int32Array,
    #[wire("0+")]
    pub isr_nodes: Int32Array,
    #[wire("5+", ignorable)]
    pub offline_replicas: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
