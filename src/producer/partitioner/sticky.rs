//! Where records go that may go anywhere.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cluster::Random;
use crate::producer::partition::Partition;

/// The partition to which records go that may go anywhere, until it has had as many bytes as a batch (KIP-794).
#[derive(Debug, Default)]
pub(in crate::producer) struct Sticky {
    partition: AtomicUsize,
    /// Bytes that it has had.
    had: AtomicUsize,
}

impl Sticky {
    /// The partition for a record of about so many bytes.
    #[inline]
    pub(in crate::producer) fn partition(
        &self,
        bytes: usize,
        batch_size: usize,
        partitions: &[std::sync::Arc<Partition>],
    ) -> usize {
        // Two that cross the line at once both choose, which does no harm.
        let had = self.had.load(Ordering::Relaxed);
        let first = had == 0;
        self.had.store(had.saturating_add(bytes), Ordering::Relaxed);
        if had >= batch_size || first {
            self.had.store(bytes.max(1), Ordering::Relaxed);
            let next = choose(partitions);
            self.partition.store(next, Ordering::Relaxed);
            return next;
        }
        self.partition.load(Ordering::Relaxed)
    }
}

/// Any of them, and the likelier the less there is in its way: a slow broker gets less.
fn choose(partitions: &[std::sync::Arc<Partition>]) -> usize {
    let loads: Vec<u32> = partitions.iter().map(|one| one.load()).collect();
    let most = loads.iter().copied().max().unwrap_or(0);
    let weight = |load: &u32| u64::from(most - load + 1);
    let total: u64 = loads.iter().map(weight).sum();
    let mut point = u64::from(Random::any()) % total.max(1);
    for (index, load) in loads.iter().enumerate() {
        let weight = weight(load);
        if point < weight {
            return index;
        }
        point -= weight;
    }
    0
}
