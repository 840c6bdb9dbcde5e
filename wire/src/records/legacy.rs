//! Messages of magic 0 and 1, which Kafka wrote before 0.11.
//!
//! A compressed message wraps a set of them. Offsets in it are absolute in magic 0 and relative in magic 1, where the wrapper has the offset of its last.

use super::error::{RecordError, RecordFault};
use super::layout::{Attributes, ENTRY_HEADER, MAGIC_AT, array, i32_at, i64_at, message, u32_at};
use super::record::{Headers, Record};
use crate::checksum::crc32;

/// What the wrapper, if there is one, says about each of its messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Added to the offset of each.
    pub(super) base: i64,
    /// One time for all messages that have one, where the broker's clock counts.
    pub(super) log_append_time: Option<i64>,
}

/// A message in a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) offset: i64,
    pub(super) magic: u8,
    pub(super) attributes: Attributes,
    /// -1 in magic 0.
    pub(super) timestamp: i64,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    /// Everything from the offset on.
    bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Splits the first message off a set that was cut at messages.
    #[inline]
    pub(super) fn split(set: &'a [u8]) -> Result<(Self, &'a [u8]), RecordFault> {
        if set.len() <= MAGIC_AT + 1 {
            return Err(RecordFault::Truncated);
        }
        let [magic, attributes] = array(set, MAGIC_AT);
        let (timestamped, smallest) = match magic {
            0 => (false, message::SMALLEST_V0),
            1 => (true, message::SMALLEST_V1),
            _ => return Err(RecordFault::UnknownMagic),
        };
        let length = i32_at(set, 8);
        if length < smallest {
            return Err(RecordFault::TooShort);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (bytes, rest) = set
            .split_at_checked(ENTRY_HEADER.saturating_add(length))
            .ok_or(RecordFault::Truncated)?;
        let fields = bytes
            .get(message::HEADER + if timestamped { 8 } else { 0 }..)
            .ok_or(RecordFault::Truncated)?;
        let (key, fields) = nullable_bytes(fields)?;
        let (value, fields) = nullable_bytes(fields)?;
        if !fields.is_empty() {
            return Err(RecordFault::LongerThanItsFields);
        }
        let timestamp = if timestamped {
            i64_at(bytes, message::TIMESTAMP)
        } else {
            -1
        };
        let attributes = Attributes::from_bits(i16::from(attributes));
        Ok((
            Message {
                offset: i64_at(bytes, 0),
                magic,
                attributes,
                timestamp,
                key,
                value,
                bytes,
            },
            rest,
        ))
    }

    pub(super) fn checksum(&self) -> u32 {
        u32_at(self.bytes, message::CRC)
    }

    pub(super) fn verify_checksum(&self) -> Result<(), RecordError> {
        let (stored, computed) = (
            self.checksum(),
            crc32(self.bytes.get(MAGIC_AT..).unwrap_or_default()),
        );
        if stored == computed {
            Ok(())
        } else {
            Err(RecordError::Checksum {
                offset: self.offset,
                stored,
                computed,
            })
        }
    }
}

#[inline]
fn nullable_bytes(fields: &[u8]) -> Result<(Option<&[u8]>, &[u8]), RecordFault> {
    let (length, rest) = fields
        .split_first_chunk::<4>()
        .ok_or(RecordFault::Truncated)?;
    // Any negative length is null, as in Java.
    let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
        return Ok((None, rest));
    };
    let (bytes, rest) = rest
        .split_at_checked(length)
        .ok_or(RecordFault::Truncated)?;
    Ok((Some(bytes), rest))
}

/// A position between two messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    frame: Frame,
    rest: &'a [u8],
    place: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(frame: Frame, messages: &'a [u8]) -> Self {
        Walk {
            frame,
            rest: messages,
            place: 0,
        }
    }

    /// The place of the message that comes next.
    pub(super) fn place(&self) -> u32 {
        self.place
    }

    /// The next message.
    #[inline]
    pub(super) fn message(&mut self) -> Option<Result<Message<'a>, RecordFault>> {
        if self.rest.is_empty() {
            return None;
        }
        Some(Message::split(self.rest).map(|(message, rest)| {
            self.rest = rest;
            self.place = self.place.saturating_add(1);
            message
        }))
    }

    /// The next message as a record.
    pub(super) fn step(&mut self) -> Option<Result<Record<'a>, RecordFault>> {
        let frame = self.frame;
        self.message().map(|message| {
            message.map(|message| Record {
                offset: message.offset.wrapping_add(frame.base),
                timestamp: match frame.log_append_time {
                    Some(time) if message.magic > 0 => time,
                    _ => message.timestamp,
                },
                key: message.key,
                value: message.value,
                headers: Headers::default(),
            })
        })
    }
}
