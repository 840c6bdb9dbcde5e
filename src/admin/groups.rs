//! Which groups there are; their deletion, and that of members.

use std::collections::BTreeSet;

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::leave_group::MemberIdentity;
use milena_wire::messages::list_groups::ListedGroup;
use milena_wire::messages::{
    DeleteGroupsRequest, LeaveGroupRequest, ListGroupsRequest, ListGroupsResponse,
};

use super::answer::{check, omission, refusal};
use super::convert;
use super::group_descriptions::DescribeConsumerGroups;
use super::group_state::{GroupState, GroupType};
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec, is_unsupported};
use super::per_item::PerItem;
use crate::error::Error;

/// A group that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupListing {
    /// Its id.
    pub group_id: String,
    /// What kind it is; before Kafka 3.8 all are classic.
    pub group_type: GroupType,
    /// What its members do: `consumer`, `connect`, ...; empty if it only has offsets.
    pub protocol_type: String,
    /// What it is about; `None` before Kafka 2.6.
    pub state: Option<GroupState>,
}

impl GroupListing {
    fn from_wire(group: &ListedGroup) -> Self {
        let state = (!group.group_state.is_empty()).then_some(&group.group_state);
        Self {
            group_id: group.group_id.to_string(),
            group_type: match &*group.group_type {
                "" => GroupType::Classic,
                word => GroupType::from_word(word),
            },
            protocol_type: group.protocol_type.to_string(),
            state: state.map(|word| GroupState::from_word(word)),
        }
    }

    /// Whether nobody ever joined it: somebody commits offsets under its name.
    #[must_use]
    pub fn is_simple_consumer_group(&self) -> bool {
        self.group_type == GroupType::Classic && self.protocol_type.is_empty()
    }
}

/// Asks which groups there are: see [`Admin::list_groups`].
#[derive(Clone, Debug)]
pub struct ListGroups {
    states: BTreeSet<GroupState>,
    types: BTreeSet<GroupType>,
    protocol_types: Option<&'static [&'static str]>,
}

impl Operation<ListGroups> {
    /// Only groups in any of these states. Default: all.
    pub fn states(mut self, states: impl IntoIterator<Item = GroupState>) -> Self {
        self.spec.states = states.into_iter().collect();
        self
    }

    /// Only groups of any of these kinds. Default: all.
    pub fn types(mut self, types: impl IntoIterator<Item = GroupType>) -> Self {
        self.spec.types = types.into_iter().collect();
        self
    }
}

impl Spec for ListGroups {
    type Output = Result<PerItem<i32, Vec<GroupListing>>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let brokers = caller.brokers().await?;
        let spec = &self;
        let listed = caller.for_each(brokers, |caller, broker| {
            let broker = *broker;
            async move { spec.of_broker(&caller, broker).await }
        });
        Ok(listed.await)
    }
}

impl ListGroups {
    async fn of_broker(&self, caller: &Caller, broker: i32) -> Result<Vec<GroupListing>, Error> {
        let states = self.states.iter().map(|state| state.name().into());
        let types = self.types.iter().map(|kind| kind.name().into());
        let request = ListGroupsRequest::default()
            .with_states_filter(states.collect::<Vec<_>>())
            .with_types_filter(types.collect::<Vec<_>>());
        let answer = match caller.send_to(broker, request).await {
            // Before Kafka 3.8 one kind, before 2.6 one state cannot be asked for; all are listed, and chosen from here.
            Err(error) if is_unsupported(&error) => {
                caller.send_to(broker, ListGroupsRequest::default()).await?
            }
            answer => answer?,
        };
        self.chosen(&answer)
            .map_err(|error| error.at_broker(broker))
    }

    fn chosen(&self, answer: &ListGroupsResponse) -> Result<Vec<GroupListing>, Error> {
        check::<ListGroupsRequest>(answer.error_code, None)?;
        let listings = answer.groups.iter().map(GroupListing::from_wire);
        let chosen = listings.filter(|group| {
            let is_state = match &group.state {
                Some(state) => self.states.contains(state),
                None => false,
            };
            (self.states.is_empty() || is_state)
                && (self.types.is_empty() || self.types.contains(&group.group_type))
                && self
                    .protocol_types
                    .is_none_or(|types| types.contains(&group.protocol_type.as_str()))
        });
        Ok(chosen.collect())
    }
}

/// Deletes groups: see [`Admin::delete_groups`].
#[derive(Clone, Debug)]
pub struct DeleteGroups(BTreeSet<String>);

impl Spec for DeleteGroups {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.0.into_iter().map(Into::into);
        let request = DeleteGroupsRequest::default().with_groups_names(groups.collect::<Vec<_>>());
        let names = |request: &DeleteGroupsRequest| convert::texts(&request.groups_names);
        caller
            .per_item(request, names, |_, response, results| {
                for group in &response.results {
                    results.tell(&group.group_id.to_string(), group.error_code, None, || ());
                }
            })
            .await
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum GroupMember {
    /// A static member, by its `group.instance.id` (KIP-345).
    Instance(String),
    /// A member by the id that the coordinator gave it.
    Id(String),
}

/// Which members are to go.
#[derive(Clone, Debug)]
enum Leaving {
    All,
    These(BTreeSet<GroupMember>),
}

/// Puts members out of a group: see [`Admin::remove_members_from_consumer_group`].
#[derive(Clone, Debug)]
pub struct RemoveMembers {
    group: String,
    members: Leaving,
    reason: String,
}

impl Operation<RemoveMembers> {
    /// Why, for the broker's log (KIP-800). Default: that an administrator did it.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.spec.reason = reason.into();
        self
    }
}

impl Spec for RemoveMembers {
    type Output = Result<PerItem<GroupMember, ()>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let members = match self.members {
            Leaving::These(members) => members,
            Leaving::All => members_of(&caller, &self.group).await?,
        };
        if members.is_empty() {
            return Ok(PerItem::from_iter([]));
        }
        let identities = members.iter().map(|member| {
            let identity = MemberIdentity::default().with_reason(self.reason.clone());
            match member {
                GroupMember::Instance(id) => identity.with_group_instance_id(id.clone()),
                GroupMember::Id(id) => identity.with_member_id(id.clone()),
            }
        });
        let request = LeaveGroupRequest::default()
            .with_group_id(self.group)
            .with_members(identities.collect::<Vec<_>>());
        let response = caller.send(request).await?;
        check::<LeaveGroupRequest>(response.error_code, None)?;
        let api = LeaveGroupRequest::API_KEY;
        let results = members.into_iter().map(|member| {
            let answer = response.members.iter().find(|answer| match &member {
                GroupMember::Instance(id) => answer.group_instance_id.as_deref() == Some(id),
                GroupMember::Id(id) => *answer.member_id == **id,
            });
            let result = match answer.map(|answer| answer.error_code) {
                Some(ErrorCode::NONE) => Ok(()),
                Some(code) => Err(refusal(api, None, code, None)),
                None => Err(omission(api, None)),
            };
            (member, result)
        });
        Ok(results.collect())
    }
}

/// All members of a group, which may be one of KIP-848 with members of the classic protocol.
async fn members_of(caller: &Caller, group: &str) -> Result<BTreeSet<GroupMember>, Error> {
    let group = One(DescribeConsumerGroups::of(group));
    let described = group.run(caller.clone()).await?;
    let members = described.members.into_iter().map(|member| {
        let by_id = || GroupMember::Id(member.member_id);
        member
            .group_instance_id
            .map_or_else(by_id, GroupMember::Instance)
    });
    Ok(members.collect())
}

impl Admin {
    /// Asks every broker for the groups that it coordinates; [`merged`](PerItem::merged) gives all (Java: `listGroups`).
    ///
    /// # Errors
    /// When awaited: if it cannot be found out which brokers there are.
    pub fn list_groups(&self) -> Operation<ListGroups> {
        self.operation(ListGroups {
            states: BTreeSet::new(),
            types: BTreeSet::new(),
            protocol_types: None,
        })
    }

    /// As [`list_groups`](Self::list_groups), and only groups of consumers, of the classic protocol or that of KIP-848 (Java: `listConsumerGroups`).
    ///
    /// # Errors
    /// When awaited: if it cannot be found out which brokers there are.
    pub fn list_consumer_groups(&self) -> Operation<ListGroups> {
        self.operation(ListGroups {
            states: BTreeSet::new(),
            types: BTreeSet::from([GroupType::Classic, GroupType::Consumer]),
            protocol_types: Some(&["consumer", ""]),
        })
    }

    /// Deletes groups that have no members, with their offsets (Java: `deleteConsumerGroups`, `deleteShareGroups`, `deleteStreamsGroups`: the
    /// protocol has one request for all kinds).
    pub fn delete_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DeleteGroups> {
        let groups = groups.into_iter().map(Into::into);
        self.operation(DeleteGroups(groups.collect()))
    }

    /// Deletes a group that has no members, with its offsets.
    ///
    /// # Errors
    /// When awaited: if it was not deleted.
    pub fn delete_group(&self, group: impl Into<String>) -> Operation<One<DeleteGroups>> {
        self.operation(One(DeleteGroups(BTreeSet::from([group.into()]))))
    }

    /// As [`delete_groups`](Self::delete_groups) (Java: `deleteConsumerGroups`).
    pub fn delete_consumer_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DeleteGroups> {
        self.delete_groups(groups)
    }

    /// As [`delete_groups`](Self::delete_groups) (Java: `deleteShareGroups`).
    pub fn delete_share_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DeleteGroups> {
        self.delete_groups(groups)
    }

    /// As [`delete_groups`](Self::delete_groups) (Java: `deleteStreamsGroups`).
    pub fn delete_streams_groups<G: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<DeleteGroups> {
        self.delete_groups(groups)
    }

    /// Puts members out of a classic group of consumers (Java: `removeMembersFromConsumerGroup`, since Kafka 2.4).
    ///
    /// # Errors
    /// When awaited: if the group cannot be asked; what became of each member is told beside that.
    pub fn remove_members_from_consumer_group(
        &self,
        group: impl Into<String>,
        members: impl IntoIterator<Item = GroupMember>,
    ) -> Operation<RemoveMembers> {
        self.operation(RemoveMembers {
            group: group.into(),
            members: Leaving::These(members.into_iter().collect()),
            reason: DEFAULT_REASON.to_owned(),
        })
    }

    /// Puts all members out of a classic group of consumers (Java: `removeMembersFromConsumerGroup` without members).
    ///
    /// # Errors
    /// As [`remove_members_from_consumer_group`](Self::remove_members_from_consumer_group).
    pub fn remove_all_members_from_consumer_group(
        &self,
        group: impl Into<String>,
    ) -> Operation<RemoveMembers> {
        self.operation(RemoveMembers {
            group: group.into(),
            members: Leaving::All,
            reason: DEFAULT_REASON.to_owned(),
        })
    }
}

const DEFAULT_REASON: &str = "an administrator removed the member";
