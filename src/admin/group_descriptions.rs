//! Groups of consumers, with their members.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::consumer_group_describe;
use milena_wire::messages::consumer_protocol::ConsumerProtocolAssignment;
use milena_wire::messages::describe_groups::{DescribedGroup, DescribedGroupMember};
use milena_wire::messages::{ConsumerGroupDescribeRequest, DescribeGroupsRequest};

use super::acl_operation::{AclOperation, authorized_operations};
use super::answer::refusal;
use super::convert;
use super::group_state::{GroupState, GroupType};
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec, is_unsupported};
use super::per_item::PerItem;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

/// A group of consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerGroupDescription {
    /// Its id.
    pub group_id: String,
    /// Classic, or of KIP-848.
    pub group_type: GroupType,
    /// What it is about.
    pub state: GroupState,
    /// The strategy by which it is decided who reads what.
    pub assignor: String,
    /// Its members.
    pub members: Vec<ConsumerGroupMember>,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// How often the group has changed (KIP-848).
    pub group_epoch: Option<i32>,
    /// Which change of it the assignment is for (KIP-848).
    pub target_assignment_epoch: Option<i32>,
    /// What the caller may do with it, if that was asked for.
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A member of a group of consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerGroupMember {
    /// The id that it has from the coordinator.
    pub member_id: String,
    /// Its `group.instance.id`, if it is a static member (KIP-345).
    pub group_instance_id: Option<String>,
    /// The rack that it is in, if it says so (KIP-848).
    pub rack_id: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// The address that it comes from.
    pub client_host: String,
    /// What it reads.
    pub assignment: BTreeSet<TopicPartition>,
    /// What it shall read (KIP-848).
    pub target_assignment: Option<BTreeSet<TopicPartition>>,
    /// Which change of the group it has followed (KIP-848).
    pub member_epoch: Option<i32>,
    /// Whether it speaks the classic protocol in a group of KIP-848 (since Kafka 4.0).
    pub is_classic: Option<bool>,
}

fn assigned(assignment: &consumer_group_describe::Assignment) -> BTreeSet<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    topics
        .flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|partition| TopicPartition::new(&*topic.topic_name, *partition))
        })
        .collect()
}

impl ConsumerGroupDescription {
    fn from_consumer(group: &consumer_group_describe::DescribedGroup, coordinator: i32) -> Self {
        let members = group.members.iter().map(|member| ConsumerGroupMember {
            member_id: member.member_id.to_string(),
            group_instance_id: convert::text(member.instance_id.as_ref()),
            rack_id: convert::text(member.rack_id.as_ref()),
            client_id: member.client_id.to_string(),
            client_host: member.client_host.to_string(),
            assignment: assigned(&member.assignment),
            target_assignment: Some(assigned(&member.target_assignment)),
            member_epoch: Some(member.member_epoch),
            is_classic: convert::known(member.member_type).map(|number| number == 0),
        });
        Self {
            group_id: group.group_id.to_string(),
            group_type: GroupType::Consumer,
            state: GroupState::from_word(&group.group_state),
            assignor: group.assignor_name.to_string(),
            members: members.collect(),
            coordinator,
            group_epoch: Some(group.group_epoch),
            target_assignment_epoch: Some(group.assignment_epoch),
            authorized_operations: authorized_operations(group.authorized_operations),
        }
    }

    fn from_classic(group: &DescribedGroup, coordinator: i32) -> Result<Self, Error> {
        if !matches!(&*group.protocol_type, "" | "consumer") {
            let message = format!(
                "not a group of consumers, but of type {}",
                group.protocol_type
            );
            let code = ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
            let api = DescribeGroupsRequest::API_KEY;
            return Err(refusal(api, Some(coordinator), code, Some(&message)));
        }
        let members = group.members.iter().map(|member| {
            let assignment = decode_assignment(&member.member_assignment)?;
            Ok(ConsumerGroupMember {
                member_id: member.member_id.to_string(),
                group_instance_id: convert::text(member.group_instance_id.as_ref()),
                rack_id: None,
                client_id: member.client_id.to_string(),
                client_host: member.client_host.to_string(),
                assignment,
                target_assignment: None,
                member_epoch: None,
                is_classic: None,
            })
        });
        Ok(Self {
            group_id: group.group_id.to_string(),
            group_type: GroupType::Classic,
            state: GroupState::from_word(&group.group_state),
            assignor: group.protocol_data.to_string(),
            members: members.collect::<Result<_, _>>()?,
            coordinator,
            group_epoch: None,
            target_assignment_epoch: None,
            authorized_operations: authorized_operations(group.authorized_operations),
        })
    }
}

/// What the leader of a classic group of consumers has written for a member: a version, and then the message.
fn decode_assignment(bytes: &Bytes) -> Result<BTreeSet<TopicPartition>, Error> {
    if bytes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let invalid = |error| {
        Error::new(ErrorKind::InvalidResponse(error)).during(DescribeGroupsRequest::API_KEY, None)
    };
    let (assignment, _) =
        milena_wire::decode_with_version::<ConsumerProtocolAssignment>(bytes.clone())
            .map_err(invalid)?;
    Ok(convert::partitions(
        &assignment.assigned_partitions,
        |topic| &topic.topic,
        |topic| topic.partitions.to_vec(),
    )
    .into_iter()
    .collect())
}

/// Asks for groups of consumers: see [`Admin::describe_consumer_groups`].
#[derive(Clone, Debug)]
pub struct DescribeConsumerGroups {
    groups: BTreeSet<String>,
    authorized_operations: bool,
}

impl DescribeConsumerGroups {
    /// Of one group.
    pub(super) fn of(group: &str) -> Self {
        Self {
            groups: BTreeSet::from([group.to_owned()]),
            authorized_operations: false,
        }
    }
}

impl Operation<DescribeConsumerGroups> {
    /// Whether to tell what the caller may do with the groups. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }
}

impl Spec for DescribeConsumerGroups {
    type Output = PerItem<String, ConsumerGroupDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.groups.into_iter().map(Into::into);
        let request = ConsumerGroupDescribeRequest::default()
            .with_group_ids(groups.collect::<Vec<_>>())
            .with_include_authorized_operations(self.authorized_operations);
        let names = |request: &ConsumerGroupDescribeRequest| convert::texts(&request.group_ids);
        let new = caller.per_item(request, names, |_, response, results| {
            let broker = results.broker();
            for group in &response.groups {
                let (key, message) = (group.group_id.to_string(), group.error_message.as_ref());
                results.tell(&key, group.error_code, message, || {
                    ConsumerGroupDescription::from_consumer(group, broker)
                });
            }
        });
        let new = new.await;
        // What is no group of KIP-848, or asked of a broker that knows none, may be a classic one.
        let may_be_classic = |error: &Error| {
            let code = error.broker_code();
            is_unsupported(error)
                || code == Some(ErrorCode::GROUP_ID_NOT_FOUND)
                || code == Some(ErrorCode::UNSUPPORTED_VERSION)
        };
        let left = new.failures().filter(|(_, error)| may_be_classic(error));
        let left: Vec<String> = left.map(|(group, _)| group.clone()).collect();
        let old = describe_classic(
            &caller,
            left,
            self.authorized_operations,
            ConsumerGroupDescription::from_classic,
        );
        let old: BTreeMap<_, _> = old.await.into_iter().collect();
        let mut all: BTreeMap<_, _> = new.into_iter().collect();
        all.extend(old);
        all.into_iter().collect()
    }
}

/// Asks for classic groups, and makes something of each.
async fn describe_classic<T: Send>(
    caller: &Caller,
    groups: Vec<String>,
    operations: bool,
    read: fn(&DescribedGroup, i32) -> Result<T, Error>,
) -> PerItem<String, T> {
    let groups = groups.into_iter().map(Into::into);
    let request = DescribeGroupsRequest::default()
        .with_groups(groups.collect::<Vec<_>>())
        .with_include_authorized_operations(operations);
    let names = |request: &DescribeGroupsRequest| convert::texts(&request.groups);
    caller
        .per_item(request, names, |_, response, results| {
            let broker = results.broker();
            for group in &response.groups {
                let key = group.group_id.to_string();
                let message = group.error_message.as_ref();
                results.tell_result(&key, group.error_code, message, || read(group, broker));
            }
        })
        .await
}

/// A group of the classic protocol, whatever its members do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassicGroupDescription {
    /// Its id.
    pub group_id: String,
    /// What its members do: `consumer`, `connect`, ...; empty if it only has offsets.
    pub protocol_type: String,
    /// The protocol that its members have agreed on: for consumers, the strategy of assignment.
    pub protocol: String,
    /// What it is about.
    pub state: GroupState,
    /// Its members.
    pub members: Vec<ClassicGroupMember>,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// What the caller may do with it, if that was asked for.
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassicGroupMember {
    /// The id that it has from the coordinator.
    pub member_id: String,
    /// Its `group.instance.id`, if it is a static member (KIP-345).
    pub group_instance_id: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// The address that it comes from.
    pub client_host: String,
    /// What it told when it joined, in the form of the protocol type.
    pub metadata: Bytes,
    /// What the leader of the group has written for it, in the form of the protocol type.
    pub assignment: Bytes,
}

impl ClassicGroupMember {
    fn from_wire(member: &DescribedGroupMember) -> Self {
        Self {
            member_id: member.member_id.to_string(),
            group_instance_id: convert::text(member.group_instance_id.as_ref()),
            client_id: member.client_id.to_string(),
            client_host: member.client_host.to_string(),
            metadata: Bytes::copy_from_slice(&member.member_metadata),
            assignment: Bytes::copy_from_slice(&member.member_assignment),
        }
    }
}

/// Asks for classic groups: see [`Admin::describe_classic_groups`].
#[derive(Clone, Debug)]
pub struct DescribeClassicGroups {
    groups: BTreeSet<String>,
    authorized_operations: bool,
}

impl Operation<DescribeClassicGroups> {
    /// Whether to tell what the caller may do with the groups. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }
}

impl Spec for DescribeClassicGroups {
    type Output = PerItem<String, ClassicGroupDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.groups.into_iter().collect();
        describe_classic(
            &caller,
            groups,
            self.authorized_operations,
            |group, broker| {
                Ok(ClassicGroupDescription {
                    group_id: group.group_id.to_string(),
                    protocol_type: group.protocol_type.to_string(),
                    protocol: group.protocol_data.to_string(),
                    state: GroupState::from_word(&group.group_state),
                    members: group
                        .members
                        .iter()
                        .map(ClassicGroupMember::from_wire)
                        .collect(),
                    coordinator: broker,
                    authorized_operations: authorized_operations(group.authorized_operations),
                })
            },
        )
        .await
    }
}

impl Admin {
    /// Asks for groups of consumers, of KIP-848 or classic (Java: `describeConsumerGroups`). Before Kafka 4.0 a group that is not there is
    /// [`Dead`](GroupState::Dead).
    pub fn describe_consumer_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DescribeConsumerGroups> {
        self.operation(DescribeConsumerGroups {
            groups: groups.into_iter().map(Into::into).collect(),
            authorized_operations: false,
        })
    }

    /// Asks for a group of consumers.
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_consumer_group(
        &self,
        group: impl Into<String>,
    ) -> Operation<One<DescribeConsumerGroups>> {
        self.operation(One(DescribeConsumerGroups {
            groups: BTreeSet::from([group.into()]),
            authorized_operations: false,
        }))
    }

    /// Asks for classic groups, whatever their members do (Java: `describeClassicGroups`).
    pub fn describe_classic_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DescribeClassicGroups> {
        self.operation(DescribeClassicGroups {
            groups: groups.into_iter().map(Into::into).collect(),
            authorized_operations: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::messages::consumer_protocol;

    use super::*;

    fn group(protocol_type: &'static str, assignment: Bytes) -> DescribedGroup {
        let member = DescribedGroupMember::default()
            .with_member_id("m")
            .with_member_assignment(assignment);
        DescribedGroup::default()
            .with_group_id("g")
            .with_group_state("Stable")
            .with_protocol_type(protocol_type)
            .with_members(vec![member])
    }

    #[test]
    fn the_assignment_of_a_classic_member_is_read() {
        let topic = consumer_protocol::ConsumerProtocolAssignmentTopicPartition::default()
            .with_topic("orders")
            .with_partitions(vec![3, 1]);
        let assignment =
            ConsumerProtocolAssignment::default().with_assigned_partitions(vec![topic]);
        let bytes = milena_wire::encode_with_version(&assignment, 1).unwrap();
        let described =
            ConsumerGroupDescription::from_classic(&group("consumer", bytes), 7).unwrap();
        let partitions = [1, 3].map(|partition| TopicPartition::new("orders", partition));
        assert_eq!(described.members[0].assignment, BTreeSet::from(partitions));
        assert_eq!(
            (described.coordinator, described.state),
            (7, GroupState::Stable)
        );
        // One that has none yet.
        let described =
            ConsumerGroupDescription::from_classic(&group("", Bytes::new()), 7).unwrap();
        assert_eq!(described.members[0].assignment, BTreeSet::new());
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let broken = group("consumer", Bytes::from_static(&[0, 0, 0xff]));
        let error = ConsumerGroupDescription::from_classic(&broken, 7).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidResponse(_)),
            "{error}"
        );
        let other = group("connect", Bytes::new());
        let error = ConsumerGroupDescription::from_classic(&other, 7).unwrap_err();
        assert_eq!(
            error.broker_code(),
            Some(ErrorCode::INCONSISTENT_GROUP_PROTOCOL)
        );
    }
}
