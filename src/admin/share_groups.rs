//! Share groups (KIP-932).

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_share_group_offsets::{
    AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
};
use milena_wire::messages::delete_share_group_offsets::DeleteShareGroupOffsetsRequestTopic;
use milena_wire::messages::describe_share_group_offsets::{
    DescribeShareGroupOffsetsRequestGroup, DescribeShareGroupOffsetsRequestTopic,
    DescribeShareGroupOffsetsResponseGroup, DescribeShareGroupOffsetsResponsePartition,
};
use milena_wire::messages::share_group_describe::{Assignment, DescribedGroup};
use milena_wire::messages::{
    AlterShareGroupOffsetsRequest, DeleteShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequest, ShareGroupDescribeRequest,
};

use super::acl_operation::{AclOperation, authorized_operations};
use super::answer::{omission, refusal};
use super::convert;
use super::group_offsets::GroupOffsets;
use super::group_state::GroupState;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// A share group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareGroupDescription {
    /// Its id.
    pub group_id: String,
    /// What it is about.
    pub state: GroupState,
    /// The strategy by which it is decided who reads what.
    pub assignor: String,
    /// Its members.
    pub members: Vec<ShareGroupMember>,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// How often the group has changed.
    pub group_epoch: i32,
    /// Which change of it the assignment is for.
    pub target_assignment_epoch: i32,
    /// What the caller may do with it, if that was asked for.
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A member of a share group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareGroupMember {
    /// Its id.
    pub member_id: String,
    /// The rack that it is in, if it says so.
    pub rack_id: Option<String>,
    /// Which change of the group it has followed.
    pub member_epoch: i32,
    /// What the client calls itself.
    pub client_id: String,
    /// The address that it comes from.
    pub client_host: String,
    /// The topics that it wants.
    pub subscribed_topics: Vec<String>,
    /// What it reads, beside others.
    pub assignment: BTreeSet<TopicPartition>,
}

fn assigned(assignment: &Assignment) -> BTreeSet<TopicPartition> {
    convert::partitions(
        &assignment.topic_partitions,
        |topic| &topic.topic_name,
        |topic| topic.partitions.to_vec(),
    )
    .into_iter()
    .collect()
}

impl ShareGroupDescription {
    fn from_wire(group: &DescribedGroup, coordinator: i32) -> Self {
        let members = group.members.iter().map(|member| ShareGroupMember {
            member_id: member.member_id.to_string(),
            rack_id: convert::text(member.rack_id.as_ref()),
            member_epoch: member.member_epoch,
            client_id: member.client_id.to_string(),
            client_host: member.client_host.to_string(),
            subscribed_topics: convert::texts(&member.subscribed_topic_names),
            assignment: assigned(&member.assignment),
        });
        Self {
            group_id: group.group_id.to_string(),
            state: GroupState::from_word(&group.group_state),
            assignor: group.assignor_name.to_string(),
            members: members.collect(),
            coordinator,
            group_epoch: group.group_epoch,
            target_assignment_epoch: group.assignment_epoch,
            authorized_operations: authorized_operations(group.authorized_operations),
        }
    }
}

/// Asks for share groups: see [`Admin::describe_share_groups`].
#[derive(Clone, Debug)]
pub struct DescribeShareGroups {
    groups: BTreeSet<String>,
    authorized_operations: bool,
}

impl Operation<DescribeShareGroups> {
    /// Whether to tell what the caller may do with the groups. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }
}

impl Spec for DescribeShareGroups {
    type Output = PerItem<String, ShareGroupDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.groups.into_iter().map(Into::into);
        let request = ShareGroupDescribeRequest::default()
            .with_group_ids(groups.collect::<Vec<_>>())
            .with_include_authorized_operations(self.authorized_operations);
        let names = |request: &ShareGroupDescribeRequest| convert::texts(&request.group_ids);
        caller
            .per_item(request, names, |_, response, results| {
                let broker = results.broker();
                for group in &response.groups {
                    let key = group.group_id.to_string();
                    let message = group.error_message.as_ref();
                    results.tell(&key, group.error_code, message, || {
                        ShareGroupDescription::from_wire(group, broker)
                    });
                }
            })
            .await
    }
}

/// From where on a share group reads a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareGroupOffset {
    /// The first offset that is not done with.
    pub start_offset: i64,
    /// The leader's epoch of the partition.
    pub leader_epoch: Option<i32>,
    /// How many records are not done with, if the broker knows (since Kafka 4.2).
    pub lag: Option<i64>,
}

/// What is known of each partition; `None` if the group has not begun with it.
type Offsets = PerItem<TopicPartition, Option<ShareGroupOffset>>;

/// Asks for the offsets of share groups: see [`Admin::list_share_group_offsets`].
#[derive(Clone, Debug)]
pub struct ListShareGroupOffsets(BTreeMap<String, Option<BTreeSet<TopicPartition>>>);

impl Spec for ListShareGroupOffsets {
    type Output = PerItem<String, Offsets>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.0.iter().map(|(group, partitions)| {
            let wire = DescribeShareGroupOffsetsRequestGroup::default();
            let mut wire = wire.with_group_id(group.clone());
            wire.topics = partitions.as_ref().map(|partitions| {
                let topics = convert::numbers_by_topic(partitions).into_iter();
                let topics = topics.map(|(name, numbers)| {
                    DescribeShareGroupOffsetsRequestTopic::default()
                        .with_topic_name(name)
                        .with_partitions(numbers)
                });
                topics.collect()
            });
            wire
        });
        let request =
            DescribeShareGroupOffsetsRequest::default().with_groups(groups.collect::<Vec<_>>());
        let names = |request: &DescribeShareGroupOffsetsRequest| {
            let groups = request.groups.iter();
            groups.map(|group| group.group_id.to_string()).collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                for group in &response.groups {
                    let key = group.group_id.to_string();
                    let asked = self.0.get(&key).and_then(Option::as_ref);
                    let message = group.error_message.as_ref();
                    results.tell(&key, group.error_code, message, || offsets(asked, group));
                }
            })
            .await
    }
}

fn offset(
    one: &DescribeShareGroupOffsetsResponsePartition,
) -> Result<Option<ShareGroupOffset>, Error> {
    if one.error_code != ErrorCode::NONE {
        let api = DescribeShareGroupOffsetsRequest::API_KEY;
        let message = one.error_message.as_deref();
        return Err(refusal(api, None, one.error_code, message));
    }
    let start_offset = convert::known(one.start_offset);
    Ok(start_offset.map(|start_offset| ShareGroupOffset {
        start_offset,
        leader_epoch: convert::known(one.leader_epoch),
        lag: convert::known(one.lag),
    }))
}

fn offsets(
    asked: Option<&BTreeSet<TopicPartition>>,
    group: &DescribeShareGroupOffsetsResponseGroup,
) -> Offsets {
    let mut told = BTreeMap::new();
    for topic in &group.topics {
        for one in &topic.partitions {
            let key = TopicPartition::new(&*topic.topic_name, one.partition_index);
            if asked.is_none_or(|asked| asked.contains(&key)) {
                told.entry(key).or_insert_with(|| offset(one));
            }
        }
    }
    for key in asked.into_iter().flatten() {
        if !told.contains_key(key) {
            let omitted = omission(DescribeShareGroupOffsetsRequest::API_KEY, None);
            told.insert(key.clone(), Err(omitted));
        }
    }
    told.into_iter().collect()
}

/// Sets from where on a share group reads: see [`Admin::alter_share_group_offsets`].
#[derive(Clone, Debug)]
pub struct AlterShareGroupOffsets {
    group: String,
    offsets: BTreeMap<TopicPartition, i64>,
}

impl Spec for AlterShareGroupOffsets {
    type Output = PerItem<TopicPartition, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::by_topic(self.offsets).into_iter();
        let topics = topics.map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|(partition, offset)| {
                AlterShareGroupOffsetsRequestPartition::default()
                    .with_partition_index(partition)
                    .with_start_offset(offset)
            });
            AlterShareGroupOffsetsRequestTopic::default()
                .with_topic_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = AlterShareGroupOffsetsRequest::default()
            .with_group_id(self.group)
            .with_topics(topics.collect::<Vec<_>>());
        let keys = |request: &AlterShareGroupOffsetsRequest| {
            convert::partitions(
                &request.topics,
                |topic| &topic.topic_name,
                |topic| {
                    let partitions = topic.partitions.iter();
                    partitions.map(|one| one.partition_index).collect()
                },
            )
        };
        caller
            .per_item(request, keys, |_, response, results| {
                results.tell_all(response.error_code, response.error_message.as_ref());
                for topic in &response.responses {
                    for one in &topic.partitions {
                        let key = TopicPartition::new(&*topic.topic_name, one.partition_index);
                        results.tell(&key, one.error_code, one.error_message.as_ref(), || ());
                    }
                }
            })
            .await
    }
}

/// Deletes what share groups know of topics: see [`Admin::delete_share_group_offsets`].
#[derive(Clone, Debug)]
pub struct DeleteShareGroupOffsets {
    group: String,
    topics: BTreeSet<String>,
}

impl Spec for DeleteShareGroupOffsets {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = self.topics.into_iter().map(|topic| {
            let wire = DeleteShareGroupOffsetsRequestTopic::default();
            wire.with_topic_name(topic)
        });
        let request = DeleteShareGroupOffsetsRequest::default()
            .with_group_id(self.group)
            .with_topics(topics.collect::<Vec<_>>());
        let names = |request: &DeleteShareGroupOffsetsRequest| {
            let topics = request.topics.iter();
            topics.map(|topic| topic.topic_name.to_string()).collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                results.tell_all(response.error_code, response.error_message.as_ref());
                for topic in &response.responses {
                    let message = topic.error_message.as_ref();
                    results.tell(
                        &topic.topic_name.to_string(),
                        topic.error_code,
                        message,
                        || (),
                    );
                }
            })
            .await
    }
}

impl Admin {
    /// Asks for share groups (Java: `describeShareGroups`, since Kafka 4.1).
    pub fn describe_share_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DescribeShareGroups> {
        self.operation(DescribeShareGroups {
            groups: groups.into_iter().map(Into::into).collect(),
            authorized_operations: false,
        })
    }

    /// Asks from where on share groups read (Java: `listShareGroupOffsets`, since Kafka 4.1).
    pub fn list_share_group_offsets<G: Into<GroupOffsets>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<ListShareGroupOffsets> {
        let groups = groups.into_iter().map(Into::into);
        let groups = groups.map(|one: GroupOffsets| (one.group, one.partitions));
        self.operation(ListShareGroupOffsets(groups.collect()))
    }

    /// Sets from where on a share group reads; it must have no members (Java: `alterShareGroupOffsets`, since Kafka 4.1).
    pub fn alter_share_group_offsets<P: Into<TopicPartition>>(
        &self,
        group: impl Into<String>,
        offsets: impl IntoIterator<Item = (P, i64)>,
    ) -> Operation<AlterShareGroupOffsets> {
        let offsets = offsets.into_iter();
        let offsets = offsets.map(|(partition, offset)| (partition.into(), offset));
        self.operation(AlterShareGroupOffsets {
            group: group.into(),
            offsets: offsets.collect(),
        })
    }

    /// Makes a share group forget topics; it must have no members (Java: `deleteShareGroupOffsets`, since Kafka 4.1).
    pub fn delete_share_group_offsets<T: Into<String>>(
        &self,
        group: impl Into<String>,
        topics: impl IntoIterator<Item = T>,
    ) -> Operation<DeleteShareGroupOffsets> {
        self.operation(DeleteShareGroupOffsets {
            group: group.into(),
            topics: topics.into_iter().map(Into::into).collect(),
        })
    }
}
