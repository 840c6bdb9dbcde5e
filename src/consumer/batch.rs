//! A batch of records, ready to be walked.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use milena_wire::compression::{Codec, Decompressor};
use milena_wire::records::{CheckedIter, CheckedRecords, Record, RecordError, TimestampType};

use super::assigned::Known;
use super::board::Due;
use super::frame::Frame;

/// Records of one partition, in the order of their offsets.
///
/// Its checksum has been verified, it is decompressed, and the lengths of all records have been walked: to iterate gives no errors, and borrows from the
/// bytes as they came from the socket. It keeps the memory of the answer that it came with.
#[derive(Clone)]
pub struct Batch {
    topic: Arc<str>,
    partition: i32,
    records: CheckedRecords,
    /// The first of them were not asked for.
    skipped: usize,
    base_offset: i64,
    last_offset: i64,
    leader_epoch: i32,
    timestamp_type: TimestampType,
    codec: Codec,
    size: usize,
    known: Known,
    // Behind the records, which lie in it.
    _frame: Option<Arc<Frame>>,
}

impl Batch {
    /// Reads a batch; `None` if it has nothing that was asked for.
    pub(super) fn read(
        due: &Due,
        decompressor: &mut Decompressor,
        check_crcs: bool,
    ) -> Result<Option<Self>, RecordError> {
        let batch = &due.batch;
        let records = match check_crcs {
            true => batch.records(decompressor)?,
            false => batch.records_unverified(decompressor)?,
        };
        let records = records.check()?;
        let skipped = match batch.base_offset() < due.from || batch.magic() < 2 {
            true => records
                .iter()
                .take_while(|record| record.offset < due.from)
                .count(),
            false => 0,
        };
        if skipped >= records.len() {
            return Ok(None);
        }
        Ok(Some(Self {
            topic: Arc::clone(&due.topic),
            partition: due.partition,
            skipped,
            base_offset: batch.base_offset().max(due.from),
            last_offset: batch.last_offset(),
            leader_epoch: batch.partition_leader_epoch(),
            timestamp_type: batch.timestamp_type(),
            codec: batch.codec()?,
            size: batch.bytes().len(),
            known: due.known,
            _frame: (!batch.attributes().is_compressed()).then(|| Arc::clone(&due.frame)),
            records,
        }))
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The topic, to be kept.
    #[must_use]
    pub fn shared_topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// The number of the partition.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// How many records it has; there is at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len() - self.skipped
    }

    /// Whether it has no records: never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The offset of its first record, or a lower one if compaction has taken that away.
    #[must_use]
    pub fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The offset of its last record, or a higher one if compaction has taken that away.
    #[must_use]
    pub fn last_offset(&self) -> i64 {
        self.last_offset
    }

    /// The offset behind the batch: what is to be committed once it is dealt with, and where another consumer would go on.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.last_offset.saturating_add(1)
    }

    /// The epoch of the leader that appended it; `None` before Kafka 0.11.
    #[must_use]
    pub fn leader_epoch(&self) -> Option<i32> {
        (self.leader_epoch >= 0).then_some(self.leader_epoch)
    }

    /// What its timestamps mean.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        self.timestamp_type
    }

    /// How it was compressed.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Its bytes as it came from the broker, compressed if it was.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The offset behind the last record that all in-sync replicas had when it was fetched.
    #[must_use]
    pub fn high_watermark(&self) -> i64 {
        self.known.high_watermark
    }

    /// The offset before which no transaction was open when it was fetched; `None` if the broker did not say (before Kafka 0.11).
    #[must_use]
    pub fn last_stable_offset(&self) -> Option<i64> {
        Some(self.known.last_stable_offset).filter(|offset| *offset >= 0)
    }

    /// The records.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Records<'_> {
        let mut records = self.records.iter();
        if let Some(last) = self.skipped.checked_sub(1) {
            records.nth(last);
        }
        Records(records)
    }

    pub(super) fn bytes(&self) -> &bytes::Bytes {
        self.records.bytes()
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = Record<'a>;
    type IntoIter = Records<'a>;

    #[inline]
    fn into_iter(self) -> Records<'a> {
        self.iter()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .field("base_offset", &self.base_offset)
            .field("last_offset", &self.last_offset)
            .field("len", &self.len())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Walks the records of a batch; made by [`Batch::iter`].
#[derive(Clone, Debug)]
pub struct Records<'a>(CheckedIter<'a>);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Record<'a>> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Records<'_> {}
impl FusedIterator for Records<'_> {}
