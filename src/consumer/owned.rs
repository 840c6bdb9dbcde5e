//! A record that can be kept.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use bytes::Bytes;
use milena_wire::records::{Headers, Record};

use super::batch::Batch;

/// A record that can be kept, and sent to other tasks: it shares the bytes of its [`Batch`], which are not copied.
#[derive(Clone)]
pub struct OwnedRecord {
    batch: Arc<Batch>,
    place: Place,
}

/// Where a record lies in the bytes of its batch.
#[derive(Clone, Copy)]
struct Place {
    offset: i64,
    timestamp: i64,
    key: Option<Span>,
    value: Option<Span>,
    headers: Span,
    header_count: u32,
}

#[derive(Clone, Copy)]
struct Span {
    at: u32,
    length: u32,
}

impl Span {
    /// `part` lies in `bytes`.
    fn of(part: &[u8], bytes: &[u8]) -> Self {
        let at = part.as_ptr().addr().wrapping_sub(bytes.as_ptr().addr());
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            at: number(at),
            length: number(part.len()),
        }
    }

    fn range(self) -> std::ops::Range<usize> {
        let at = self.at as usize;
        at..at + self.length as usize
    }

    fn bytes(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }
}

impl OwnedRecord {
    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.batch.topic()
    }

    /// The number of the partition.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.batch.partition()
    }

    /// Its offset in the partition.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.place.offset
    }

    /// Milliseconds since 1970, by the clock that [`Batch::timestamp_type`] says; -1 if there is none.
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        self.place.timestamp
    }

    /// The key, if it has one.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        Some(self.place.key?.bytes(self.batch.bytes()))
    }

    /// The value; `None` is a tombstone.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        Some(self.place.value?.bytes(self.batch.bytes()))
    }

    /// The key, to be kept without the record. Not copied.
    #[must_use]
    pub fn key_bytes(&self) -> Option<Bytes> {
        Some(self.batch.bytes().slice(self.place.key?.range()))
    }

    /// The value, to be kept without the record. Not copied.
    #[must_use]
    pub fn value_bytes(&self) -> Option<Bytes> {
        Some(self.batch.bytes().slice(self.place.value?.range()))
    }

    /// The headers, in order.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        let bytes = self.place.headers.bytes(self.batch.bytes());
        Headers::from_bytes(self.place.header_count, bytes)
    }

    /// The batch that it came with.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }
}

impl fmt::Debug for OwnedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRecord")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("timestamp", &self.timestamp())
            .field("key", &self.key())
            .field("value", &self.value())
            .field("headers", &self.headers())
            .finish()
    }
}

/// The records of a batch one by one, each of which can be kept; made by iterating over a [`Batch`] by value.
#[derive(Clone)]
pub struct IntoRecords {
    batch: Arc<Batch>,
    places: std::vec::IntoIter<Place>,
}

impl IntoRecords {
    fn new(batch: Batch) -> Self {
        let bytes = batch.bytes();
        let place = |record: Record<'_>| Place {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.map(|key| Span::of(key, bytes)),
            value: record.value.map(|value| Span::of(value, bytes)),
            headers: Span::of(record.headers.bytes(), bytes),
            header_count: u32::try_from(record.headers.len()).unwrap_or(u32::MAX),
        };
        let places: Vec<_> = batch.iter().map(place).collect();
        Self {
            batch: Arc::new(batch),
            places: places.into_iter(),
        }
    }
}

impl Iterator for IntoRecords {
    type Item = OwnedRecord;

    #[inline]
    fn next(&mut self) -> Option<OwnedRecord> {
        let place = self.places.next()?;
        Some(OwnedRecord {
            batch: Arc::clone(&self.batch),
            place,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for IntoRecords {}
impl FusedIterator for IntoRecords {}

impl IntoIterator for Batch {
    type Item = OwnedRecord;
    type IntoIter = IntoRecords;

    fn into_iter(self) -> IntoRecords {
        IntoRecords::new(self)
    }
}

impl fmt::Debug for IntoRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoRecords")
            .field("batch", &self.batch)
            .field("left", &self.places.len())
            .finish()
    }
}
