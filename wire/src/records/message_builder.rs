//! Building a message set of magic 0 or 1, for brokers before 0.11.

use bytes::Bytes;

use super::error::RecordError;
use super::layout::{Attributes, ENTRY_HEADER, MAGIC_AT, message, put};
use crate::checksum::crc32;
use crate::compression::{Compression, Compressor};

/// The most that a set or message may have, in bytes.
const LARGEST: usize = i32::MAX as usize;

/// Builds message sets of magic 0 or 1, one after the other. With compression, [`seal`](Self::seal) wraps the set in one message.
#[derive(Debug)]
pub struct MessageSetBuilder {
    buffer: Vec<u8>,
    timestamped: bool,
    compression: Compression,
    log_append_time: Option<i64>,
    base_offset: i64,
    count: i32,
    max_timestamp: i64,
    limit: usize,
}

impl MessageSetBuilder {
    /// A builder of magic 0, which has no timestamps: for Kafka before 0.10.
    #[must_use]
    pub fn magic_0() -> Self {
        Self::new(false)
    }

    /// A builder of magic 1: for Kafka 0.10.
    #[must_use]
    pub fn magic_1() -> Self {
        Self::new(true)
    }

    fn new(timestamped: bool) -> Self {
        MessageSetBuilder {
            buffer: Vec::new(),
            timestamped,
            compression: Compression::None,
            log_append_time: None,
            base_offset: 0,
            count: 0,
            max_timestamp: -1,
            limit: LARGEST,
        }
    }

    /// Compresses the set. zstd did not exist for these formats, but nothing keeps a reader from understanding it.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets one time for all messages, in milliseconds since 1970, as a broker does for topics with `LogAppendTime`. Magic 0 has no times.
    #[must_use]
    pub fn with_log_append_time(mut self, timestamp: i64) -> Self {
        self.log_append_time = self.timestamped.then_some(timestamp);
        self
    }

    /// Sets the offset of the first message; 0 in a Produce request.
    #[must_use]
    pub fn with_base_offset(mut self, offset: i64) -> Self {
        self.base_offset = offset;
        self
    }

    /// Limits a set before compression; at most 2,147,483,647 bytes.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(LARGEST);
        self
    }

    /// The messages appended so far.
    #[must_use]
    pub fn record_count(&self) -> usize {
        usize::try_from(self.count).unwrap_or(0)
    }

    /// Whether nothing has been appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of the set as it is, before compression.
    #[must_use]
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes that a message takes, before compression.
    #[must_use]
    pub fn message_size(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> usize {
        let fixed = message::HEADER + if self.timestamped { 8 } else { 0 } + 8;
        fixed
            .saturating_add(key.map_or(0, <[u8]>::len))
            .saturating_add(value.map_or(0, <[u8]>::len))
    }

    fn attributes(&self) -> Attributes {
        Attributes::default().with_log_append_time(self.log_append_time.is_some())
    }

    /// Appends a message at the next offset; gives its distance from the first. The timestamp is in milliseconds since 1970; magic 0 drops it.
    ///
    /// # Errors
    /// [`RecordError::RecordTooLarge`] if not even an empty set could take it, [`RecordError::BatchFull`] if this one can't. The set is as it was.
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<i32, RecordError> {
        let (needed, delta) = (self.message_size(key, value), self.count);
        let room = self.limit.saturating_sub(self.buffer.len());
        if needed > self.limit {
            return Err(RecordError::RecordTooLarge {
                needed,
                limit: self.limit,
            });
        }
        // A set of at most 2^31 bytes has fewer messages than an i32 can count.
        if needed > room {
            return Err(RecordError::BatchFull { needed, room });
        }
        // Inside a compressed message, magic 1 has relative offsets.
        let relative = self.timestamped && self.compression != Compression::None;
        let offset = if relative {
            i64::from(delta)
        } else {
            self.base_offset.wrapping_add(i64::from(delta))
        };
        let timestamp = self.log_append_time.unwrap_or(timestamp);
        let attributes = self.attributes();
        self.buffer.reserve(needed);
        write(
            &mut self.buffer,
            offset,
            self.timestamped.then_some(timestamp),
            attributes,
            key,
            value,
        );
        if self.timestamped {
            self.max_timestamp = if delta == 0 {
                timestamp
            } else {
                self.max_timestamp.max(timestamp)
            };
        }
        self.count += 1;
        Ok(delta)
    }

    /// Compresses the set, if it is to be compressed, and gives it. The builder is empty then.
    ///
    /// # Errors
    /// [`RecordError::NoRecords`], or [`RecordError::Compression`] if the codec is not part of this build; the messages are still there.
    pub fn seal(&mut self, compressor: &mut Compressor) -> Result<Bytes, RecordError> {
        if self.is_empty() {
            return Err(RecordError::NoRecords);
        }
        let sealed = if self.compression == Compression::None {
            std::mem::take(&mut self.buffer)
        } else {
            let mut value = Vec::new();
            compressor
                .compress_for(
                    u8::from(self.timestamped),
                    self.compression,
                    &self.buffer,
                    &mut value,
                )
                .map_err(|source| RecordError::Compression {
                    base_offset: self.base_offset,
                    source,
                })?;
            let mut wrapper = Vec::with_capacity(self.message_size(None, Some(&value)));
            let attributes = self.attributes().with_codec(self.compression.codec());
            let last_offset = self.base_offset.wrapping_add(i64::from(self.count - 1));
            write(
                &mut wrapper,
                last_offset,
                self.timestamped.then_some(self.max_timestamp),
                attributes,
                None,
                Some(&value),
            );
            wrapper
        };
        self.clear();
        Ok(Bytes::from(sealed))
    }

    /// Drops the messages appended so far.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.count = 0;
        self.max_timestamp = -1;
    }
}

/// Appends one message. Without a timestamp it is of magic 0.
fn write(
    out: &mut Vec<u8>,
    offset: i64,
    timestamp: Option<i64>,
    attributes: Attributes,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) {
    let start = out.len();
    let [_, low_attributes] = attributes.bits().to_be_bytes();
    out.extend_from_slice(&offset.to_be_bytes());
    // Length and checksum follow when the rest is there.
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&[u8::from(timestamp.is_some()), low_attributes]);
    if let Some(timestamp) = timestamp {
        out.extend_from_slice(&timestamp.to_be_bytes());
    }
    for bytes in [key, value] {
        let length = bytes.map_or(u32::MAX, |bytes| {
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        });
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(bytes.unwrap_or_default());
    }
    let whole = out.get_mut(start..).unwrap_or_default();
    let length = u32::try_from(whole.len() - ENTRY_HEADER).unwrap_or(u32::MAX);
    let crc = crc32(whole.get(MAGIC_AT..).unwrap_or_default());
    put(whole, 8, &length.to_be_bytes());
    put(whole, message::CRC, &crc.to_be_bytes());
}
