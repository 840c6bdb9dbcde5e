//! What the consumers of a client have counted.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, Weak};

/// How far a consumer is, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConsumerLevels {
    pub(crate) partitions: u64,
    pub(crate) buffered: u64,
    pub(crate) discarded: u64,
    pub(crate) lag: u64,
}

/// A consumer that can be asked how far it is.
pub(crate) trait Levels: fmt::Debug + Send + Sync {
    fn levels(&self) -> ConsumerLevels;
}

/// Where the consumers of a client count: batch by batch, never record by record. How far they are they are asked when somebody looks.
#[derive(Debug, Default)]
pub(crate) struct ConsumerCounts {
    records: AtomicU64,
    batches: AtomicU64,
    bytes: AtomicU64,
    errors: AtomicU64,
    consumers: Mutex<Vec<Weak<dyn Levels>>>,
}

impl ConsumerCounts {
    /// A consumer has come; those that have gone are forgotten.
    pub(crate) fn came(&self, consumer: Weak<dyn Levels>) {
        let mut consumers = self
            .consumers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        consumers.retain(|one| one.strong_count() > 0);
        consumers.push(consumer);
    }

    /// A batch is handed out.
    pub(crate) fn handed_out(&self, records: usize, bytes: usize) {
        let add = |count: &AtomicU64, more: usize| {
            count.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        add(&self.records, records);
        add(&self.batches, 1);
        add(&self.bytes, bytes);
    }

    /// An error is handed out: a partition is not read any further.
    pub(crate) fn failed(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> ConsumerSnapshot {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let consumers = self
            .consumers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let there: Vec<_> = consumers.iter().filter_map(Weak::upgrade).collect();
        // Whoever is the last to let go of a consumer ends it, which is not to happen under the lock.
        drop(consumers);
        let mut sum = ConsumerLevels::default();
        for one in &there {
            let levels = one.levels();
            sum.partitions += levels.partitions;
            sum.buffered += levels.buffered;
            sum.discarded += levels.discarded;
            sum.lag += levels.lag;
        }
        ConsumerSnapshot {
            records: get(&self.records),
            batches: get(&self.batches),
            bytes: get(&self.bytes),
            errors: get(&self.errors),
            partitions: sum.partitions,
            buffered: sum.buffered,
            discarded: sum.discarded,
            lag: sum.lag,
        }
    }
}

/// What the consumers of a client have counted, and how far they are, together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConsumerSnapshot {
    /// Records that were handed out.
    pub records: u64,
    /// Batches that were handed out.
    pub batches: u64,
    /// Bytes of these as they came from the brokers: compressed.
    pub bytes: u64,
    /// Errors that were handed out.
    pub errors: u64,
    /// Partitions that are read now.
    pub partitions: u64,
    /// Bytes that are fetched and not handed out.
    pub buffered: u64,
    /// Bytes that were fetched and thrown away unseen, by the consumers that are there.
    pub discarded: u64,
    /// Offsets between what was handed out and the ends of the partitions, as the last answers said.
    pub lag: u64,
}
