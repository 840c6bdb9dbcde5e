//! Which topics there are, and what they consist of.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::Int32Array;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
    TopicRequest,
};
use milena_wire::messages::metadata::{
    MetadataRequestTopic, MetadataResponsePartition, MetadataResponseTopic,
};
use milena_wire::messages::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, MetadataRequest,
};
use milena_wire::uuid::Uuid;

use super::acl_operation::{AclOperation, authorized_operations};
use super::answer::{check, omission, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec, is_unsupported};
use super::per_item::PerItem;
use crate::error::Error;

/// A topic that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicListing {
    /// Its name.
    pub name: String,
    /// Its id; `None` before Kafka 2.8.
    pub topic_id: Option<Uuid>,
    /// Whether brokers keep state of their own in it.
    pub is_internal: bool,
}

/// A topic and its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id; `None` before Kafka 2.8.
    pub topic_id: Option<Uuid>,
    /// Whether brokers keep state of their own in it.
    pub is_internal: bool,
    /// Its partitions, by their numbers.
    pub partitions: Vec<PartitionDescription>,
    /// What the caller may do with it, if that was asked for (KIP-430).
    pub authorized_operations: Option<BTreeSet<AclOperation>>,
}

/// A partition, and on which brokers it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionDescription {
    /// Its number.
    pub partition: i32,
    /// The broker that leads it, if one does.
    pub leader: Option<i32>,
    /// How often that has changed; `None` before Kafka 2.4.
    pub leader_epoch: Option<i32>,
    /// The brokers that have it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those that are in sync.
    pub in_sync_replicas: Vec<i32>,
    /// Those that cannot be reached.
    pub offline_replicas: Vec<i32>,
    /// Those that may lead although they are not in sync, without a loss of records (KIP-966); `None` if the broker does not tell.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Those that were so before they were last shut down uncleanly; `None` as above.
    pub last_known_eligible_leader_replicas: Option<Vec<i32>>,
}

fn optional(brokers: Option<&Int32Array>) -> Option<Vec<i32>> {
    brokers.map(|brokers| brokers.to_vec())
}

fn partition(partition: &MetadataResponsePartition) -> PartitionDescription {
    PartitionDescription {
        partition: partition.partition_index,
        leader: convert::known(partition.leader_id),
        leader_epoch: convert::known(partition.leader_epoch),
        replicas: partition.replica_nodes.to_vec(),
        in_sync_replicas: partition.isr_nodes.to_vec(),
        offline_replicas: partition.offline_replicas.to_vec(),
        eligible_leader_replicas: None,
        last_known_eligible_leader_replicas: None,
    }
}

fn partition_with_eligible(
    partition: &DescribeTopicPartitionsResponsePartition,
) -> PartitionDescription {
    PartitionDescription {
        partition: partition.partition_index,
        leader: convert::known(partition.leader_id),
        leader_epoch: convert::known(partition.leader_epoch),
        replicas: partition.replica_nodes.to_vec(),
        in_sync_replicas: partition.isr_nodes.to_vec(),
        offline_replicas: partition.offline_replicas.to_vec(),
        eligible_leader_replicas: optional(partition.eligible_leader_replicas.as_ref()),
        last_known_eligible_leader_replicas: optional(partition.last_known_elr.as_ref()),
    }
}

impl TopicDescription {
    fn from_metadata(topic: &MetadataResponseTopic) -> Self {
        let mut partitions: Vec<_> = topic.partitions.iter().map(partition).collect();
        partitions.sort_by_key(|partition| partition.partition);
        Self {
            name: convert::text(topic.name.as_ref()).unwrap_or_default(),
            topic_id: convert::id(topic.topic_id),
            is_internal: topic.is_internal,
            partitions,
            authorized_operations: authorized_operations(topic.topic_authorized_operations),
        }
    }

    fn from_partitions(
        topic: &DescribeTopicPartitionsResponseTopic,
        with_authorized_operations: bool,
    ) -> Self {
        let mut partitions: Vec<_> = topic
            .partitions
            .iter()
            .map(partition_with_eligible)
            .collect();
        partitions.sort_by_key(|partition| partition.partition);
        let bits = topic.topic_authorized_operations;
        Self {
            name: convert::text(topic.name.as_ref()).unwrap_or_default(),
            topic_id: convert::id(topic.topic_id),
            is_internal: topic.is_internal,
            partitions,
            authorized_operations: with_authorized_operations
                .then(|| authorized_operations(bits))
                .flatten(),
        }
    }
}

/// Asks which topics there are: see [`Admin::list_topics`].
#[derive(Clone, Debug)]
pub struct ListTopics {
    internal: bool,
}

impl Operation<ListTopics> {
    /// Whether to list topics in which brokers keep state of their own, too. Default: no.
    pub fn include_internal(mut self, include: bool) -> Self {
        self.spec.internal = include;
        self
    }
}

impl Spec for ListTopics {
    type Output = Result<Vec<TopicListing>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = MetadataRequest::default();
        request.topics = None;
        let response = caller.send(request).await?;
        check::<MetadataRequest>(response.error_code, None)?;
        let topics = response.topics.iter();
        let topics = topics.filter(|topic| self.internal || !topic.is_internal);
        let mut listings: Vec<_> = topics
            .map(|topic| TopicListing {
                name: convert::text(topic.name.as_ref()).unwrap_or_default(),
                topic_id: convert::id(topic.topic_id),
                is_internal: topic.is_internal,
            })
            .collect();
        listings.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listings)
    }
}

/// Asks what topics consist of: see [`Admin::describe_topics`].
#[derive(Clone, Debug)]
pub struct DescribeTopics {
    topics: BTreeSet<String>,
    authorized_operations: bool,
    partitions_per_answer: i32,
}

impl Operation<DescribeTopics> {
    /// Whether to tell what the caller may do with the topics. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }

    /// How many partitions an answer may tell of; more are asked for. Default: 2000 (Java: `partitionSizeLimitPerResponse`).
    pub fn partitions_per_answer(mut self, count: i32) -> Self {
        self.spec.partitions_per_answer = count;
        self
    }
}

impl Spec for DescribeTopics {
    type Output = PerItem<String, TopicDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut pages = Pages::new(&self);
        while let Some(request) = pages.request() {
            match caller.send(request).await {
                Ok(response) => pages.turn(&response),
                // Before Kafka 3.8.
                Err(error) if is_unsupported(&error) => return self.by_metadata(&caller).await,
                Err(error) => pages.fail(&error),
            }
        }
        pages.told.into_iter().collect()
    }
}

impl DescribeTopics {
    fn of(topics: impl IntoIterator<Item = String>) -> Self {
        Self {
            topics: topics.into_iter().collect(),
            authorized_operations: false,
            partitions_per_answer: 2000,
        }
    }

    async fn by_metadata(self, caller: &Caller) -> PerItem<String, TopicDescription> {
        let topics = self.topics.into_iter().map(|name| {
            let topic = MetadataRequestTopic::default();
            topic.with_name(name)
        });
        let request = metadata_request(topics.collect(), self.authorized_operations);
        let names = |request: &MetadataRequest| {
            let topics = request.topics.iter().flatten();
            let names = topics.filter_map(|topic| convert::text(topic.name.as_ref()));
            names.collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                results.tell_all(response.error_code, None);
                for topic in &response.topics {
                    let name = convert::text(topic.name.as_ref()).unwrap_or_default();
                    results.tell(&name, topic.error_code, None, || {
                        TopicDescription::from_metadata(topic)
                    });
                }
            })
            .await
    }
}

fn metadata_request(topics: Vec<MetadataRequestTopic>, operations: bool) -> MetadataRequest {
    MetadataRequest::default()
        .with_topics(topics)
        .with_allow_auto_topic_creation(false)
        .with_include_topic_authorized_operations(operations)
}

/// The pages of an answer that tells only so many partitions at a time.
#[derive(Debug)]
struct Pages {
    /// The topics that are not told to the end, in their order: that of the answers.
    left: BTreeSet<String>,
    /// The first partition of the first of them to be told next.
    next: i32,
    told: BTreeMap<String, Result<TopicDescription, Error>>,
    operations: bool,
    limit: i32,
}

impl Pages {
    fn new(spec: &DescribeTopics) -> Self {
        Self {
            left: spec.topics.clone(),
            next: 0,
            told: BTreeMap::new(),
            operations: spec.authorized_operations,
            limit: spec.partitions_per_answer,
        }
    }

    /// What is to be asked next; nothing if all is told.
    fn request(&self) -> Option<DescribeTopicPartitionsRequest> {
        let first = self.left.first()?;
        let topics = self.left.iter().map(|name| {
            let topic = TopicRequest::default();
            topic.with_name(name.clone())
        });
        let mut request = DescribeTopicPartitionsRequest::default()
            .with_topics(topics.collect::<Vec<_>>())
            .with_response_partition_limit(self.limit);
        request.cursor = (self.next > 0).then(|| {
            Cursor::default()
                .with_topic_name(first.clone())
                .with_partition_index(self.next)
        });
        Some(request)
    }

    fn turn(&mut self, response: &DescribeTopicPartitionsResponse) {
        for topic in &response.topics {
            let name = convert::text(topic.name.as_ref()).unwrap_or_default();
            if self.left.contains(&name) {
                self.tell(name, topic);
            }
        }
        let Some(cursor) = &response.next_cursor else {
            self.end(|_| true);
            return;
        };
        let before = self.left.first().cloned().unwrap_or_default();
        let next = (&*cursor.topic_name, cursor.partition_index);
        if next <= (before.as_str(), self.next) {
            // It would go on for ever.
            self.end(|_| true);
            return;
        }
        self.end(|name| name < &*cursor.topic_name);
        let is_first = self
            .left
            .first()
            .is_some_and(|name| **name == *cursor.topic_name);
        self.next = if is_first { cursor.partition_index } else { 0 };
    }

    fn tell(&mut self, name: String, topic: &DescribeTopicPartitionsResponseTopic) {
        if topic.error_code != ErrorCode::NONE {
            let api = ApiKey::DESCRIBE_TOPIC_PARTITIONS;
            let error = refusal(api, None, topic.error_code, None);
            self.left.remove(&name);
            self.told.insert(name, Err(error));
            return;
        }
        let description = TopicDescription::from_partitions(topic, self.operations);
        match self.told.get_mut(&name) {
            Some(Ok(told)) => told.partitions.extend(description.partitions),
            Some(Err(_)) => {}
            None => {
                self.told.insert(name, Ok(description));
            }
        }
    }

    /// Of these nothing more will come.
    fn end(&mut self, ended: impl Fn(&str) -> bool) {
        let ended: Vec<String> = self
            .left
            .iter()
            .filter(|name| ended(name))
            .cloned()
            .collect();
        for name in ended {
            self.left.remove(&name);
            let omitted = || Err(omission(ApiKey::DESCRIBE_TOPIC_PARTITIONS, None));
            self.told.entry(name).or_insert_with(omitted);
        }
    }

    /// What is not told to the end cannot be told.
    fn fail(&mut self, error: &Error) {
        for name in std::mem::take(&mut self.left) {
            self.told.insert(name, Err(error.clone()));
        }
    }
}

/// Asks what topics consist of, by their ids: see [`Admin::describe_topics_by_id`].
#[derive(Clone, Debug)]
pub struct DescribeTopicsById {
    ids: BTreeSet<Uuid>,
    authorized_operations: bool,
}

impl Operation<DescribeTopicsById> {
    /// Whether to tell what the caller may do with the topics. Default: no.
    pub fn include_authorized_operations(mut self, include: bool) -> Self {
        self.spec.authorized_operations = include;
        self
    }
}

impl Spec for DescribeTopicsById {
    type Output = PerItem<Uuid, TopicDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = self.ids.into_iter().map(|id| {
            let mut topic = MetadataRequestTopic::default().with_topic_id(id);
            topic.name = None;
            topic
        });
        let request = metadata_request(topics.collect(), self.authorized_operations);
        let ids = |request: &MetadataRequest| {
            let topics = request.topics.iter().flatten();
            topics.map(|topic| topic.topic_id).collect()
        };
        caller
            .per_item(request, ids, |_, response, results| {
                results.tell_all(response.error_code, None);
                for topic in &response.topics {
                    results.tell(&topic.topic_id, topic.error_code, None, || {
                        TopicDescription::from_metadata(topic)
                    });
                }
            })
            .await
    }
}

impl Admin {
    /// Asks which topics there are, as far as the caller may see them (Java: `listTopics`).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn list_topics(&self) -> Operation<ListTopics> {
        self.operation(ListTopics { internal: false })
    }

    /// Asks what topics consist of (Java: `describeTopics`).
    pub fn describe_topics<T: Into<String>>(
        &self,
        topics: impl IntoIterator<Item = T>,
    ) -> Operation<DescribeTopics> {
        let topics = topics.into_iter().map(Into::into);
        self.operation(DescribeTopics::of(topics))
    }

    /// Asks what a topic consists of.
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn describe_topic(&self, topic: impl Into<String>) -> Operation<One<DescribeTopics>> {
        self.operation(One(DescribeTopics::of([topic.into()])))
    }

    /// Asks what topics consist of, by their ids (Java: `describeTopics`, since Kafka 3.1).
    pub fn describe_topics_by_id(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Operation<DescribeTopicsById> {
        self.operation(DescribeTopicsById {
            ids: ids.into_iter().collect(),
            authorized_operations: false,
        })
    }
}

#[cfg(test)]
mod tests;
