//! What the tests share: answers in few words.

use std::time::{Duration, Instant};

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use uuid::Uuid;

use super::asked::{Asked, AskedTopics};
use super::changes::Changes;
use super::snapshot::Metadata;

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn broker(id: i32) -> MetadataResponseBroker {
    MetadataResponseBroker::default()
        .with_node_id(id)
        .with_host(format!("kafka-{id}"))
        .with_port(9092)
        .with_rack("a")
}

/// Brokers 0, 1 and 2, of which 0 is the controller, and these topics.
pub(super) fn answer(topics: Vec<MetadataResponseTopic>) -> MetadataResponse {
    let mut answer = MetadataResponse::default()
        .with_cluster_id("one")
        .with_controller_id(0);
    answer.brokers = (0..3).map(broker).collect();
    answer.topics = topics;
    answer
}

/// A topic with these leaders and epochs of its partitions from 0 on.
pub(super) fn topic(name: &str, id: u128, leaders: &[(i32, i32)]) -> MetadataResponseTopic {
    let mut topic = MetadataResponseTopic::default()
        .with_name(name)
        .with_topic_id(Uuid::from_u128(id));
    topic.partitions = (0..).zip(leaders).map(partition).collect();
    topic
}

pub(super) fn partition((index, leader): (i32, &(i32, i32))) -> MetadataResponsePartition {
    let mut partition = MetadataResponsePartition::default()
        .with_partition_index(index)
        .with_leader_id(leader.0)
        .with_leader_epoch(leader.1);
    partition.replica_nodes = [0, 1, 2].into_iter().collect();
    partition.isr_nodes = [0, 1].into_iter().collect();
    partition.offline_replicas = [2].into_iter().collect();
    if leader.0 < 0 {
        partition.error_code = ErrorCode::LEADER_NOT_AVAILABLE;
    }
    partition
}

pub(super) fn failed(name: &str, error: ErrorCode) -> MetadataResponseTopic {
    let mut topic = topic(name, 0, &[]);
    topic.error_code = error;
    topic
}

pub(super) fn these(names: &[&str], ids: &[Uuid]) -> AskedTopics {
    AskedTopics::These {
        names: names.iter().map(|&name| name.into()).collect(),
        ids: ids.iter().copied().collect(),
    }
}

/// Metadata, and a clock that is set by hand.
pub(super) struct Cluster {
    pub(super) metadata: Metadata,
    pub(super) version: i16,
    pub(super) now: Instant,
}

impl Cluster {
    pub(super) fn new() -> Self {
        Self {
            metadata: Metadata::new(),
            version: 13,
            now: Instant::now(),
        }
    }

    /// What is known after that answer to a request for all topics.
    pub(super) fn with(topics: Vec<MetadataResponseTopic>) -> Self {
        let mut cluster = Self::new();
        cluster.tell(topics);
        cluster
    }

    pub(super) fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    pub(super) fn asked(&self, topics: AskedTopics) -> Asked {
        let metadata = &self.metadata;
        let exists = |name: &str| metadata.topic(name).is_some_and(|topic| topic.exists());
        Asked::new(self.metadata.generation().next(), topics).at_version(self.version, exists)
    }

    /// An answer to a request for all topics.
    pub(super) fn tell(&mut self, topics: Vec<MetadataResponseTopic>) -> Changes {
        self.apply(&answer(topics), AskedTopics::All)
    }

    /// An answer to a request for the topic of that name.
    pub(super) fn tell_one(&mut self, topic: MetadataResponseTopic) -> Changes {
        let name = topic.name.clone().unwrap();
        self.apply(&answer(vec![topic]), these(&[&name], &[]))
    }

    pub(super) fn apply(&mut self, answer: &MetadataResponse, topics: AskedTopics) -> Changes {
        let asked = self.asked(topics);
        let (metadata, changes) = self
            .metadata
            .apply(answer, &asked, self.version, self.now)
            .unwrap();
        self.metadata = metadata;
        changes
    }

    /// The leader of a partition, with -1 for what is not known.
    pub(super) fn leader(&self, topic: &str, partition: i32) -> (i32, i32) {
        match self.metadata.leader(topic, partition) {
            Some(leader) => (leader.id, leader.epoch.unwrap_or(-1)),
            None => (-1, -1),
        }
    }

    pub(super) fn error(&self, topic: &str, partition: i32) -> ErrorCode {
        let topic = self.metadata.topic(topic).unwrap();
        topic.partition(partition).unwrap().error()
    }
}
