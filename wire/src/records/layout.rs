//! Where the fields of batches and messages lie, and the attributes.

use crate::compression::Codec;

/// Bytes of what every entry of a set starts with: offset and length.
pub(super) const ENTRY_HEADER: usize = 12;
/// Where every entry has its magic byte.
pub(super) const MAGIC_AT: usize = 16;

/// Fields of a batch of magic 2.
pub(super) mod batch {
    pub(in crate::records) const BASE_OFFSET: usize = 0;
    pub(in crate::records) const LENGTH: usize = 8;
    pub(in crate::records) const PARTITION_LEADER_EPOCH: usize = 12;
    pub(in crate::records) const CRC: usize = 17;
    pub(in crate::records) const ATTRIBUTES: usize = 21;
    pub(in crate::records) const LAST_OFFSET_DELTA: usize = 23;
    pub(in crate::records) const BASE_TIMESTAMP: usize = 27;
    pub(in crate::records) const MAX_TIMESTAMP: usize = 35;
    pub(in crate::records) const PRODUCER_ID: usize = 43;
    pub(in crate::records) const PRODUCER_EPOCH: usize = 51;
    pub(in crate::records) const BASE_SEQUENCE: usize = 53;
    pub(in crate::records) const RECORD_COUNT: usize = 57;
    pub(in crate::records) const HEADER: usize = 61;
    /// The least length of a batch: all but offset and length, without records.
    pub(in crate::records) const SMALLEST: i32 = 49;
}

/// Fields of a message of magic 0 or 1.
pub(super) mod message {
    pub(in crate::records) const CRC: usize = 12;
    pub(in crate::records) const ATTRIBUTES: usize = 17;
    pub(in crate::records) const TIMESTAMP: usize = 18;
    /// Bytes before the key's length in magic 0; magic 1 has the timestamp's eight more.
    pub(in crate::records) const HEADER: usize = 18;
    /// The least length of a message: all but offset and length, with null key and value.
    pub(in crate::records) const SMALLEST_V0: i32 = 14;
    pub(in crate::records) const SMALLEST_V1: i32 = 22;
}

/// The smallest record of magic 2: length, attributes, two deltas, null key, null value, no headers.
pub(super) const SMALLEST_RECORD: usize = 7;

/// What `at` holds, or zeros if the bytes end before: callers have checked the length once, for all fields.
#[inline]
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .unwrap_or([0; N])
}

#[inline]
pub(super) fn i16_at(bytes: &[u8], at: usize) -> i16 {
    i16::from_be_bytes(array(bytes, at))
}

#[inline]
pub(super) fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(array(bytes, at))
}

#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

#[inline]
pub(super) fn i64_at(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(array(bytes, at))
}

/// Overwrites what lies at `at`. Nothing happens beyond the end, which callers have checked.
#[inline]
pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// What a batch's timestamps mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// Magic 0 has none.
    None,
    /// The producer's clock, when the record was made.
    #[default]
    CreateTime,
    /// The broker's clock, when it appended the batch; one time for all its records.
    LogAppendTime,
}

/// The attributes of a batch, or of a message of magic 0 or 1, as they lie on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(i16);

impl Attributes {
    const CODEC: i16 = 0x07;
    const LOG_APPEND_TIME: i16 = 0x08;
    const TRANSACTIONAL: i16 = 0x10;
    const CONTROL: i16 = 0x20;
    const DELETE_HORIZON: i16 = 0x40;

    /// Attributes of these bits.
    #[must_use]
    pub const fn from_bits(bits: i16) -> Self {
        Attributes(bits)
    }

    /// All bits.
    #[must_use]
    pub const fn bits(self) -> i16 {
        self.0
    }

    /// The number of the codec, 0-7, known or not.
    #[must_use]
    pub const fn codec_id(self) -> u8 {
        let [_, low] = (self.0 & Self::CODEC).to_be_bytes();
        low
    }

    /// The codec, if its number is known.
    #[must_use]
    pub const fn codec(self) -> Option<Codec> {
        Codec::from_id(self.codec_id())
    }

    /// Whether the records are compressed, by a known codec or not.
    #[must_use]
    pub const fn is_compressed(self) -> bool {
        self.codec_id() != 0
    }

    /// Whether the batch's maximum timestamp is that of all its records (magic 1 and 2).
    #[must_use]
    pub const fn is_log_append_time(self) -> bool {
        self.0 & Self::LOG_APPEND_TIME != 0
    }

    /// Whether the batch belongs to a transaction (magic 2).
    #[must_use]
    pub const fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Whether the batch holds control records, which no consumer is to see (magic 2).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Whether the base timestamp is the time after which tombstones may go (magic 2).
    #[must_use]
    pub const fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    #[must_use]
    pub(super) const fn with_codec(self, codec: Codec) -> Self {
        Attributes(self.0 & !Self::CODEC | codec.id() as i16)
    }

    #[must_use]
    pub(super) const fn with_log_append_time(self, on: bool) -> Self {
        self.with(Self::LOG_APPEND_TIME, on)
    }

    #[must_use]
    pub(super) const fn with_transactional(self, on: bool) -> Self {
        self.with(Self::TRANSACTIONAL, on)
    }

    #[must_use]
    pub(super) const fn with_control(self, on: bool) -> Self {
        self.with(Self::CONTROL, on)
    }

    const fn with(self, bit: i16, on: bool) -> Self {
        Attributes(if on { self.0 | bit } else { self.0 & !bit })
    }
}
