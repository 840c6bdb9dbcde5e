//! What the producers of a client have counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::distribution::Distribution;
use super::histogram::Histogram;

/// Where the producers of a client count: batch by batch, never record by record.
#[derive(Debug, Default)]
pub(crate) struct ProducerCounts {
    records: AtomicU64,
    record_errors: AtomicU64,
    batches: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    buffered: AtomicU64,
    delivery: Histogram,
    buffer_waits: Histogram,
}

impl ProducerCounts {
    /// A batch is in the log: so many records, so many bytes, so long after its first record.
    pub(crate) fn written(&self, records: u32, bytes: usize, time: Duration) {
        add(&self.records, u64::from(records));
        add(&self.batches, 1);
        add(&self.bytes, wide(bytes));
        self.delivery.record(time);
    }

    /// So many records are told to have failed.
    pub(crate) fn failed(&self, records: u64) {
        add(&self.record_errors, records);
    }

    /// A batch is sent again.
    pub(crate) fn retried(&self) {
        add(&self.retries, 1);
    }

    /// So many bytes more are buffered.
    pub(crate) fn took(&self, bytes: usize) {
        add(&self.buffered, wide(bytes));
    }

    /// So many are not any more.
    pub(crate) fn gave(&self, bytes: usize) {
        self.buffered.fetch_sub(wide(bytes), Ordering::Relaxed);
    }

    /// Somebody waited so long for room.
    pub(crate) fn waited(&self, time: Duration) {
        self.buffer_waits.record(time);
    }

    pub(crate) fn read(&self) -> ProducerSnapshot {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let read = |histogram: &Histogram| {
            let mut read = Distribution::default();
            histogram.add_to(&mut read);
            read
        };
        ProducerSnapshot {
            records: get(&self.records),
            record_errors: get(&self.record_errors),
            batches: get(&self.batches),
            retries: get(&self.retries),
            bytes: get(&self.bytes),
            buffered: get(&self.buffered),
            delivery: read(&self.delivery),
            buffer_waits: read(&self.buffer_waits),
        }
    }
}

/// What the producers of a client have counted, together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ProducerSnapshot {
    /// Records that are written.
    pub records: u64,
    /// Records that have failed; some of them may be in the log.
    pub record_errors: u64,
    /// Batches that are written.
    pub batches: u64,
    /// How often a batch was sent again.
    pub retries: u64,
    /// Bytes of the batches that are written, as they are in the log: compressed.
    pub bytes: u64,
    /// Bytes that batches have of the buffer now.
    pub buffered: u64,
    /// From the first record of a batch until the batch was written.
    pub delivery: Distribution,
    /// How long those waited for room in the buffer who had to.
    pub buffer_waits: Distribution,
}

impl ProducerSnapshot {
    /// Records in a batch, on average; `None` before the first.
    #[must_use]
    pub fn records_per_batch(&self) -> Option<f64> {
        (self.batches > 0).then(|| self.records as f64 / self.batches as f64)
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
