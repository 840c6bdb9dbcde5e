//! StreamsGroupHeartbeat: API key 88.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// By it a Kafka Streams application joins, stays in and leaves its group: its topology, its tasks, its endpoint.
///
/// Since KIP-1071. Answered by [`StreamsGroupHeartbeatResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = STREAMS_GROUP_HEARTBEAT, versions = "0", flexible = "0+", response = StreamsGroupHeartbeatResponse)]
#[non_exhaustive]
pub struct StreamsGroupHeartbeatRequest {
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+")]
    pub endpoint_information_epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub instance_id: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("0+", default = -1)]
    pub rebalance_timeout_ms: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub topology: Option<Topology>,
    #[wire("0+", nullable = "0+", default = null)]
    pub active_tasks: Option<Vec<TaskIds>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub standby_tasks: Option<Vec<TaskIds>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub warmup_tasks: Option<Vec<TaskIds>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub process_id: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub user_endpoint: Option<Endpoint>,
    #[wire("0+", nullable = "0+", default = null)]
    pub client_tags: Option<Vec<KeyValue>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub task_offsets: Option<Vec<TaskOffset>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    #[wire("0+")]
    pub shutdown_application: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `StreamsGroupHeartbeatRequest.topology`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Topology {
    #[wire("0+")]
    pub epoch: i32,
    #[wire("0+")]
    pub subtopologies: Vec<Subtopology>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.topology.subtopologies`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Subtopology {
    #[wire("0+")]
    pub subtopology_id: ByteString,
    #[wire("0+")]
    pub source_topics: Vec<ByteString>,
    #[wire("0+")]
    pub source_topic_regex: Vec<ByteString>,
    #[wire("0+")]
    pub state_changelog_topics: Vec<TopicInfo>,
    #[wire("0+")]
    pub repartition_sink_topics: Vec<ByteString>,
    #[wire("0+")]
    pub repartition_source_topics: Vec<TopicInfo>,
    #[wire("0+")]
    pub copartition_groups: Vec<CopartitionGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.topology.subtopologies.state_changelog_topics`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicInfo {
    #[wire("0+")]
    pub name: ByteString,
    #[wire("0+")]
    pub partitions: i32,
    #[wire("0+")]
    pub replication_factor: i16,
    #[wire("0+")]
    pub topic_configs: Vec<KeyValue>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.topology.subtopologies.state_changelog_topics.topic_configs`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct KeyValue {
    #[wire("0+")]
    pub key: ByteString,
    #[wire("0+")]
    pub value: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.topology.subtopologies.copartition_groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct CopartitionGroup {
    #[wire("0+")]
    pub source_topics: Vec<i16>,
    #[wire("0+")]
    pub source_topic_regex: Vec<i16>,
    #[wire("0+")]
    pub repartition_source_topics: Vec<i16>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.active_tasks`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TaskIds {
    #[wire("0+")]
    pub subtopology_id: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `StreamsGroupHeartbeatRequest.user_endpoint`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Endpoint {
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatRequest.task_offsets`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TaskOffset {
    #[wire("0+")]
    pub subtopology_id: ByteString,
    #[wire("0+")]
    pub partition: i32,
    #[wire("0+")]
    pub offset: i64,
    pub unknown_tagged_fields: TaggedFields,
}

/// The member's id and epoch, its active, standby and warm-up tasks if they have changed, and where other members serve which partitions.
///
/// Answers [`StreamsGroupHeartbeatRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = STREAMS_GROUP_HEARTBEAT, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct StreamsGroupHeartbeatResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+")]
    pub heartbeat_interval_ms: i32,
    #[wire("0+")]
    pub acceptable_recovery_lag: i32,
    #[wire("0+")]
    pub task_offset_interval_ms: i32,
    #[wire("0+", nullable = "0+")]
    pub status: Option<Vec<Status>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub active_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub standby_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    #[wire("0+", nullable = "0+", default = null)]
    pub warmup_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    #[wire("0+")]
    pub endpoint_information_epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatResponse.status`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Status {
    #[wire("0+")]
    pub status_code: i8,
    #[wire("0+")]
    pub status_detail: ByteString,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatResponse.active_tasks`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct StreamsGroupHeartbeatResponseTaskIds {
    #[wire("0+")]
    pub subtopology_id: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatResponse.partitions_by_user_endpoint`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct EndpointToPartitions {
    #[wire("0+")]
    pub user_endpoint: StreamsGroupHeartbeatResponseEndpoint,
    #[wire("0+")]
    pub active_partitions: Vec<TopicPartition>,
    #[wire("0+")]
    pub standby_partitions: Vec<TopicPartition>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `StreamsGroupHeartbeatResponse.partitions_by_user_endpoint.user_endpoint`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct StreamsGroupHeartbeatResponseEndpoint {
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: u16,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupHeartbeatResponse.partitions_by_user_endpoint.active_partitions`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct TopicPartition {
    #[wire("0+")]
    pub topic: ByteString,
    #[wire("0+")]
    pub partitions: Int32Array,
    pub unknown_tagged_fields: TaggedFields,
}
