//! A record batch as it was fetched, or a run of messages of magic 0 or 1.

use bytes::Bytes;

use super::error::RecordError;
use super::layout::{
    Attributes, SMALLEST_RECORD, TimestampType, batch, i16_at, i32_at, i64_at, u32_at,
};
use super::legacy::{self, Message};
use super::record_set::{Layout, RecordSet};
use super::walk;
use crate::checksum::crc32c;
use crate::compression::{Codec, Decompressor};

/// A record batch, whole and with its header read; its records have not been looked at.
///
/// In magic 0 and 1 it is one compressed message, or a run of messages that are not compressed; there the fields that came with magic 2 read as Java has
/// them: -1 or `false`.
#[derive(Clone, Debug)]
pub struct Batch {
    bytes: Bytes,
    magic: u8,
    attributes: Attributes,
    base_offset: i64,
    last_offset: i64,
    max_timestamp: i64,
}

impl Batch {
    /// A batch of magic 2, of which the caller has made sure that it has a whole header.
    pub(super) fn read(bytes: Bytes) -> Result<Self, RecordError> {
        let base_offset = i64_at(&bytes, batch::BASE_OFFSET);
        let last_offset_delta = i32_at(&bytes, batch::LAST_OFFSET_DELTA);
        let last_offset = base_offset
            .checked_add(i64::from(last_offset_delta))
            .filter(|last| *last >= base_offset)
            .ok_or(RecordError::OffsetRange {
                base_offset,
                last_offset_delta,
            })?;
        let whole = Batch {
            magic: 2,
            attributes: Attributes::from_bits(i16_at(&bytes, batch::ATTRIBUTES)),
            base_offset,
            last_offset,
            max_timestamp: i64_at(&bytes, batch::MAX_TIMESTAMP),
            bytes,
        };
        let available = whole.bytes.len() - batch::HEADER;
        let (count, fits) = (
            whole.field_i32(batch::RECORD_COUNT),
            available / SMALLEST_RECORD,
        );
        if usize::try_from(count).map_or(true, |count| {
            !whole.attributes.is_compressed() && count > fits
        }) {
            return Err(RecordError::RecordCount {
                base_offset,
                count,
                available,
            });
        }
        Ok(whole)
    }

    /// A run of messages with these attributes.
    pub(super) fn run(
        bytes: Bytes,
        magic: u8,
        attributes: Attributes,
        offsets: (i64, i64),
        max_timestamp: i64,
    ) -> Self {
        Batch {
            bytes,
            magic,
            attributes,
            base_offset: offsets.0,
            last_offset: offsets.1,
            max_timestamp,
        }
    }

    fn field_i32(&self, at: usize) -> i32 {
        i32_at(&self.bytes, at)
    }

    /// The format, 0-2.
    #[must_use]
    pub fn magic(&self) -> u8 {
        self.magic
    }

    /// All of it, as it was fetched.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        self.attributes
    }

    /// The offset that stands first in it: that of its first record, whether compaction has left it or not. A compressed message of magic 0 or 1 has the
    /// offset of its last record there.
    #[must_use]
    pub fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The offset of its last record, whether compaction has left it or not. The next fetch starts one above.
    #[must_use]
    pub fn last_offset(&self) -> i64 {
        self.last_offset
    }

    /// The epoch of the leader that appended it; -1 if unknown.
    #[must_use]
    pub fn partition_leader_epoch(&self) -> i32 {
        if self.magic < 2 {
            -1
        } else {
            self.field_i32(batch::PARTITION_LEADER_EPOCH)
        }
    }

    /// The checksum that it carries; of the first message in magic 0 and 1.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        u32_at(
            &self.bytes,
            if self.magic < 2 {
                super::layout::message::CRC
            } else {
                batch::CRC
            },
        )
    }

    /// The codec.
    ///
    /// # Errors
    /// [`RecordError::UnknownCodec`]
    pub fn codec(&self) -> Result<Codec, RecordError> {
        let unknown = RecordError::UnknownCodec {
            base_offset: self.base_offset,
            id: self.attributes.codec_id(),
        };
        self.attributes.codec().ok_or(unknown)
    }

    /// What its timestamps mean.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        match self.magic {
            0 => TimestampType::None,
            _ if self.attributes.is_log_append_time() => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        }
    }

    /// Whether it belongs to a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.magic >= 2 && self.attributes.is_transactional()
    }

    /// Whether it holds control records, which no consumer is to see.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.magic >= 2 && self.attributes.is_control()
    }

    /// The time in milliseconds since 1970 after which its tombstones and markers may go, if compaction has set one.
    #[must_use]
    pub fn delete_horizon(&self) -> Option<i64> {
        (self.magic >= 2 && self.attributes.has_delete_horizon())
            .then(|| i64_at(&self.bytes, batch::BASE_TIMESTAMP))
    }

    /// What its records' timestamps are counted from, in milliseconds since 1970; -1 in magic 0 and 1.
    #[must_use]
    pub fn base_timestamp(&self) -> i64 {
        if self.magic < 2 {
            -1
        } else {
            i64_at(&self.bytes, batch::BASE_TIMESTAMP)
        }
    }

    /// The largest timestamp, in milliseconds since 1970; -1 if there is none.
    #[must_use]
    pub fn max_timestamp(&self) -> i64 {
        self.max_timestamp
    }

    /// The producer's id; -1 without idempotence.
    #[must_use]
    pub fn producer_id(&self) -> i64 {
        if self.magic < 2 {
            -1
        } else {
            i64_at(&self.bytes, batch::PRODUCER_ID)
        }
    }

    /// The producer's epoch; -1 without idempotence.
    #[must_use]
    pub fn producer_epoch(&self) -> i16 {
        if self.magic < 2 {
            -1
        } else {
            i16_at(&self.bytes, batch::PRODUCER_EPOCH)
        }
    }

    /// The sequence number of the first record; -1 without idempotence.
    #[must_use]
    pub fn base_sequence(&self) -> i32 {
        if self.magic < 2 {
            -1
        } else {
            self.field_i32(batch::BASE_SEQUENCE)
        }
    }

    /// The sequence number of the last record; -1 without idempotence. After 2,147,483,647 comes 0.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        let base = self.base_sequence();
        if base < 0 {
            -1
        } else {
            base.wrapping_add(self.field_i32(batch::LAST_OFFSET_DELTA)) & i32::MAX
        }
    }

    /// How many records it says it has, at most 2,147,483,647. `None` in magic 0 and 1, which don't say. If it is compressed, nothing has checked that its
    /// bytes can hold that many: don't reserve by it.
    #[must_use]
    pub fn record_count(&self) -> Option<u32> {
        if self.magic < 2 {
            None
        } else {
            u32::try_from(self.field_i32(batch::RECORD_COUNT)).ok()
        }
    }

    /// Compares checksum and bytes.
    ///
    /// # Errors
    /// [`RecordError::Checksum`]; in magic 0 and 1 also [`RecordError::Malformed`], as every message has its own checksum.
    pub fn verify_checksum(&self) -> Result<(), RecordError> {
        if self.magic < 2 {
            let mut walk = legacy::Walk::new(legacy::Frame::default(), &self.bytes);
            while let Some(message) = walk.message() {
                message
                    .map_err(|fault| self.malformed(walk.place(), fault))?
                    .verify_checksum()?;
            }
            return Ok(());
        }
        let stored = self.checksum();
        let computed = crc32c(self.bytes.get(batch::ATTRIBUTES..).unwrap_or_default());
        if stored == computed {
            Ok(())
        } else {
            Err(RecordError::Checksum {
                offset: self.base_offset,
                stored,
                computed,
            })
        }
    }

    fn malformed(&self, record: u32, fault: super::error::RecordFault) -> RecordError {
        RecordError::Malformed {
            base_offset: self.base_offset,
            record,
            fault,
        }
    }

    /// Verifies the checksum and gives the records: as they lie, or inflated.
    ///
    /// # Errors
    /// The checksum does not match, the codec is unknown or not built in, the bytes are corrupt or inflate beyond the limit, or the number of records is
    /// more than the bytes can hold. Each record is checked when it is reached, or all of them by [`RecordSet::check`].
    pub fn records(&self, decompressor: &mut Decompressor) -> Result<RecordSet, RecordError> {
        self.verify_checksum()?;
        self.open(decompressor, true)
    }

    /// As [`records`](Self::records), without looking at any checksum.
    ///
    /// # Errors
    /// As [`records`](Self::records), but for checksums.
    pub fn records_unverified(
        &self,
        decompressor: &mut Decompressor,
    ) -> Result<RecordSet, RecordError> {
        self.open(decompressor, false)
    }

    fn open(
        &self,
        decompressor: &mut Decompressor,
        verify: bool,
    ) -> Result<RecordSet, RecordError> {
        if self.magic < 2 {
            return if self.attributes.is_compressed() {
                self.unwrap_message(decompressor, verify)
            } else {
                let layout = Layout::Messages(legacy::Frame::default());
                Ok(RecordSet::new(self.base_offset, layout, self.bytes.clone()))
            };
        }
        let count = self.field_i32(batch::RECORD_COUNT);
        let records = match self.codec()? {
            Codec::None => self.bytes.slice(batch::HEADER..),
            // Compaction may leave a batch without records. Java does not look at its bytes either.
            _ if count == 0 => Bytes::new(),
            codec => self.inflate(
                decompressor,
                codec,
                self.bytes.get(batch::HEADER..).unwrap_or_default(),
            )?,
        };
        let beyond = RecordError::RecordCount {
            base_offset: self.base_offset,
            count,
            available: records.len(),
        };
        let count = u32::try_from(count).map_err(|_| beyond)?;
        if count as usize > records.len() / SMALLEST_RECORD {
            return Err(beyond);
        }
        let frame = walk::Frame {
            base_offset: self.base_offset,
            base_timestamp: self.base_timestamp(),
            log_append_time: self
                .attributes
                .is_log_append_time()
                .then_some(self.max_timestamp),
            count,
        };
        Ok(RecordSet::new(
            self.base_offset,
            Layout::Batch(frame),
            records,
        ))
    }

    fn inflate(
        &self,
        decompressor: &mut Decompressor,
        codec: Codec,
        bytes: &[u8],
    ) -> Result<Bytes, RecordError> {
        decompressor
            .decompress(codec, bytes)
            .map_err(|source| RecordError::Compression {
                base_offset: self.base_offset,
                source,
            })
    }

    /// The messages inside a compressed message. They must not be compressed again, so nothing recurses.
    fn unwrap_message(
        &self,
        decompressor: &mut Decompressor,
        verify: bool,
    ) -> Result<RecordSet, RecordError> {
        let empty = RecordError::EmptyWrapper {
            offset: self.last_offset,
        };
        let (wrapper, _) = Message::split(&self.bytes).map_err(|fault| self.malformed(0, fault))?;
        let messages = self.inflate(decompressor, self.codec()?, wrapper.value.ok_or(empty)?)?;
        let mut walk = legacy::Walk::new(legacy::Frame::default(), &messages);
        let mut last = None;
        while let Some(message) = walk.message() {
            let message = message.map_err(|fault| self.malformed(walk.place(), fault))?;
            if message.attributes.is_compressed() {
                return Err(RecordError::NestedCompression {
                    offset: self.last_offset,
                });
            }
            if verify {
                message.verify_checksum()?;
            }
            last = Some(message.offset);
        }
        let last_relative = last.ok_or(empty)?;
        let base = if self.magic == 0 || self.last_offset == 0 {
            // Absolute offsets; or a producer that left the wrapper's offset at 0 for the broker to fill in.
            0
        } else {
            let outside = RecordError::WrapperOffset {
                offset: self.last_offset,
                last_relative,
            };
            self.last_offset
                .checked_sub(last_relative)
                .filter(|base| *base >= 0)
                .ok_or(outside)?
        };
        let log_append_time = self
            .attributes
            .is_log_append_time()
            .then_some(wrapper.timestamp);
        let frame = legacy::Frame {
            base,
            log_append_time: log_append_time.filter(|_| self.magic > 0),
        };
        Ok(RecordSet::new(
            self.base_offset,
            Layout::Messages(frame),
            messages,
        ))
    }
}
