//! StreamsGroupDescribe: API key 89.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::{Int32Array, TaggedFields};
use crate::error_code::ErrorCode;

/// Asks the coordinator for the state, the topology and the members of streams groups.
///
/// Since KIP-1071. Answered by [`StreamsGroupDescribeResponse`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = STREAMS_GROUP_DESCRIBE, versions = "0", flexible = "0+", response = StreamsGroupDescribeResponse)]
#[non_exhaustive]
pub struct StreamsGroupDescribeRequest {
    #[wire("0+")]
    pub group_ids: Vec<ByteString>,
    #[wire("0+")]
    pub include_authorized_operations: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each group its state, epochs and topology, and its members with their tasks.
///
/// Answers [`StreamsGroupDescribeRequest`].
///
/// Version 0, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = STREAMS_GROUP_DESCRIBE, versions = "0", flexible = "0+")]
#[non_exhaustive]
pub struct StreamsGroupDescribeResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub groups: Vec<DescribedGroup>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupDescribeResponse.groups`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct DescribedGroup {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub group_id: ByteString,
    #[wire("0+")]
    pub group_state: ByteString,
    #[wire("0+")]
    pub group_epoch: i32,
    #[wire("0+")]
    pub assignment_epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub topology: Option<Topology>,
    #[wire("0+")]
    pub members: Vec<Member>,
    #[wire("0+", default = i32::MIN)]
    pub authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `StreamsGroupDescribeResponse.groups.topology`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Topology {
    #[wire("0+")]
    pub epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub subtopologies: Option<Vec<Subtopology>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupDescribeResponse.groups.topology.subtopologies`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Subtopology {
    #[wire("0+")]
    pub subtopology_id: ByteString,
    #[wire("0+")]
    pub source_topics: Vec<ByteString>,
    #[wire("0+")]
    pub repartition_sink_topics: Vec<ByteString>,
    #[wire("0+")]
    pub state_changelog_topics: Vec<TopicInfo>,
    #[wire("0+")]
    pub repartition_source_topics: Vec<TopicInfo>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupDescribeResponse.groups.topology.subtopologies.state_changelog_topics`.
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

/// An element of `StreamsGroupDescribeResponse.groups.topology.subtopologies.state_changelog_topics.topic_configs`.
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

/// An element of `StreamsGroupDescribeResponse.groups.members`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Member {
    #[wire("0+")]
    pub member_id: ByteString,
    #[wire("0+")]
    pub member_epoch: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub instance_id: Option<ByteString>,
    #[wire("0+", nullable = "0+", default = null)]
    pub rack_id: Option<ByteString>,
    #[wire("0+")]
    pub client_id: ByteString,
    #[wire("0+")]
    pub client_host: ByteString,
    #[wire("0+")]
    pub topology_epoch: i32,
    #[wire("0+")]
    pub process_id: ByteString,
    #[wire("0+", nullable = "0+", default = null)]
    pub user_endpoint: Option<Endpoint>,
    #[wire("0+")]
    pub client_tags: Vec<KeyValue>,
    #[wire("0+")]
    pub task_offsets: Vec<TaskOffset>,
    #[wire("0+")]
    pub task_end_offsets: Vec<TaskOffset>,
    #[wire("0+")]
    pub assignment: Assignment,
    #[wire("0+")]
    pub target_assignment: Assignment,
    #[wire("0+")]
    pub is_classic: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// The struct in `StreamsGroupDescribeResponse.groups.members.user_endpoint`.
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

/// An element of `StreamsGroupDescribeResponse.groups.members.task_offsets`.
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

/// The struct in `StreamsGroupDescribeResponse.groups.members.assignment`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0")]
#[non_exhaustive]
pub struct Assignment {
    #[wire("0+")]
    pub active_tasks: Vec<TaskIds>,
    #[wire("0+")]
    pub standby_tasks: Vec<TaskIds>,
    #[wire("0+")]
    pub warmup_tasks: Vec<TaskIds>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `StreamsGroupDescribeResponse.groups.members.assignment.active_tasks`.
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
