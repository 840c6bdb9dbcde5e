//! Which partition a record goes to, unless it says so itself.

mod sticky;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) use sticky::Sticky;

use crate::murmur2::murmur2;

/// Chooses the partition of each record that does not name one.
///
/// It is called for each record, by many tasks at once: it must be quick, and must not block.
pub trait Partitioner: Send + Sync + fmt::Debug {
    /// A number from 0 up to `partitions`, which is greater than 0; or `None` to leave the choice to the producer, which then fills batches as large as
    /// they can be (KIP-794).
    fn partition(&self, record: &Partitioned<'_>, partitions: usize) -> Option<usize>;
}

/// What a [`Partitioner`] may go by.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Partitioned<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The record's key.
    pub key: Option<&'a [u8]>,
    /// The record's value.
    pub value: Option<&'a [u8]>,
}

impl<'a> Partitioned<'a> {
    /// A record, as tests of a partitioner need one.
    #[must_use]
    pub fn new(topic: &'a str, key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Self {
        Self { topic, key, value }
    }
}

/// As Java's producer does: records with the same key go to the same partition, by murmur2; those without go where batches become large (KIP-794). The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByKey;

impl Partitioner for ByKey {
    #[inline]
    fn partition(&self, record: &Partitioned<'_>, partitions: usize) -> Option<usize> {
        let key = record.key?;
        // As Java does: the sign is cut off.
        let hash = murmur2(key) & 0x7fff_ffff;
        usize::try_from(hash).ok()?.checked_rem(partitions)
    }
}

/// One partition after the other, keys or not. Batches are small then.
#[derive(Debug, Default)]
pub struct RoundRobin(AtomicUsize);

impl Partitioner for RoundRobin {
    fn partition(&self, _: &Partitioned<'_>, partitions: usize) -> Option<usize> {
        let next = self.0.fetch_add(1, Ordering::Relaxed);
        next.checked_rem(partitions)
    }
}

/// Keys or not, the producer chooses: batches are as large as they can be, and keys tell nothing of where a record is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uniform;

impl Partitioner for Uniform {
    fn partition(&self, _: &Partitioned<'_>, _: usize) -> Option<usize> {
        None
    }
}

/// The partitioner of a producer; the default one is not called through a pointer.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    ByKey,
    Other(Arc<dyn Partitioner>),
}

impl Chosen {
    #[inline]
    pub(super) fn partition(&self, record: &Partitioned<'_>, partitions: usize) -> Option<usize> {
        match self {
            Self::ByKey => ByKey.partition(record, partitions),
            Self::Other(partitioner) => partitioner.partition(record, partitions),
        }
    }
}
