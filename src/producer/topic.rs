//! A topic that is written to.

use std::sync::Arc;

use super::partition::Partition;
use super::partitioner::Sticky;
use crate::cluster::TopicHold;

/// A topic that is written to, as it is now: one with more partitions is another one, which shares those of this.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    pub(super) partitions: Box<[Arc<Partition>]>,
    pub(super) sticky: Arc<Sticky>,
    /// Keeps it in the metadata.
    pub(super) hold: Arc<TopicHold>,
}

impl Topic {
    pub(super) fn new(name: &Arc<str>, partitions: usize, hold: TopicHold) -> Self {
        let indexes = 0..i32::try_from(partitions).unwrap_or(i32::MAX);
        Self {
            name: Arc::clone(name),
            partitions: indexes.map(|index| Partition::new(name, index)).collect(),
            sticky: Arc::default(),
            hold: Arc::new(hold),
        }
    }

    /// The same with more partitions.
    pub(super) fn with_partitions(&self, partitions: usize) -> Self {
        let known = self.partitions.iter().cloned();
        let from = i32::try_from(self.partitions.len()).unwrap_or(i32::MAX);
        let more = from..i32::try_from(partitions).unwrap_or(i32::MAX);
        let more = more.map(|index| Partition::new(&self.name, index));
        Self {
            name: Arc::clone(&self.name),
            partitions: known.chain(more).collect(),
            sticky: Arc::clone(&self.sticky),
            hold: Arc::clone(&self.hold),
        }
    }
}
