//! How far groups have read.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use milena_wire::messages::offset_delete::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use milena_wire::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use milena_wire::messages::{OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest};

use super::answer::{check, omission, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec, needs_older};
use super::per_item::PerItem;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// An offset that a group has committed, or is to: of the record that it reads next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommittedOffset {
    /// The offset.
    pub offset: i64,
    /// The leader's epoch of the record before it, if it was told (KIP-320).
    pub leader_epoch: Option<i32>,
    /// What was noted beside it.
    pub metadata: String,
}

impl CommittedOffset {
    /// This offset, with nothing beside it.
    #[must_use]
    pub fn new(offset: i64) -> Self {
        Self {
            offset,
            leader_epoch: None,
            metadata: String::new(),
        }
    }

    /// With a note beside it.
    #[must_use]
    pub fn metadata(mut self, metadata: impl Into<String>) -> Self {
        self.metadata = metadata.into();
        self
    }

    /// With the leader's epoch of the record before it.
    #[must_use]
    pub fn leader_epoch(mut self, epoch: i32) -> Self {
        self.leader_epoch = Some(epoch);
        self
    }
}

impl From<i64> for CommittedOffset {
    fn from(offset: i64) -> Self {
        Self::new(offset)
    }
}

/// A group, and of which partitions its offsets are wanted (Java: `ListConsumerGroupOffsetsSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOffsets {
    pub(super) group: String,
    pub(super) partitions: Option<BTreeSet<TopicPartition>>,
}

impl GroupOffsets {
    /// All that the group has committed.
    pub fn of(group: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            partitions: None,
        }
    }

    /// Only those of these partitions.
    #[must_use]
    pub fn only<P: Into<TopicPartition>>(self, partitions: impl IntoIterator<Item = P>) -> Self {
        let partitions = partitions.into_iter().map(Into::into);
        Self {
            partitions: Some(partitions.collect()),
            ..self
        }
    }
}

impl<G: Into<String>> From<G> for GroupOffsets {
    fn from(group: G) -> Self {
        Self::of(group)
    }
}

/// What is committed of each partition; `None` if nothing is.
type Offsets = PerItem<TopicPartition, Option<CommittedOffset>>;

/// Asks for committed offsets: see [`Admin::list_consumer_group_offsets`].
#[derive(Clone, Debug)]
pub struct ListGroupOffsets {
    groups: BTreeMap<String, Option<BTreeSet<TopicPartition>>>,
    require_stable: bool,
}

impl Operation<ListGroupOffsets> {
    /// Whether to wait until no open transaction may change the offsets (KIP-447, since Kafka 2.5). Default: no.
    pub fn require_stable(mut self, stable: bool) -> Self {
        self.spec.require_stable = stable;
        self
    }
}

/// What an answer says of a partition.
struct Fetched<'a> {
    key: TopicPartition,
    code: ErrorCode,
    offset: i64,
    leader_epoch: i32,
    metadata: Option<&'a str>,
}

impl Fetched<'_> {
    fn result(self) -> Result<Option<CommittedOffset>, Error> {
        match self.code {
            ErrorCode::NONE => {}
            code => return Err(refusal(OffsetFetchRequest::API_KEY, None, code, None)),
        }
        let offset = convert::known(self.offset);
        Ok(offset.map(|offset| CommittedOffset {
            offset,
            leader_epoch: convert::known(self.leader_epoch),
            metadata: self.metadata.unwrap_or_default().to_owned(),
        }))
    }
}

/// The offsets that were asked for; one that the answer omits is an error, and not that there is none.
fn offsets<'a>(
    asked: Option<&BTreeSet<TopicPartition>>,
    fetched: impl Iterator<Item = Fetched<'a>>,
) -> Offsets {
    let mut told = BTreeMap::new();
    for one in fetched {
        let is_asked = asked.is_none_or(|asked| asked.contains(&one.key));
        if is_asked && !told.contains_key(&one.key) {
            told.insert(one.key.clone(), one.result());
        }
    }
    for key in asked.into_iter().flatten() {
        if !told.contains_key(key) {
            let omitted = omission(OffsetFetchRequest::API_KEY, None);
            told.insert(key.clone(), Err(omitted));
        }
    }
    told.into_iter().collect()
}

impl Spec for ListGroupOffsets {
    type Output = PerItem<String, Offsets>;

    async fn run(self, caller: Caller) -> Self::Output {
        let groups = self.groups.iter().map(|(group, partitions)| {
            let mut wire = OffsetFetchRequestGroup::default().with_group_id(group.clone());
            wire.topics = partitions.as_ref().map(|partitions| {
                let topics = convert::numbers_by_topic(partitions).into_iter();
                let topics = topics.map(|(name, numbers)| {
                    OffsetFetchRequestTopics::default()
                        .with_name(name)
                        .with_partition_indexes(numbers)
                });
                topics.collect()
            });
            wire
        });
        let request = OffsetFetchRequest::default()
            .with_groups(groups.collect::<Vec<_>>())
            .with_require_stable(self.require_stable);
        let names = |request: &OffsetFetchRequest| {
            let groups = request.groups.iter();
            groups.map(|group| group.group_id.to_string()).collect()
        };
        let listed = caller.per_item(request, names, |_, response, results| {
            for group in &response.groups {
                let key = group.group_id.to_string();
                let asked = self.groups.get(&key).and_then(Option::as_ref);
                results.tell(&key, group.error_code, None, || {
                    let fetched = group.topics.iter().flat_map(|topic| {
                        topic.partitions.iter().map(|one| Fetched {
                            key: TopicPartition::new(&*topic.name, one.partition_index),
                            code: one.error_code,
                            offset: one.committed_offset,
                            leader_epoch: one.committed_leader_epoch,
                            metadata: one.metadata.as_deref(),
                        })
                    });
                    offsets(asked, fetched)
                });
            }
        });
        let listed = listed.await;
        if !needs_older(&listed) {
            return listed;
        }
        // Before Kafka 3.0 each group is asked for by itself.
        let spec = &self;
        let old = caller.for_each(self.groups.keys().cloned(), |caller, group| {
            let group = group.clone();
            async move { spec.one(&caller, group).await }
        });
        old.await
    }
}

impl ListGroupOffsets {
    fn of(groups: impl IntoIterator<Item = GroupOffsets>) -> Self {
        let groups = groups.into_iter();
        Self {
            groups: groups.map(|one| (one.group, one.partitions)).collect(),
            require_stable: false,
        }
    }

    async fn one(&self, caller: &Caller, group: String) -> Result<Offsets, Error> {
        let asked = self.groups.get(&group).and_then(Option::as_ref);
        let mut request = OffsetFetchRequest::default()
            .with_group_id(group)
            .with_require_stable(self.require_stable);
        request.topics = asked.map(|asked| {
            let topics = convert::numbers_by_topic(asked).into_iter();
            let topics = topics.map(|(name, numbers)| {
                OffsetFetchRequestTopic::default()
                    .with_name(name)
                    .with_partition_indexes(numbers)
            });
            topics.collect()
        });
        let response = caller.send(request).await?;
        check::<OffsetFetchRequest>(response.error_code, None)?;
        let fetched = response.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|one| Fetched {
                key: TopicPartition::new(&*topic.name, one.partition_index),
                code: one.error_code,
                offset: one.committed_offset,
                leader_epoch: one.committed_leader_epoch,
                metadata: one.metadata.as_deref(),
            })
        });
        Ok(offsets(asked, fetched))
    }
}

/// Sets committed offsets: see [`Admin::alter_consumer_group_offsets`].
#[derive(Clone, Debug)]
pub struct AlterGroupOffsets {
    group: String,
    offsets: BTreeMap<TopicPartition, CommittedOffset>,
}

impl Spec for AlterGroupOffsets {
    type Output = PerItem<TopicPartition, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::by_topic(self.offsets).into_iter();
        let topics = topics.map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|(partition, committed)| {
                OffsetCommitRequestPartition::default()
                    .with_partition_index(partition)
                    .with_committed_offset(committed.offset)
                    .with_committed_leader_epoch(committed.leader_epoch.unwrap_or(-1))
                    .with_committed_metadata(committed.metadata)
            });
            OffsetCommitRequestTopic::default()
                .with_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = OffsetCommitRequest::default()
            .with_group_id(self.group)
            .with_topics(topics.collect::<Vec<_>>());
        let keys = |request: &OffsetCommitRequest| {
            convert::partitions(
                &request.topics,
                |topic| &topic.name,
                |topic| {
                    let partitions = topic.partitions.iter();
                    partitions.map(|one| one.partition_index).collect()
                },
            )
        };
        caller
            .per_item(request, keys, |_, response, results| {
                for topic in &response.topics {
                    for one in &topic.partitions {
                        let key = TopicPartition::new(&*topic.name, one.partition_index);
                        results.tell(&key, one.error_code, None, || ());
                    }
                }
            })
            .await
    }
}

/// Deletes committed offsets: see [`Admin::delete_consumer_group_offsets`].
#[derive(Clone, Debug)]
pub struct DeleteGroupOffsets {
    group: String,
    partitions: BTreeSet<TopicPartition>,
}

impl Spec for DeleteGroupOffsets {
    type Output = PerItem<TopicPartition, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::numbers_by_topic(&self.partitions).into_iter();
        let topics = topics.map(|(name, numbers)| {
            let partitions = numbers
                .into_iter()
                .map(|number| OffsetDeleteRequestPartition::default().with_partition_index(number));
            OffsetDeleteRequestTopic::default()
                .with_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = OffsetDeleteRequest::default()
            .with_group_id(self.group)
            .with_topics(topics.collect::<Vec<_>>());
        let keys = |request: &OffsetDeleteRequest| {
            convert::partitions(
                &request.topics,
                |topic| &topic.name,
                |topic| {
                    let partitions = topic.partitions.iter();
                    partitions.map(|one| one.partition_index).collect()
                },
            )
        };
        caller
            .per_item(request, keys, |_, response, results| {
                results.tell_all(response.error_code, None);
                for topic in &response.topics {
                    for one in &topic.partitions {
                        let key = TopicPartition::new(&*topic.name, one.partition_index);
                        results.tell(&key, one.error_code, None, || ());
                    }
                }
            })
            .await
    }
}

impl Admin {
    /// Asks how far groups have read: of each partition that is asked for, what is committed, or `None` (Java: `listConsumerGroupOffsets`,
    /// `listStreamsGroupOffsets`: the protocol has one request for both).
    ///
    /// ```no_run
    /// # async fn example(client: milena::Client) -> Result<(), milena::Error> {
    /// use milena::admin::GroupOffsets;
    ///
    /// let some = GroupOffsets::of("billing").only([("orders", 0), ("orders", 1)]);
    /// let offsets = client.admin().list_consumer_group_offsets([some, "audit".into()]).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_consumer_group_offsets<G: Into<GroupOffsets>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<ListGroupOffsets> {
        let groups = groups.into_iter().map(Into::into);
        self.operation(ListGroupOffsets::of(groups))
    }

    /// Asks how far a group has read.
    ///
    /// # Errors
    /// When awaited: if the group's offsets are not told; each partition may have an error of its own.
    pub fn consumer_group_offsets(
        &self,
        group: impl Into<GroupOffsets>,
    ) -> Operation<One<ListGroupOffsets>> {
        self.operation(One(ListGroupOffsets::of([group.into()])))
    }

    /// Sets how far a group has read; it must have no members (Java: `alterConsumerGroupOffsets`, `alterStreamsGroupOffsets`).
    pub fn alter_consumer_group_offsets<P: Into<TopicPartition>, O: Into<CommittedOffset>>(
        &self,
        group: impl Into<String>,
        offsets: impl IntoIterator<Item = (P, O)>,
    ) -> Operation<AlterGroupOffsets> {
        let offsets = offsets.into_iter();
        let offsets = offsets.map(|(partition, offset)| (partition.into(), offset.into()));
        self.operation(AlterGroupOffsets {
            group: group.into(),
            offsets: offsets.collect(),
        })
    }

    /// Deletes what a group has committed for partitions; no member may be subscribed to their topics (Java: `deleteConsumerGroupOffsets`,
    /// `deleteStreamsGroupOffsets`, since Kafka 2.4).
    pub fn delete_consumer_group_offsets<P: Into<TopicPartition>>(
        &self,
        group: impl Into<String>,
        partitions: impl IntoIterator<Item = P>,
    ) -> Operation<DeleteGroupOffsets> {
        self.operation(DeleteGroupOffsets {
            group: group.into(),
            partitions: partitions.into_iter().map(Into::into).collect(),
        })
    }

    /// As [`list_consumer_group_offsets`](Self::list_consumer_group_offsets) (Java: `listStreamsGroupOffsets`).
    pub fn list_streams_group_offsets<G: Into<GroupOffsets>>(
        &self,
        groups: impl IntoIterator<Item = G>,
    ) -> Operation<ListGroupOffsets> {
        self.list_consumer_group_offsets(groups)
    }

    /// As [`alter_consumer_group_offsets`](Self::alter_consumer_group_offsets) (Java: `alterStreamsGroupOffsets`).
    pub fn alter_streams_group_offsets<P: Into<TopicPartition>, O: Into<CommittedOffset>>(
        &self,
        group: impl Into<String>,
        offsets: impl IntoIterator<Item = (P, O)>,
    ) -> Operation<AlterGroupOffsets> {
        self.alter_consumer_group_offsets(group, offsets)
    }

    /// As [`delete_consumer_group_offsets`](Self::delete_consumer_group_offsets) (Java: `deleteStreamsGroupOffsets`).
    pub fn delete_streams_group_offsets<P: Into<TopicPartition>>(
        &self,
        group: impl Into<String>,
        partitions: impl IntoIterator<Item = P>,
    ) -> Operation<DeleteGroupOffsets> {
        self.delete_consumer_group_offsets(group, partitions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(partition: i32, offset: i64, code: ErrorCode) -> Fetched<'static> {
        Fetched {
            key: TopicPartition::new("orders", partition),
            code,
            offset,
            leader_epoch: -1,
            metadata: Some("note"),
        }
    }

    /// Row 28 of the faults: what the answer omits is an error, and neither offset 0 nor that there is none.
    #[test]
    fn a_partition_that_the_answer_omits_is_an_error() {
        let fine = ErrorCode::NONE;
        let asked = (0..4).map(|partition| TopicPartition::new("orders", partition));
        let answer = [
            fetched(0, 7, fine),
            fetched(1, -1, fine),
            fetched(3, 1, ErrorCode::TOPIC_AUTHORIZATION_FAILED),
            // Not asked, and twice.
            fetched(9, 1, fine),
            fetched(0, 8, fine),
        ];
        let told = offsets(Some(&asked.collect()), answer.into_iter());
        assert_eq!(told.len(), 4);
        let of = |partition| told.get(&TopicPartition::new("orders", partition)).unwrap();
        let committed = CommittedOffset::new(7).metadata("note");
        assert_eq!(of(0).as_ref().unwrap(), &Some(committed));
        assert_eq!(of(1).as_ref().unwrap(), &None);
        let code = |partition| of(partition).as_ref().unwrap_err().broker_code();
        assert_eq!(code(2), Some(ErrorCode::UNKNOWN_SERVER_ERROR));
        assert_eq!(code(3), Some(ErrorCode::TOPIC_AUTHORIZATION_FAILED));
        // All that there is.
        let told = offsets(None, [fetched(9, 1, fine)].into_iter());
        assert_eq!(told.len(), 1);
    }
}
