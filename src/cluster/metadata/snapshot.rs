//! What is known of a cluster at one moment.

use std::fmt;
use std::sync::Arc;

use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::asked::{Generation, TopicKey};
use super::broker::{Broker, Brokers};
use super::topic::{Leader, Topic};
use super::topics::Topics;

/// What is known of a cluster at one moment: its brokers, topics, partitions and their leaders.
///
/// It never changes: an answer of a broker makes a new one of it ([`apply`](Self::apply)), which shares with the old one what is the
/// same. Many tasks read it through one pointer, without a lock.
#[derive(Clone)]
pub struct Metadata {
    pub(super) generation: Generation,
    /// The last request whose answer listed all topics.
    pub(super) listed: Generation,
    pub(super) cluster_id: Option<Arc<str>>,
    pub(super) controller: Option<i32>,
    pub(super) brokers: Brokers,
    pub(super) topics: Topics,
    /// Ids that were asked for and that no topic has, the newest last.
    pub(super) unknown_ids: Arc<[UnknownId]>,
    pub(super) authorized_operations: Option<i32>,
}

/// An id that no topic has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownId {
    pub(super) id: Uuid,
    pub(super) error: ErrorCode,
    pub(super) answered: Generation,
}

impl Default for Metadata {
    fn default() -> Self {
        Self::new()
    }
}

impl Metadata {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            generation: Generation::NONE,
            listed: Generation::NONE,
            cluster_id: None,
            controller: None,
            brokers: Brokers::default(),
            topics: Topics::new(),
            unknown_ids: Arc::default(),
            authorized_operations: None,
        }
    }

    /// The last request whose answer is in here; [`Generation::NONE`] if there was none yet.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The id of the cluster, if the broker tells it (since Kafka 0.10.1).
    #[must_use]
    pub fn cluster_id(&self) -> Option<&str> {
        self.cluster_id.as_deref()
    }

    /// The broker that answers what only a controller can; under KRaft it is any broker, and forwards.
    #[must_use]
    pub fn controller(&self) -> Option<&Broker> {
        self.broker(self.controller?)
    }

    /// The brokers, by ascending id.
    #[must_use]
    pub fn brokers(&self) -> &[Broker] {
        self.brokers.all()
    }

    /// A broker by its id.
    #[inline]
    #[must_use]
    pub fn broker(&self, id: i32) -> Option<&Broker> {
        self.brokers.find(id)
    }

    /// How many topics there are, those with errors among them.
    #[must_use]
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// The topics, in no particular order.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.iter()
    }

    /// A topic by its name.
    #[inline]
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.find(name)
    }

    /// A topic by its id.
    #[inline]
    #[must_use]
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.topics.find_by_id(id)
    }

    /// A topic by its name or by its id.
    #[must_use]
    pub fn topic_by_key(&self, key: &TopicKey) -> Option<&Arc<Topic>> {
        match key {
            TopicKey::Name(name) => self.topic(name),
            TopicKey::Id(id) => self.topic_by_id(*id),
        }
    }

    /// The last known leader of a partition.
    #[inline]
    #[must_use]
    pub fn leader(&self, topic: &str, partition: i32) -> Option<Leader> {
        self.topic(topic)?.leader(partition)
    }

    /// The last known leader of a partition of the topic with this id.
    #[inline]
    #[must_use]
    pub fn leader_by_id(&self, topic: Uuid, partition: i32) -> Option<Leader> {
        self.topic_by_id(topic)?.leader(partition)
    }

    /// What the user may do with the cluster, as bits by the code of the operation; `None` unless it was asked for (KIP-430) and
    /// answered at one of versions 8-10.
    #[must_use]
    pub fn authorized_operations(&self) -> Option<i32> {
        self.authorized_operations
    }

    /// The same without these topics, which are no longer in use.
    #[must_use]
    pub fn without<'a>(&self, topics: impl IntoIterator<Item = &'a str>) -> Self {
        let mut metadata = self.clone();
        for topic in topics {
            metadata.topics.remove(topic);
        }
        metadata
    }
}

impl fmt::Debug for Metadata {
    /// Without the topics, of which there may be thousands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("generation", &self.generation)
            .field("cluster_id", &self.cluster_id)
            .field("controller", &self.controller)
            .field("brokers", &self.brokers())
            .field("topics", &self.topics.len())
            .finish_non_exhaustive()
    }
}
