//! Walking the records of a batch of magic 2.

use super::error::RecordFault;
use super::record::{Headers, Record};
use super::varint::{Cursor, unzigzag32};

/// What the batch's header says about each of its records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) base_offset: i64,
    pub(super) base_timestamp: i64,
    /// One time for all, where the broker's clock counts.
    pub(super) log_append_time: Option<i64>,
    pub(super) count: u32,
}

/// A position between two records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    rest: Cursor<'a>,
    left: u32,
    frame: Frame,
    fault: Option<RecordFault>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(frame: Frame, records: &'a [u8]) -> Self {
        Walk {
            rest: Cursor::new(records),
            left: frame.count,
            frame,
            fault: None,
        }
    }

    /// Why the last step gave nothing, and the place of the record that it failed at; or else the bytes after the last record.
    pub(super) fn end(&self) -> Result<usize, (RecordFault, u32)> {
        match self.fault {
            Some(fault) => Err((fault, self.frame.count - self.left)),
            None => Ok(self.rest.rest().len()),
        }
    }

    /// Goes over as many records as are usual and well-formed; gives their number.
    pub(super) fn skip_usual(&mut self) -> usize {
        let before = self.left;
        while self.usual().is_some() {}
        (before - self.left) as usize
    }

    /// The next record if it is a usual one, its headers walked too. Whatever else comes next is left to [`step`](Self::step).
    #[inline(always)]
    pub(super) fn usual(&mut self) -> Option<Record<'a>> {
        let left = self.left.checked_sub(1)?;
        let usual = Usual::split(self.rest.rest())?;
        self.rest = Cursor::new(usual.rest);
        self.left = left;
        let timestamp = self
            .frame
            .base_timestamp
            .wrapping_add(usual.timestamp_delta);
        Some(Record {
            // Deltas wrap around, as Java's do.
            offset: self.frame.base_offset.wrapping_add(usual.offset_delta),
            timestamp: self.frame.log_append_time.unwrap_or(timestamp),
            key: usual.key,
            value: usual.value,
            headers: usual.headers,
        })
    }

    /// The next record, its headers walked too.
    #[cold]
    #[inline(never)]
    pub(super) fn step(&mut self) -> Option<Record<'a>> {
        let left = self.left.checked_sub(1)?;
        match self.record() {
            Ok(record) => {
                self.left = left;
                Some(record)
            }
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }

    fn record(&mut self) -> Result<Record<'a>, RecordFault> {
        let mut fields = Cursor::new(self.rest.bytes()?);
        // No attribute of a record has a meaning yet.
        fields.byte()?;
        // Deltas wrap around, as Java's do.
        let timestamp = self.frame.base_timestamp.wrapping_add(fields.varlong()?);
        let offset = self
            .frame
            .base_offset
            .wrapping_add(i64::from(fields.varint()?));
        let key = fields.nullable_bytes()?;
        let value = fields.nullable_bytes()?;
        let headers = Headers::read(fields)?;
        Ok(Record {
            offset,
            timestamp: self.frame.log_append_time.unwrap_or(timestamp),
            key,
            value,
            headers,
        })
    }
}

/// A record as nearly all are: no number of it has more than three bytes.
struct Usual<'a> {
    timestamp_delta: i64,
    offset_delta: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: Headers<'a>,
    /// Behind it.
    rest: &'a [u8],
}

impl<'a> Usual<'a> {
    /// Splits the first record off, if it is such a one and well-formed.
    #[inline(always)]
    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (length, at) = number(bytes, 0)?;
        if length & 1 != 0 {
            return None;
        }
        let (record, rest) = bytes.split_at_checked(at + (length >> 1) as usize)?;
        // No attribute of a record has a meaning yet.
        let (timestamp, at) = number(record, at + 1)?;
        let (offset, at) = number(record, at)?;
        let (key, at) = short_bytes(record, at)?;
        let (value, at) = short_bytes(record, at)?;
        let headers = match record.get(at..)? {
            [0] => Headers::default(),
            others => Headers::read(Cursor::new(others)).ok()?,
        };
        Some(Usual {
            timestamp_delta: i64::from(unzigzag32(timestamp)),
            offset_delta: i64::from(unzigzag32(offset)),
            key,
            value,
            headers,
            rest,
        })
    }
}

/// A number of at most three bytes, and where it ends.
#[inline(always)]
fn number(record: &[u8], at: usize) -> Option<(u32, usize)> {
    let a = u32::from(*record.get(at)?);
    if a < 0x80 {
        return Some((a, at + 1));
    }
    let b = u32::from(*record.get(at + 1)?);
    if b < 0x80 {
        return Some((a & 0x7f | b << 7, at + 2));
    }
    let c = u32::from(*record.get(at + 2)?);
    (c < 0x80).then_some((a & 0x7f | (b & 0x7f) << 7 | c << 14, at + 3))
}

/// The bytes behind a length, and where they end.
#[inline(always)]
fn short_bytes(record: &[u8], at: usize) -> Option<(Option<&[u8]>, usize)> {
    let (length, begin) = number(record, at)?;
    // Zigzag makes the negative ones odd, and any of them is null.
    if length & 1 != 0 {
        return Some((None, begin));
    }
    let end = begin + (length >> 1) as usize;
    Some((Some(record.get(begin..end)?), end))
}
