//! A record that is to be written.

use std::time::{SystemTime, UNIX_EPOCH};

use milena_wire::records::BatchBuilder;

/// A record that is to be written: it borrows all that it has, and is copied once, into its batch.
///
/// ```
/// use milena::producer::Record;
///
/// let order = Record::to("orders").key("k").value("v").header("trace", "7f");
/// # drop(order);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a record is written when it is sent"]
pub struct Record<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: Option<i32>,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: Vec<Header<'a>>,
    pub(super) timestamp: Option<i64>,
}

/// The key of a header and its value, which may be null.
pub type Header<'a> = (&'a str, Option<&'a [u8]>);

impl<'a> Record<'a> {
    /// A record of this topic, with neither key nor value.
    #[inline]
    pub fn to(topic: &'a str) -> Self {
        Self {
            topic,
            partition: None,
            key: None,
            value: None,
            headers: Vec::new(),
            timestamp: None,
        }
    }

    /// Bytes that it adds to a batch, at most.
    #[inline]
    pub(super) fn largest_size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(key, value)| BatchBuilder::largest_header(key, *value));
        BatchBuilder::largest_record(self.key, self.value, headers.sum())
    }

    /// The key, by which the partition is chosen, and by which compacted topics keep the latest value. Default: none (null).
    #[inline]
    pub fn key<K: AsRef<[u8]> + ?Sized>(mut self, key: &'a K) -> Self {
        self.key = Some(key.as_ref());
        self
    }

    /// The value. Default: none (null), which in a compacted topic deletes the key (a tombstone).
    #[inline]
    pub fn value<V: AsRef<[u8]> + ?Sized>(mut self, value: &'a V) -> Self {
        self.value = Some(value.as_ref());
        self
    }

    /// Adds a header, after those that there are; keys may be there several times. Needs Kafka 0.11.
    pub fn header<V: AsRef<[u8]> + ?Sized>(mut self, key: &'a str, value: &'a V) -> Self {
        self.headers.push((key, Some(value.as_ref())));
        self
    }

    /// Adds headers, whose values may be null.
    pub fn headers(mut self, headers: impl IntoIterator<Item = Header<'a>>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The partition, from zero on. Default: the producer's [partitioner](super::ProducerBuilder::partitioner) chooses.
    #[inline]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// The time of the record, in milliseconds since 1970. Not below 0. Default: when it is sent. Topics with
    /// `message.timestamp.type=LogAppendTime` have the broker's time instead.
    #[inline]
    pub fn timestamp(mut self, milliseconds: i64) -> Self {
        self.timestamp = Some(milliseconds);
        self
    }

    /// As [`timestamp`](Self::timestamp). A time before 1970 is refused when the record is sent.
    pub fn time(self, time: SystemTime) -> Self {
        let milliseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(_) => -1,
        };
        self.timestamp(milliseconds)
    }
}
