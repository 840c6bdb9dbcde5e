//! Changing the header of a sealed batch, as a broker does when it appends one and a producer when it gets a new epoch.

use super::builder::Producer;
use super::error::RecordError;
use super::layout::{Attributes, ENTRY_HEADER, MAGIC_AT, array, batch, i16_at, i32_at, put};
use crate::checksum::crc32c;

/// A batch of magic 2 whose header may be changed.
///
/// Base offset and leader epoch lie before what the checksum covers, and cost nothing to change. For all else the checksum is made anew, once, when this
/// is dropped.
#[derive(Debug)]
pub struct BatchMut<'a> {
    bytes: &'a mut [u8],
    stale: bool,
}

impl<'a> BatchMut<'a> {
    /// The batch that these bytes are, all of them. Its checksum is not verified.
    ///
    /// # Errors
    /// [`RecordError::NoWholeBatch`], [`RecordError::BatchLength`] if there are more or less bytes, [`RecordError::WrongMagic`].
    pub fn new(bytes: &'a mut [u8]) -> Result<Self, RecordError> {
        let (available, needed) = (bytes.len(), batch::HEADER as u64);
        if available <= MAGIC_AT {
            return Err(RecordError::NoWholeBatch { needed, available });
        }
        let [magic] = array(bytes, MAGIC_AT);
        if magic != 2 {
            return Err(RecordError::WrongMagic { magic });
        }
        if available < batch::HEADER {
            return Err(RecordError::NoWholeBatch { needed, available });
        }
        let length = i32_at(bytes, batch::LENGTH);
        if usize::try_from(length).ok() != Some(available - ENTRY_HEADER) {
            return Err(RecordError::BatchLength {
                position: 0,
                length,
                minimum: batch::SMALLEST,
            });
        }
        Ok(BatchMut {
            bytes,
            stale: false,
        })
    }

    /// Sets the offset of the first record.
    pub fn set_base_offset(&mut self, offset: i64) -> &mut Self {
        put(self.bytes, batch::BASE_OFFSET, &offset.to_be_bytes());
        self
    }

    /// Sets the epoch of the leader that appends the batch.
    pub fn set_partition_leader_epoch(&mut self, epoch: i32) -> &mut Self {
        put(
            self.bytes,
            batch::PARTITION_LEADER_EPOCH,
            &epoch.to_be_bytes(),
        );
        self
    }

    /// Sets one time for all records, in milliseconds since 1970.
    pub fn set_log_append_time(&mut self, timestamp: i64) -> &mut Self {
        let attributes =
            Attributes::from_bits(i16_at(self.bytes, batch::ATTRIBUTES)).with_log_append_time(true);
        self.covered(batch::ATTRIBUTES, &attributes.bits().to_be_bytes());
        self.covered(batch::MAX_TIMESTAMP, &timestamp.to_be_bytes());
        self
    }

    /// Sets the producer and the sequence number of the first record.
    pub fn set_producer(&mut self, producer: Producer) -> &mut Self {
        self.covered(batch::PRODUCER_ID, &producer.id.to_be_bytes());
        self.covered(batch::PRODUCER_EPOCH, &producer.epoch.to_be_bytes());
        self.covered(batch::BASE_SEQUENCE, &producer.base_sequence.to_be_bytes());
        self
    }

    fn covered(&mut self, at: usize, value: &[u8]) {
        put(self.bytes, at, value);
        self.stale = true;
    }
}

impl Drop for BatchMut<'_> {
    fn drop(&mut self) {
        if self.stale {
            let crc = crc32c(self.bytes.get(batch::ATTRIBUTES..).unwrap_or_default());
            put(self.bytes, batch::CRC, &crc.to_be_bytes());
        }
    }
}
