//! Building a batch of magic 2, in wire format from the first record on.

use bytes::Bytes;

use super::control::ControlType;
use super::error::RecordError;
use super::layout::{Attributes, batch, put};
use super::page::{Page, Pen, SPARE};
use super::varint::{Encoded, encode, encode_long, length_of, zigzag32, zigzag64};
use crate::checksum::crc32c;
use crate::compression::{Compression, Compressor};

/// The most that a batch may have, in bytes, its length being an int32.
const LARGEST: usize = i32::MAX as usize;
/// The header of a batch, not filled in yet.
const NO_HEADER: [u8; batch::HEADER] = [0; batch::HEADER];

/// Builds batches of magic 2, one after the other. Records are written in wire format as they are appended; [`seal`](Self::seal) fills in the header and
/// leaves the builder empty for the next batch, with the same settings.
///
/// ```
/// # use milena_wire::{compression::{Compression, Compressor}, records::{BatchBuilder, RecordError}};
/// let mut builder = BatchBuilder::new().with_compression(Compression::None);
/// builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), [("trace", Some(b"1".as_slice()))])?;
/// builder.append(1_700_000_000_001, None, Some(b"another"), [])?;
/// let bytes = builder.seal(&mut Compressor::new())?;
/// # assert_eq!(bytes.len(), 61 + 23 + 14);
/// # Ok::<(), RecordError>(())
/// ```
#[derive(Debug)]
pub struct BatchBuilder {
    /// The header's place, then the records; empty before the first one.
    page: Page,
    /// A buffer that came back, for what is made by compressing.
    spare: Vec<u8>,
    /// Of the first record.
    base_timestamp: i64,
    max_timestamp: i64,
    /// The next record's offset less the base offset; the records appended so far, if none was skipped.
    next_delta: i64,
    count: i32,
    limit: usize,
    base_offset: i64,
    partition_leader_epoch: i32,
    attributes: Attributes,
    log_append_time: i64,
    producer: Producer,
    compression: Compression,
    /// Compressed bytes for each uncompressed one, as seen lately.
    ratio: f32,
}

/// Who wrote a batch, and how many records he had written before: what makes a batch idempotent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// The producer's id; -1 without idempotence.
    pub id: i64,
    /// The producer's epoch; -1 without idempotence.
    pub epoch: i16,
    /// The sequence number of the batch's first record; -1 without idempotence.
    pub base_sequence: i32,
}

impl Producer {
    /// A producer without idempotence.
    pub const NONE: Producer = Producer {
        id: -1,
        epoch: -1,
        base_sequence: -1,
    };
}

impl Default for Producer {
    fn default() -> Self {
        Self::NONE
    }
}

impl Default for BatchBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl BatchBuilder {
    /// Bytes of a batch before its first record.
    pub const OVERHEAD: usize = batch::HEADER;

    /// A builder of uncompressed batches at offset 0, without a producer, as large as the format allows.
    #[must_use]
    pub fn new() -> Self {
        BatchBuilder {
            page: Page::default(),
            spare: Vec::new(),
            base_timestamp: -1,
            max_timestamp: -1,
            next_delta: 0,
            count: 0,
            limit: LARGEST,
            base_offset: 0,
            partition_leader_epoch: -1,
            attributes: Attributes::default(),
            log_append_time: -1,
            producer: Producer::NONE,
            compression: Compression::None,
            ratio: 1.0,
        }
    }

    /// Limits a batch before compression, header included; at most 2,147,483,647 bytes.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(LARGEST);
        self
    }

    /// Takes memory for a batch of this many bytes now.
    #[must_use]
    pub fn with_capacity(mut self, bytes: usize) -> Self {
        self.page.reserve_exact(bytes);
        self
    }

    /// Sets what compression is expected to make of a byte: 1 for nothing. It is learned from every batch that is sealed.
    #[must_use]
    pub fn with_ratio(mut self, ratio: f32) -> Self {
        self.ratio = ratio;
        self
    }

    /// What compression made of a byte lately.
    #[must_use]
    pub fn ratio(&self) -> f32 {
        self.ratio
    }

    /// Writes the next batch into this memory, as far as it goes; what is in there is forgotten.
    #[must_use]
    pub fn with_buffer(mut self, buffer: Vec<u8>) -> Self {
        self.page = Page::new(buffer);
        self
    }

    /// Compresses the records.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self.attributes = self.attributes.with_codec(compression.codec());
        self
    }

    /// Sets one time for all records, in milliseconds since 1970, as a broker does for topics with `LogAppendTime`.
    #[must_use]
    pub fn with_log_append_time(mut self, timestamp: i64) -> Self {
        self.log_append_time = timestamp;
        self.attributes = self.attributes.with_log_append_time(true);
        self
    }

    /// Marks batches as part of a transaction.
    #[must_use]
    pub fn with_transactional(mut self, transactional: bool) -> Self {
        self.attributes = self.attributes.with_transactional(transactional);
        self
    }

    /// Marks batches as holding control records; see [`append_control`](Self::append_control).
    #[must_use]
    pub fn with_control(mut self, control: bool) -> Self {
        self.attributes = self.attributes.with_control(control);
        self
    }

    /// Sets the producer and the sequence number of the first record.
    #[must_use]
    pub fn with_producer(mut self, producer: Producer) -> Self {
        self.producer = producer;
        self
    }

    /// Sets the offset of the first record; 0 in a Produce request.
    #[must_use]
    pub fn with_base_offset(mut self, offset: i64) -> Self {
        self.base_offset = offset;
        self
    }

    /// Sets the epoch of the partition's leader; -1 in a Produce request.
    #[must_use]
    pub fn with_partition_leader_epoch(mut self, epoch: i32) -> Self {
        self.partition_leader_epoch = epoch;
        self
    }

    /// As [`with_producer`](Self::with_producer), at any time before the batch is sealed.
    pub fn set_producer(&mut self, producer: Producer) {
        self.producer = producer;
    }

    /// As [`with_base_offset`](Self::with_base_offset), for the next batch.
    pub fn set_base_offset(&mut self, offset: i64) {
        self.base_offset = offset;
    }

    /// As [`with_compression`](Self::with_compression), at any time before the batch is sealed.
    pub fn set_compression(&mut self, compression: Compression) {
        self.compression = compression;
        self.attributes = self.attributes.with_codec(compression.codec());
    }

    /// The records appended so far.
    #[inline]
    #[must_use]
    pub fn record_count(&self) -> usize {
        usize::try_from(self.count).unwrap_or(0)
    }

    /// Whether nothing has been appended.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of the batch as it is, before compression.
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.page.len().max(batch::HEADER)
    }

    /// The bytes of the batch as it is, sealed: [`size`](Self::size), or what it takes at the ratio that the last batches were compressed by.
    #[must_use]
    pub fn estimated_size(&self) -> usize {
        batch::HEADER + self.after_compression(self.size() - batch::HEADER)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate, of something not negative"
    )]
    fn after_compression(&self, bytes: usize) -> usize {
        // A twentieth to spare, as Java's estimate has.
        if self.compression == Compression::None {
            bytes
        } else {
            (bytes as f32 * self.ratio * 1.05) as usize
        }
    }

    /// The bytes that the batch may have before it asks for more memory.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.page.capacity()
    }

    /// Takes memory for a batch of this many bytes, if there is less.
    pub fn reserve(&mut self, bytes: usize) {
        self.page.reserve_exact(bytes);
    }

    /// Gives up the builder for its memory.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        if self.page.capacity() >= self.spare.capacity() {
            self.page.into_memory()
        } else {
            self.spare
        }
    }

    /// Bytes that a record adds to a batch, at most, if its headers take `headers` bytes as [`largest_header`](Self::largest_header) counts them: what
    /// [`capacity`](Self::capacity) must exceed [`size`](Self::size) by, so that appending takes no memory.
    #[inline]
    #[must_use]
    pub fn largest_record(key: Option<&[u8]>, value: Option<&[u8]>, headers: usize) -> usize {
        // Length, attributes, timestamp, offset, and four more numbers; what is written beyond a record's end before it is cut off.
        const NUMBERS: usize = 5 + 1 + 10 + 5 + 5 + 5 + 5;
        let key = key.map_or(0, <[u8]>::len);
        let value = value.map_or(0, <[u8]>::len);
        (NUMBERS + SPARE)
            .saturating_add(key)
            .saturating_add(value)
            .saturating_add(headers)
    }

    /// Bytes that a header takes, at most.
    #[inline]
    #[must_use]
    pub fn largest_header(key: &str, value: Option<&[u8]>) -> usize {
        let value = value.map_or(0, <[u8]>::len);
        key.len().saturating_add(value).saturating_add(2 * 5)
    }

    /// Whether a record of this size (see [`record_size`](Self::record_size)) leaves the sealed batch below `target` bytes, as far as can be told. An empty
    /// batch takes any record.
    #[must_use]
    pub fn has_room_for(&self, record_size: usize, target: usize) -> bool {
        self.is_empty()
            || self
                .estimated_size()
                .saturating_add(self.after_compression(record_size))
                <= target
    }

    /// The bytes that a record would take if it were appended now, before compression.
    pub fn record_size<'h, H>(
        &self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> usize
    where
        H: IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
    {
        let delta = if self.is_empty() {
            0
        } else {
            timestamp.wrapping_sub(self.base_timestamp)
        };
        let offset = i32::try_from(self.next_delta).unwrap_or(i32::MAX);
        let (header_count, headers_length) = headers_size(headers.into_iter());
        let numbers = 1
            + length_of(zigzag64(delta))
            + length_of(u64::from(zigzag32(offset)))
            + length_of(zigzag_length(header_count));
        let body = numbers
            .saturating_add(nullable_size(key))
            .saturating_add(nullable_size(value))
            .saturating_add(headers_length);
        length_of(zigzag_length(body)).saturating_add(body)
    }

    /// Appends a record at the next offset; gives its distance from the first.
    ///
    /// The timestamp is in milliseconds since 1970. Headers come from anything that can be walked twice: `[]`, an array of pairs, `slice.iter().copied()`.
    ///
    /// # Errors
    /// [`RecordError::RecordTooLarge`] if not even an empty batch could take it, [`RecordError::BatchFull`] if this one can't, [`RecordError::Offset`] after
    /// 2,147,483,648 records. The batch is as it was.
    #[inline]
    pub fn append<'h, H>(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<i32, RecordError>
    where
        H: IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        self.append_at(self.next_delta, timestamp, key, value, headers.into_iter())
    }

    /// Appends a record at an offset above the last one, as compaction leaves them.
    ///
    /// # Errors
    /// As [`append`](Self::append); [`RecordError::Offset`] also if the offset is not above the last one or below the base offset.
    pub fn append_with_offset<'h, H>(
        &mut self,
        offset: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<i32, RecordError>
    where
        H: IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let next = self.base_offset.saturating_add(self.next_delta);
        let delta = offset
            .checked_sub(self.base_offset)
            .filter(|_| offset >= next)
            .ok_or(RecordError::Offset { offset, next })?;
        self.append_at(delta, timestamp, key, value, headers.into_iter())
    }

    /// Appends a control record, such as the end of a transaction; the value's format is that of its type. For batches
    /// [with control records](Self::with_control).
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_control(
        &mut self,
        timestamp: i64,
        control: ControlType,
        value: &[u8],
    ) -> Result<i32, RecordError> {
        self.append(timestamp, Some(&control.key()), Some(value), [])
    }

    #[inline]
    fn append_at<'h, H>(
        &mut self,
        delta: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<i32, RecordError>
    where
        H: Iterator<Item = (&'h str, Option<&'h [u8]>)> + Clone,
    {
        let Ok(distance) = i32::try_from(delta) else {
            let next = self.base_offset.saturating_add(self.next_delta);
            return Err(RecordError::Offset {
                offset: self.base_offset.saturating_add(delta),
                next,
            });
        };
        if self.count == 0 {
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        let timestamp_delta = zigzag64(timestamp.wrapping_sub(self.base_timestamp));
        let (header_count, headers_length) = headers_size(headers.clone());
        // Each number is encoded once; the sizes come from that.
        let offset_delta = encode(u64::from(zigzag32(distance)));
        let (key_length, value_length) = (encoded_length(key), encoded_length(value));
        let header_count = match header_count {
            0 => Encoded::ZERO,
            count => encode(zigzag_length(count)),
        };
        let is_near = timestamp_delta <= Encoded::LARGEST;
        let near_timestamp = encode(if is_near { timestamp_delta } else { 0 });
        let timestamp_length = match is_near {
            true => near_timestamp.length,
            false => length_of(timestamp_delta),
        };
        let numbers = 1
            + timestamp_length
            + offset_delta.length
            + key_length.length
            + value_length.length
            + header_count.length;
        let body = numbers
            .saturating_add(key.map_or(0, <[u8]>::len))
            .saturating_add(value.map_or(0, <[u8]>::len))
            .saturating_add(headers_length);
        let length = encode(zigzag_length(body));
        let size = length.length.saturating_add(body);
        let start = self.size();
        if size > self.limit.saturating_sub(start) {
            return Err(self.no_room(size));
        }
        if self.page.len() == 0 {
            self.page.pen(batch::HEADER).put_slice(&NO_HEADER);
        }
        let mut pen = self.page.pen(size);
        let room = pen.left();
        // Most numbers are small, and lie in two words: what comes before the offset, and what comes before the key or, without one, the value.
        match length.then(Encoded::ZERO) {
            Some(begin) if is_near => put_two(&mut pen, begin, near_timestamp),
            _ => {
                pen.put(length);
                pen.put(Encoded::ZERO);
                put_timestamp(&mut pen, timestamp_delta);
            }
        }
        match (key, offset_delta.then(key_length)) {
            (None, Some(before_value)) => put_two(&mut pen, before_value, value_length),
            (key, _) => {
                put_two(&mut pen, offset_delta, key_length);
                pen.put_slice(key.unwrap_or_default());
                pen.put(value_length);
            }
        }
        if let Some(value) = value {
            pen.put_slice(value);
        }
        pen.put(header_count);
        for (key, value) in headers {
            put_nullable(&mut pen, Some(key.as_bytes()));
            put_nullable(&mut pen, value);
        }
        debug_assert_eq!(
            room - pen.left(),
            size,
            "headers differed between two walks"
        );
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.next_delta = delta + 1;
        self.count += 1;
        Ok(distance)
    }

    #[cold]
    fn no_room(&self, size: usize) -> RecordError {
        let needed = size.saturating_add(batch::HEADER);
        if needed > self.limit {
            RecordError::RecordTooLarge {
                needed,
                limit: self.limit,
            }
        } else {
            RecordError::BatchFull {
                needed: size,
                room: self.limit - self.size(),
            }
        }
    }

    /// Compresses the records, fills in the header and gives the batch. The builder is empty then; its base offset and sequence stay as they were set.
    ///
    /// # Errors
    /// [`RecordError::NoRecords`], or [`RecordError::Compression`] if the codec is not part of this build; the records are still there.
    pub fn seal(&mut self, compressor: &mut Compressor) -> Result<Bytes, RecordError> {
        if self.is_empty() {
            return Err(RecordError::NoRecords);
        }
        let mut sealed = if self.compression == Compression::None {
            // The next batch gets the buffer that came back, if one did.
            let next = Page::new(std::mem::take(&mut self.spare));
            std::mem::replace(&mut self.page, next).into_written()
        } else {
            let mut out = std::mem::take(&mut self.spare);
            out.clear();
            out.resize(batch::HEADER, 0);
            let records = self.page.written().get(batch::HEADER..).unwrap_or_default();
            if let Err(source) = compressor.compress(self.compression, records, &mut out) {
                self.spare = out;
                return Err(RecordError::Compression {
                    base_offset: self.base_offset,
                    source,
                });
            }
            self.learn(records.len(), out.len() - batch::HEADER);
            out
        };
        self.fill_in(&mut sealed);
        self.clear();
        Ok(Bytes::from(sealed))
    }

    /// The compression ratio follows what was seen: up at once, down slowly, as Java's does.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn learn(&mut self, before: usize, after: usize) {
        let seen = after as f32 / before.max(1) as f32;
        self.ratio = if seen > self.ratio {
            seen
        } else {
            (self.ratio - 0.05).max(seen)
        };
    }

    fn fill_in(&self, sealed: &mut [u8]) {
        // The limit holds for what was appended; compression adds little to what can't be compressed, and the length says so.
        let length = u32::try_from(sealed.len() - 12).unwrap_or(u32::MAX);
        let last_offset_delta = u32::try_from(self.next_delta - 1).unwrap_or(u32::MAX);
        let max_timestamp = if self.attributes.is_log_append_time() {
            self.log_append_time
        } else {
            self.max_timestamp
        };
        put(sealed, batch::BASE_OFFSET, &self.base_offset.to_be_bytes());
        put(sealed, batch::LENGTH, &length.to_be_bytes());
        put(
            sealed,
            batch::PARTITION_LEADER_EPOCH,
            &self.partition_leader_epoch.to_be_bytes(),
        );
        put(sealed, super::layout::MAGIC_AT, &[2]);
        put(
            sealed,
            batch::ATTRIBUTES,
            &self.attributes.bits().to_be_bytes(),
        );
        put(
            sealed,
            batch::LAST_OFFSET_DELTA,
            &last_offset_delta.to_be_bytes(),
        );
        put(
            sealed,
            batch::BASE_TIMESTAMP,
            &self.base_timestamp.to_be_bytes(),
        );
        put(sealed, batch::MAX_TIMESTAMP, &max_timestamp.to_be_bytes());
        put(sealed, batch::PRODUCER_ID, &self.producer.id.to_be_bytes());
        put(
            sealed,
            batch::PRODUCER_EPOCH,
            &self.producer.epoch.to_be_bytes(),
        );
        put(
            sealed,
            batch::BASE_SEQUENCE,
            &self.producer.base_sequence.to_be_bytes(),
        );
        put(sealed, batch::RECORD_COUNT, &self.count.to_be_bytes());
        let crc = crc32c(sealed.get(batch::ATTRIBUTES..).unwrap_or_default());
        put(sealed, batch::CRC, &crc.to_be_bytes());
    }

    /// Drops the records appended so far.
    pub fn clear(&mut self) {
        self.page.clear();
        self.next_delta = 0;
        self.count = 0;
    }

    /// Takes back what [`seal`](Self::seal) gave, to use its memory for a later batch. Nothing happens if somebody else still holds a part of it.
    pub fn recycle(&mut self, sealed: Bytes) {
        if let Ok(unique) = sealed.try_into_mut() {
            let buffer = Vec::from(unique);
            if self.page.capacity() == 0 {
                self.page = Page::new(buffer);
            } else if buffer.capacity() > self.spare.capacity() {
                self.spare = buffer;
            }
        }
    }
}

/// A length as the signed varint it is written as. None is negative.
#[inline]
const fn zigzag_length(length: usize) -> u64 {
    (length as u64) << 1
}

#[inline]
fn nullable_size(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| {
        length_of(zigzag_length(bytes.len())).saturating_add(bytes.len())
    })
}

/// The number of headers, and their bytes.
#[inline]
fn headers_size<'h>(headers: impl Iterator<Item = (&'h str, Option<&'h [u8]>)>) -> (usize, usize) {
    headers.fold((0, 0), |(count, size): (usize, usize), (key, value)| {
        (
            count + 1,
            size.saturating_add(nullable_size(Some(key.as_bytes())))
                .saturating_add(nullable_size(value)),
        )
    })
}

#[inline]
fn put_nullable(pen: &mut Pen<'_>, bytes: Option<&[u8]>) {
    pen.put(encoded_length(bytes));
    pen.put_slice(bytes.unwrap_or_default());
}

/// Puts two numbers, in one word if that takes them.
#[inline]
fn put_two(pen: &mut Pen<'_>, first: Encoded, second: Encoded) {
    match first.then(second) {
        Some(both) => pen.put(both),
        None => {
            pen.put(first);
            pen.put(second);
        }
    }
}

#[cold]
fn put_timestamp(pen: &mut Pen<'_>, delta: u64) {
    if delta > Encoded::LARGEST {
        let (first, rest) = encode_long(delta);
        pen.put(first);
        pen.put(rest);
    } else {
        pen.put(encode(delta));
    }
}

/// What stands before bytes that may be null.
#[inline]
fn encoded_length(bytes: Option<&[u8]>) -> Encoded {
    match bytes {
        Some(bytes) => encode(zigzag_length(bytes.len())),
        None => Encoded::NULL,
    }
}
