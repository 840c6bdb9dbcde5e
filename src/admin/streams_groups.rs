//! Groups of Kafka Streams applications (KIP-1071).

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::messages::StreamsGroupDescribeRequest;
use milena_wire::messages::streams_group_describe::{
    Assignment, DescribedGroup, KeyValue, Member, Subtopology, TaskIds, TaskOffset, TopicInfo,
};

use super::acl_operation::{AclOperation, authorized_operations};
use super::convert;
use super::group_state::GroupState;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;

/// The group of a Kafka Streams application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamsGroupDescription {
    /// Its id.
    pub group_id: String,
    /// What it is about.
    pub state: GroupState,
    /// How often the group has changed.
    pub group_epoch: i32,
    /// Which change of it the assignment is for.
    pub target_assignment_epoch: i32,
    /// How often the topology has changed; `None` if the broker knows none.
    pub topology_epoch: Option<i32>,
    /// The parts of the topology.
    pub subtopologies: Vec<StreamsSubtopology>,
    /// Its members.
    pub members: Vec<StreamsGroupMember>,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// What the caller may do with it, if that was asked for.
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A part of a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamsSubtopology {
    /// Its id.
    pub id: String,
    /// The topics that it reads.
    pub source_topics: Vec<String>,
    /// The topics for new partitions that it writes.
    pub repartition_sink_topics: Vec<String>,
    /// The topics with the changes of its state.
    pub state_changelog_topics: BTreeMap<String, StreamsTopic>,
    /// The topics for new partitions that it reads.
    pub repartition_source_topics: BTreeMap<String, StreamsTopic>,
}

/// A topic that belongs to a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamsTopic {
    /// How many partitions it has; zero if that follows from other topics.
    pub partitions: i32,
    /// How many replicas each has; zero if that is the broker's default.
    pub replication_factor: i16,
    /// Its configs.
    pub configs: BTreeMap<String, String>,
}

/// A member of a Kafka Streams application's group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamsGroupMember {
    /// Its id.
    pub member_id: String,
    /// Which change of the group it has followed.
    pub member_epoch: i32,
    /// Its `group.instance.id`, if it is a static member.
    pub group_instance_id: Option<String>,
    /// The rack that it is in, if it says so.
    pub rack_id: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// The address that it comes from.
    pub client_host: String,
    /// Which change of the topology it has.
    pub topology_epoch: i32,
    /// The process that it is in.
    pub process_id: String,
    /// Where it answers interactive queries, as host and port.
    pub user_endpoint: Option<(String, u16)>,
    /// What it says of itself.
    pub client_tags: BTreeMap<String, String>,
    /// How far its tasks are.
    pub task_offsets: BTreeMap<StreamsTask, i64>,
    /// How far they could be.
    pub task_end_offsets: BTreeMap<StreamsTask, i64>,
    /// What it does.
    pub assignment: StreamsAssignment,
    /// What it shall do.
    pub target_assignment: StreamsAssignment,
    /// Whether it speaks the classic protocol.
    pub is_classic: bool,
}

/// A task: a part of the topology, for one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct StreamsTask {
    /// The part of the topology.
    pub subtopology: String,
    /// The number of the partition.
    pub partition: i32,
}

/// The tasks of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamsAssignment {
    /// Those that it does.
    pub active: BTreeSet<StreamsTask>,
    /// Those whose state it keeps ready to take over.
    pub standby: BTreeSet<StreamsTask>,
    /// Those whose state it is building up.
    pub warmup: BTreeSet<StreamsTask>,
}

fn tasks(ids: &[TaskIds]) -> BTreeSet<StreamsTask> {
    let tasks = ids.iter().flat_map(|task| {
        let partitions = task.partitions.iter();
        partitions.map(|partition| StreamsTask {
            subtopology: task.subtopology_id.to_string(),
            partition: *partition,
        })
    });
    tasks.collect()
}

fn assignment(assignment: &Assignment) -> StreamsAssignment {
    StreamsAssignment {
        active: tasks(&assignment.active_tasks),
        standby: tasks(&assignment.standby_tasks),
        warmup: tasks(&assignment.warmup_tasks),
    }
}

fn task_offsets(offsets: &[TaskOffset]) -> BTreeMap<StreamsTask, i64> {
    let offsets = offsets.iter().map(|task| {
        let key = StreamsTask {
            subtopology: task.subtopology_id.to_string(),
            partition: task.partition,
        };
        (key, task.offset)
    });
    offsets.collect()
}

fn pairs(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|pair| (pair.key.to_string(), pair.value.to_string()))
        .collect()
}

fn topics(topics: &[TopicInfo]) -> BTreeMap<String, StreamsTopic> {
    let topics = topics.iter().map(|topic| {
        let info = StreamsTopic {
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
            configs: pairs(&topic.topic_configs),
        };
        (topic.name.to_string(), info)
    });
    topics.collect()
}

fn subtopology(part: &Subtopology) -> StreamsSubtopology {
    StreamsSubtopology {
        id: part.subtopology_id.to_string(),
        source_topics: convert::texts(&part.source_topics),
        repartition_sink_topics: convert::texts(&part.repartition_sink_topics),
        state_changelog_topics: topics(&part.state_changelog_topics),
        repartition_source_topics: topics(&part.repartition_source_topics),
    }
}

fn member(member: &Member) -> StreamsGroupMember {
    let endpoint = member.user_endpoint.as_ref();
    StreamsGroupMember {
        member_id: member.member_id.to_string(),
        member_epoch: member.member_epoch,
        group_instance_id: convert::text(member.instance_id.as_ref()),
        rack_id: convert::text(member.rack_id.as_ref()),
        client_id: member.client_id.to_string(),
        client_host: member.client_host.to_string(),
        topology_epoch: member.topology_epoch,
        process_id: member.process_id.to_string(),
        user_endpoint: endpoint.map(|endpoint| (endpoint.host.to_string(), endpoint.port)),
        client_tags: pairs(&member.client_tags),
        task_offsets: task_offsets(&member.task_offsets),
        task_end_offsets: task_offsets(&member.task_end_offsets),
        assignment: assignment(&member.assignment),
        target_assignment: assignment(&member.target_assignment),
        is_classic: member.is_classic,
    }
}

impl StreamsGroupDescription {
    fn from_wire(group: &DescribedGroup, coordinator: i32) -> Self {
        let topology = group.topology.as_ref();
        let parts = topology.and_then(|topology| topology.subtopologies.as_ref());
        Self {
            group_id: group.group_id.to_string(),
            state: GroupState::from_word(&group.group_state),
            group_epoch: group.group_epoch,
            target_assignment_epoch: group.assignment_epoch,
            topology_epoch: topology.map(|topology| topology.epoch),
            subtopologies: parts.into_iter().flatten().map(subtopology).collect(),
            members: group.members.iter().map(member).collect(),
            coordinator,
            authorized_operations: authorized_operations(group.authorized_operations),
        }
    }
}

/// Asks for the groups of Kafka Streams applications: see [`Admin::describe_streams_groups`].
#[derive(Clone, Debug)]
pub struct DescribeStreamsGroups {
    groups: BTreeSet<String>,
    authorized_operations: bool,
}

impl Operation<DescribeStreamsGroups> {
    /// Whether to tell what the caller may do with the groups. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }
}

impl Spec for DescribeStreamsGroups {
    type Output = PerItem<String, StreamsGroupDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.groups.into_iter().map(Into::into);
        let request = StreamsGroupDescribeRequest::default()
            .with_group_ids(groups.collect::<Vec<_>>())
            .with_include_authorized_operations(self.authorized_operations);
        let names = |request: &StreamsGroupDescribeRequest| convert::texts(&request.group_ids);
        caller
            .per_item(request, names, |_, response, results| {
                let broker = results.broker();
                for group in &response.groups {
                    let key = group.group_id.to_string();
                    let message = group.error_message.as_ref();
                    results.tell(&key, group.error_code, message, || {
                        StreamsGroupDescription::from_wire(group, broker)
                    });
                }
            })
            .await
    }
}

impl Admin {
    /// Asks for the groups of Kafka Streams applications (Java: `describeStreamsGroups`, since Kafka 4.1).
    pub fn describe_streams_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DescribeStreamsGroups> {
        self.operation(DescribeStreamsGroups {
            groups: groups.into_iter().map(Into::into).collect(),
            authorized_operations: false,
        })
    }
}
