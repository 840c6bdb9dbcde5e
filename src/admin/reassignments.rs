//! On which brokers partitions are, and which of them leads.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_partition_reassignments::{
    ReassignablePartition, ReassignableTopic,
};
use milena_wire::messages::elect_leaders::TopicPartitions;
use milena_wire::messages::list_partition_reassignments::ListPartitionReassignmentsTopics;
use milena_wire::messages::{
    AlterPartitionReassignmentsRequest, ElectLeadersRequest, ListPartitionReassignmentsRequest,
};

use super::answer::{check, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// How a leader is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElectionType {
    /// The first of its replicas leads again.
    Preferred,
    /// If none that is in sync is there, one that is not leads, and records may be lost (since Kafka 2.4).
    Unclean,
}

impl ElectionType {
    fn number(self) -> i8 {
        match self {
            Self::Preferred => 0,
            Self::Unclean => 1,
        }
    }
}

/// Has leaders elected: see [`Admin::elect_leaders`].
#[derive(Clone, Debug)]
pub struct ElectLeaders {
    election: ElectionType,
    partitions: BTreeSet<TopicPartition>,
}

impl Spec for ElectLeaders {
    type Output = PerItem<TopicPartition, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::numbers_by_topic(&self.partitions).into_iter();
        let topics = topics.map(|(name, numbers)| {
            TopicPartitions::default()
                .with_topic(name)
                .with_partitions(numbers)
        });
        let request = ElectLeadersRequest::default()
            .with_election_type(self.election.number())
            .with_topic_partitions(topics.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        let keys = |request: &ElectLeadersRequest| {
            convert::partitions(
                request.topic_partitions.iter().flatten(),
                |topic| &topic.topic,
                |topic| topic.partitions.to_vec(),
            )
        };
        caller
            .per_item(request, keys, |_, response, results| {
                results.tell_all(response.error_code, None);
                for topic in &response.replica_election_results {
                    for one in &topic.partition_result {
                        let key = TopicPartition::new(&*topic.topic, one.partition_id);
                        results.tell(&key, one.error_code, one.error_message.as_ref(), || ());
                    }
                }
            })
            .await
    }
}

/// Has leaders of all partitions elected: see [`Admin::elect_all_leaders`].
#[derive(Clone, Debug)]
pub struct ElectAllLeaders(ElectionType);

impl Spec for ElectAllLeaders {
    type Output = Result<PerItem<TopicPartition, ()>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = ElectLeadersRequest::default()
            .with_election_type(self.0.number())
            .with_timeout_ms(caller.timeout_ms());
        request.topic_partitions = None;
        let response = caller.send(request).await?;
        check::<ElectLeadersRequest>(response.error_code, None)?;
        let elected = response.replica_election_results.iter().flat_map(|topic| {
            topic.partition_result.iter().map(|one| {
                let message = one.error_message.as_deref();
                let result = match one.error_code {
                    ErrorCode::NONE => Ok(()),
                    code => Err(refusal(ElectLeadersRequest::API_KEY, None, code, message)),
                };
                (TopicPartition::new(&*topic.topic, one.partition_id), result)
            })
        });
        Ok(elected.collect())
    }
}

/// Where a partition is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reassignment {
    /// To these brokers, the preferred leader first.
    To(Vec<i32>),
    /// It stays where it is: a move that is under way ends.
    Cancel,
}

/// Moves partitions: see [`Admin::alter_partition_reassignments`].
#[derive(Clone, Debug)]
pub struct AlterPartitionReassignments {
    partitions: BTreeMap<TopicPartition, Reassignment>,
    allow_replication_factor_change: bool,
}

impl Operation<AlterPartitionReassignments> {
    /// Whether partitions may have more or fewer replicas than before (KIP-860, since Kafka 4.1). Default: yes.
    pub fn allow_replication_factor_change(mut self, allow: bool) -> Self {
        self.spec.allow_replication_factor_change = allow;
        self
    }
}

impl Spec for AlterPartitionReassignments {
    type Output = PerItem<TopicPartition, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::by_topic(self.partitions).into_iter();
        let topics = topics.map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|(number, to)| {
                let mut partition = ReassignablePartition::default().with_partition_index(number);
                partition.replicas = match to {
                    Reassignment::To(brokers) => Some(brokers.into()),
                    Reassignment::Cancel => None,
                };
                partition
            });
            ReassignableTopic::default()
                .with_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = AlterPartitionReassignmentsRequest::default()
            .with_timeout_ms(caller.timeout_ms())
            .with_allow_replication_factor_change(self.allow_replication_factor_change)
            .with_topics(topics.collect::<Vec<_>>());
        let keys = |request: &AlterPartitionReassignmentsRequest| {
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
                results.tell_all(response.error_code, response.error_message.as_ref());
                for topic in &response.responses {
                    for one in &topic.partitions {
                        let key = TopicPartition::new(&*topic.name, one.partition_index);
                        results.tell(&key, one.error_code, one.error_message.as_ref(), || ());
                    }
                }
            })
            .await
    }
}

/// A partition that is being moved (Java: `PartitionReassignment`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OngoingReassignment {
    /// The brokers that have it now, old and new.
    pub replicas: Vec<i32>,
    /// Those that are getting it.
    pub adding_replicas: Vec<i32>,
    /// Those that will give it up.
    pub removing_replicas: Vec<i32>,
}

/// Asks which partitions are being moved: see [`Admin::list_partition_reassignments`].
#[derive(Clone, Debug)]
pub struct ListPartitionReassignments(Option<BTreeSet<TopicPartition>>);

impl Operation<ListPartitionReassignments> {
    /// Only those of these partitions that are being moved. Default: all.
    pub fn only<P: Into<TopicPartition>>(
        mut self,
        partitions: impl IntoIterator<Item = P>,
    ) -> Self {
        self.spec.0 = Some(partitions.into_iter().map(Into::into).collect());
        self
    }
}

impl Spec for ListPartitionReassignments {
    type Output = Result<BTreeMap<TopicPartition, OngoingReassignment>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request =
            ListPartitionReassignmentsRequest::default().with_timeout_ms(caller.timeout_ms());
        request.topics = self.0.as_ref().map(|partitions| {
            let topics = convert::numbers_by_topic(partitions).into_iter();
            let topics = topics.map(|(name, numbers)| {
                ListPartitionReassignmentsTopics::default()
                    .with_name(name)
                    .with_partition_indexes(numbers)
            });
            topics.collect()
        });
        let response = caller.send(request).await?;
        let message = response.error_message.as_ref();
        check::<ListPartitionReassignmentsRequest>(response.error_code, message)?;
        let ongoing = response.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|one| {
                let key = TopicPartition::new(&*topic.name, one.partition_index);
                let reassignment = OngoingReassignment {
                    replicas: one.replicas.to_vec(),
                    adding_replicas: one.adding_replicas.to_vec(),
                    removing_replicas: one.removing_replicas.to_vec(),
                };
                (key, reassignment)
            })
        });
        Ok(ongoing.collect())
    }
}

impl Admin {
    /// Has leaders of partitions elected (Java: `electLeaders`). Where nothing is to be changed, the error is
    /// [`ELECTION_NOT_NEEDED`](ErrorCode::ELECTION_NOT_NEEDED).
    pub fn elect_leaders<P: Into<TopicPartition>>(
        &self,
        election: ElectionType,
        partitions: impl IntoIterator<Item = P>,
    ) -> Operation<ElectLeaders> {
        self.operation(ElectLeaders {
            election,
            partitions: partitions.into_iter().map(Into::into).collect(),
        })
    }

    /// Has leaders of all partitions elected, and gives what became of those that needed it (Java: `electLeaders` without partitions).
    ///
    /// # Errors
    /// When awaited: if the controller cannot be asked.
    pub fn elect_all_leaders(&self, election: ElectionType) -> Operation<ElectAllLeaders> {
        self.operation(ElectAllLeaders(election))
    }

    /// Begins to move partitions to other brokers, or ends that (Java: `alterPartitionReassignments`, since Kafka 2.4). The records follow in the
    /// background: see [`list_partition_reassignments`](Self::list_partition_reassignments).
    pub fn alter_partition_reassignments<P: Into<TopicPartition>>(
        &self,
        reassignments: impl IntoIterator<Item = (P, Reassignment)>,
    ) -> Operation<AlterPartitionReassignments> {
        let partitions = reassignments.into_iter();
        let partitions = partitions.map(|(partition, to)| (partition.into(), to));
        self.operation(AlterPartitionReassignments {
            partitions: partitions.collect(),
            allow_replication_factor_change: true,
        })
    }

    /// Asks which partitions are being moved (Java: `listPartitionReassignments`, since Kafka 2.4).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn list_partition_reassignments(&self) -> Operation<ListPartitionReassignments> {
        self.operation(ListPartitionReassignments(None))
    }
}
