//! Walking the records of a batch of magic 2.

use super::error::RecordFault;
use super::record::{Headers, Record};
use super::varint::Cursor;

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

    /// The next record, its headers walked too.
    #[inline]
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

    #[inline]
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
