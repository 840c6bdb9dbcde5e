//! A topic and its partitions, as the cluster tells of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::asked::Generation;
use super::doubts::Doubts;
use super::name::TopicName;
use super::rows::{NONE, Nodes, Row, Rows};

/// A topic: its id, its partitions, and what the last answer said of it.
///
/// An error of the last answer stands beside what was known before: a topic keeps its partitions, and a partition its last leader.
#[derive(Clone, Debug)]
// What a lookup reads comes first, and so lies together.
#[repr(C)]
pub struct Topic {
    pub(super) name: TopicName,
    pub(super) rows: Rows,
    pub(super) id: Uuid,
    pub(super) error: ErrorCode,
    pub(super) is_internal: bool,
    pub(super) authorized_operations: Option<i32>,
    /// The last request whose answer spoke of it, or should have.
    pub(super) answered: Generation,
    pub(super) doubts: Option<Box<Doubts>>,
    /// Whether it was used since somebody looked; one for all snapshots.
    pub(super) used: Arc<AtomicBool>,
}

impl Topic {
    /// A topic of which nothing is known.
    pub(super) fn unknown(name: TopicName, error: ErrorCode, answered: Generation) -> Self {
        Self {
            name,
            id: Uuid::nil(),
            error,
            is_internal: false,
            authorized_operations: None,
            answered,
            rows: Rows::default(),
            doubts: None,
            used: Arc::default(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.shared()
    }

    /// The name, to be kept.
    #[must_use]
    pub fn shared_name(&self) -> &Arc<str> {
        self.name.shared()
    }

    /// The id, if the brokers give topics one (KIP-516: since Kafka 2.8).
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        (!self.id.is_nil()).then_some(self.id)
    }

    /// The id, nil if there is none.
    #[inline]
    pub(super) fn raw_id(&self) -> &Uuid {
        &self.id
    }

    /// What the last answer said: [`ErrorCode::NONE`] if all is well.
    #[must_use]
    pub fn error(&self) -> ErrorCode {
        self.error
    }

    /// Whether it is the brokers' own, such as `__consumer_offsets`.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.is_internal
    }

    /// What the user may do with it, as bits by the code of the operation; `None` unless it was asked for (KIP-430).
    #[must_use]
    pub fn authorized_operations(&self) -> Option<i32> {
        self.authorized_operations
    }

    /// Whether it is known to exist: its partitions are known, and the last answer did not deny it.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.rows.is_empty() && !is_unknown(self.error)
    }

    /// How many partitions are known.
    #[must_use]
    pub fn partition_count(&self) -> usize {
        self.rows.len()
    }

    /// A partition by its index.
    #[must_use]
    pub fn partition(&self, index: i32) -> Option<Partition<'_>> {
        self.partition_at(self.rows.place(index)?)
    }

    /// The partitions, by ascending index.
    pub fn partitions(&self) -> impl Iterator<Item = Partition<'_>> {
        (0..self.rows.len()).filter_map(|place| self.partition_at(place))
    }

    fn partition_at(&self, place: usize) -> Option<Partition<'_>> {
        let row = *self.rows.all().get(place)?;
        let nodes = self.rows.nodes(place);
        Some(Partition { row, nodes })
    }

    /// The last known leader of a partition.
    #[inline]
    #[must_use]
    pub fn leader(&self, partition: i32) -> Option<Leader> {
        leader(self.rows.find(partition)?)
    }

    /// Says that it is in use. Costs a read, and a write only once between two looks.
    #[inline]
    pub fn touch(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was used since the last call.
    pub(super) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }
}

/// Whether the error denies that the topic exists.
pub(super) fn is_unknown(error: ErrorCode) -> bool {
    error == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION || error == ErrorCode::UNKNOWN_TOPIC_ID
}

/// The leader of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Leader {
    /// The broker.
    pub id: i32,
    /// Its leader epoch; `None` if the brokers do not tell (before Metadata version 9).
    pub epoch: Option<i32>,
}

impl Leader {
    /// This broker in this epoch.
    #[cfg(test)]
    pub(crate) fn of(id: i32, epoch: Option<i32>) -> Self {
        Self { id, epoch }
    }
}

#[inline]
fn leader(row: &Row) -> Option<Leader> {
    (row.leader != NONE).then(|| Leader {
        id: row.leader,
        epoch: epoch(row.epoch),
    })
}

fn epoch(epoch: i32) -> Option<i32> {
    (epoch != NONE).then_some(epoch)
}

/// A partition, as a view into its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition<'a> {
    row: Row,
    nodes: Nodes<'a>,
}

impl<'a> Partition<'a> {
    /// The index.
    #[must_use]
    pub fn index(&self) -> i32 {
        self.row.index
    }

    /// The last known leader. It may be gone if there is an [`error`](Self::error).
    #[must_use]
    pub fn leader(&self) -> Option<Leader> {
        leader(&self.row)
    }

    /// What the last answer said: [`ErrorCode::NONE`] if it named a leader.
    #[must_use]
    pub fn error(&self) -> ErrorCode {
        self.row.error
    }

    /// The brokers that have a replica, the preferred leader first.
    #[must_use]
    pub fn replicas(&self) -> &'a [i32] {
        self.nodes.replicas
    }

    /// Those of them that are in sync.
    #[must_use]
    pub fn isr(&self) -> &'a [i32] {
        self.nodes.isr
    }

    /// Those of them that are down.
    #[must_use]
    pub fn offline_replicas(&self) -> &'a [i32] {
        self.nodes.offline
    }
}
