//! What can go wrong with record batches.

use std::error::Error;
use std::fmt;

use crate::compression::CompressionError;

/// Why a record batch or message set could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// A non-empty set does not hold one whole batch: it takes a larger fetch to read it.
    NoWholeBatch {
        /// The bytes that the first batch needs; a lower bound if not even its length is there.
        needed: u64,
        /// The bytes that are there.
        available: usize,
    },
    /// A batch's length field is too small for its header.
    BatchLength {
        /// Where the batch starts, in bytes from the start of the set.
        position: usize,
        /// The length that it claims.
        length: i32,
        /// The least that its format needs.
        minimum: i32,
    },
    /// A batch is of no known format.
    UnknownMagic {
        /// Where the batch starts, in bytes from the start of the set.
        position: usize,
        /// Its magic byte.
        magic: u8,
    },
    /// A batch names a codec that does not exist.
    UnknownCodec {
        /// The batch's base offset.
        base_offset: i64,
        /// The codec's number, 5-7.
        id: u8,
    },
    /// The bytes of a batch or message are not those that its checksum was made of.
    Checksum {
        /// The batch's base offset, or the message's offset.
        offset: i64,
        /// The checksum that it carries.
        stored: u32,
        /// The checksum of its bytes.
        computed: u32,
    },
    /// A batch claims a negative number of records, or more than its bytes can hold.
    RecordCount {
        /// The batch's base offset.
        base_offset: i64,
        /// The number that it claims.
        count: i32,
        /// The bytes of its records, inflated.
        available: usize,
    },
    /// A batch's last offset lies before its first, or beyond the largest offset.
    OffsetRange {
        /// The batch's base offset.
        base_offset: i64,
        /// What it says the last offset's distance is.
        last_offset_delta: i32,
    },
    /// A record is not well-formed.
    Malformed {
        /// The batch's base offset.
        base_offset: i64,
        /// The record's place in the batch, from 0.
        record: u32,
        /// What is wrong with it.
        fault: RecordFault,
    },
    /// Bytes are left after the last record of a batch.
    TrailingBytes {
        /// The batch's base offset.
        base_offset: i64,
        /// How many.
        left: usize,
    },
    /// A message inside a compressed message is compressed too.
    NestedCompression {
        /// The outer message's offset.
        offset: i64,
    },
    /// A compressed message holds no messages.
    EmptyWrapper {
        /// The compressed message's offset.
        offset: i64,
    },
    /// A compressed message's offset is smaller than the relative offset of its last message.
    WrapperOffset {
        /// The compressed message's offset.
        offset: i64,
        /// The relative offset of the last message in it.
        last_relative: i64,
    },
    /// A batch could not be inflated or compressed.
    Compression {
        /// The batch's base offset.
        base_offset: i64,
        /// Why.
        source: CompressionError,
    },
    /// The key of a control record is too short, or its version is negative.
    ControlKey {
        /// The key's length in bytes.
        length: usize,
    },
    /// An operation that needs another message format than this batch has.
    WrongMagic {
        /// The batch's magic.
        magic: u8,
    },
    /// One record alone is larger than a batch may be.
    RecordTooLarge {
        /// The bytes of a batch with only this record.
        needed: usize,
        /// The most that a batch may have.
        limit: usize,
    },
    /// A record does not fit into what is left of the batch; it fits into an empty one.
    BatchFull {
        /// The bytes that the record needs.
        needed: usize,
        /// The bytes that are left.
        room: usize,
    },
    /// An offset that is not above the last one, or too far from the first.
    Offset {
        /// The offset to append at.
        offset: i64,
        /// The least that it may be.
        next: i64,
    },
    /// A batch without records was to be sealed.
    NoRecords,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordFault {
    /// It ends before it should.
    Truncated,
    /// A varint has more than five bytes (ten, if it is a long).
    VarintTooLong,
    /// A length that can't be negative is.
    NegativeLength,
    /// The number of headers is negative.
    NegativeHeaderCount,
    /// Its fields end before its length does.
    LongerThanItsFields,
    /// A message is shorter than the fields that every message has.
    TooShort,
    /// It is of another format than its batch.
    UnknownMagic,
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordFault::Truncated => "cut short",
            RecordFault::VarintTooLong => "varint too long",
            RecordFault::NegativeLength => "negative length",
            RecordFault::NegativeHeaderCount => "negative number of headers",
            RecordFault::LongerThanItsFields => "longer than its fields",
            RecordFault::TooShort => "shorter than any message",
            RecordFault::UnknownMagic => "unknown magic",
        })
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            RecordError::NoWholeBatch { needed, available } => {
                write!(
                    f,
                    "no whole batch: the first needs {needed} bytes, {available} are there"
                )
            }
            RecordError::BatchLength {
                position,
                length,
                minimum,
            } => {
                write!(
                    f,
                    "batch at byte {position} has length {length}, below {minimum}"
                )
            }
            RecordError::UnknownMagic { position, magic } => {
                write!(f, "batch at byte {position} has unknown magic {magic}")
            }
            RecordError::UnknownCodec { base_offset, id } => {
                write!(f, "batch at offset {base_offset} has unknown codec {id}")
            }
            RecordError::Checksum {
                offset,
                stored,
                computed,
            } => {
                write!(
                    f,
                    "batch at offset {offset} is corrupt: checksum {computed:08x}, should be {stored:08x}"
                )
            }
            RecordError::RecordCount {
                base_offset,
                count,
                available,
            } => {
                write!(
                    f,
                    "batch at offset {base_offset} claims {count} records in {available} bytes"
                )
            }
            RecordError::OffsetRange {
                base_offset,
                last_offset_delta,
            } => {
                write!(
                    f,
                    "batch at offset {base_offset} has last offset delta {last_offset_delta}"
                )
            }
            RecordError::Malformed {
                base_offset,
                record,
                fault,
            } => {
                write!(
                    f,
                    "record {record} of the batch at offset {base_offset}: {fault}"
                )
            }
            RecordError::TrailingBytes { base_offset, left } => {
                write!(
                    f,
                    "batch at offset {base_offset} has {left} bytes after its last record"
                )
            }
            RecordError::NestedCompression { offset } => write!(
                f,
                "compressed message at offset {offset} holds a compressed message"
            ),
            RecordError::EmptyWrapper { offset } => {
                write!(f, "compressed message at offset {offset} holds no messages")
            }
            RecordError::WrapperOffset {
                offset,
                last_relative,
            } => {
                write!(
                    f,
                    "compressed message at offset {offset} holds relative offset {last_relative}"
                )
            }
            RecordError::Compression {
                base_offset,
                source,
            } => write!(f, "batch at offset {base_offset}: {source}"),
            RecordError::ControlKey { length } => {
                write!(f, "invalid key of {length} bytes of a control record")
            }
            RecordError::WrongMagic { magic } => write!(f, "not possible with magic {magic}"),
            RecordError::RecordTooLarge { needed, limit } => {
                write!(
                    f,
                    "record takes a batch of {needed} bytes; the limit is {limit}"
                )
            }
            RecordError::BatchFull { needed, room } => {
                write!(f, "record takes {needed} bytes; the batch has {room} left")
            }
            RecordError::Offset { offset, next } => {
                write!(f, "offset {offset} is not within 2^31 of {next}")
            }
            RecordError::NoRecords => f.write_str("batch has no records"),
        }
    }
}

impl Error for RecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            RecordError::Compression { source, .. } => Some(source),
            _ => None,
        }
    }
}
