//! The log of one partition.

use bytes::Bytes;
use milena_wire::records::{BatchMut, Batches};

use super::check::{Checked, Span};
use super::entry::Entry;
use super::epochs::{EpochEnd, Epochs};
use super::index::Index;
use super::inflate::with_decompressor;
use super::legacy;
use super::pieces::Pieces;
use super::replay::{Replayed, replay};

/// Batches from this size on are taken over as they lie in the request, if nothing else of it is held any more.
const ADOPT: usize = 32 << 10;

/// What the leader writes into the batches that it appends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) leader_epoch: i32,
    /// Milliseconds since 1970, for topics where the broker's clock counts.
    pub(crate) log_append_time: Option<i64>,
    /// The time of the append, in milliseconds since 1970.
    pub(crate) now: i64,
}

/// The offset asked for lies before the log's start or beyond its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetOutOfRange;

/// How much to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadSize {
    pub(crate) max_bytes: usize,
    /// If the log has so many, so many are given; beyond that, as many as can be had without a copy.
    pub(crate) min_bytes: usize,
    /// Give the first batch whole even if it is larger than `max_bytes` (KIP-74).
    pub(crate) whole_first: bool,
}

/// Where a point in time was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimestampAndOffset {
    /// Milliseconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) offset: i64,
    /// The leader epoch of the record there.
    pub(crate) epoch: Option<i32>,
}

/// The records of a partition, as they came from the producers.
#[derive(Debug)]
pub(crate) struct Log {
    /// Nothing is kept but the offsets.
    discards: bool,
    pieces: Pieces,
    index: Index,
    epochs: Epochs,
    start_offset: i64,
    end_offset: i64,
    max_timestamp: i64,
    /// Where the first batch that has `max_timestamp` lies.
    max_timestamp_at: u64,
    /// The first of the records with the largest time of those that are deleted. Kafka finds it for as long as its segment is there.
    deleted_latest: Option<TimestampAndOffset>,
    last_modified: i64,
}

impl Log {
    /// An empty log, made at `now` in milliseconds since 1970. One that `discards` is as one of which everything is deleted at once.
    pub(crate) fn new(discards: bool, now: i64) -> Self {
        Self {
            discards,
            pieces: Pieces::default(),
            index: Index::default(),
            epochs: Epochs::default(),
            start_offset: 0,
            end_offset: 0,
            max_timestamp: -1,
            max_timestamp_at: 0,
            deleted_latest: None,
            last_modified: now,
        }
    }

    /// The offset of the first record.
    pub(crate) fn start_offset(&self) -> i64 {
        self.start_offset
    }

    /// The offset that the next record gets.
    pub(crate) fn end_offset(&self) -> i64 {
        self.end_offset
    }

    /// How many bytes it holds.
    pub(crate) fn size(&self) -> u64 {
        self.pieces.len()
    }

    /// When it was last appended to or, if it is empty, made; in milliseconds since 1970.
    pub(crate) fn last_modified(&self) -> i64 {
        self.last_modified
    }

    /// What comes from now on is of this leader epoch.
    pub(crate) fn begin_epoch(&mut self, epoch: i32) {
        self.epochs.begin(epoch, self.end_offset);
    }

    /// Where a leader epoch has ended; `None` for one that is still to come.
    pub(crate) fn end_of_epoch(&self, epoch: i32) -> Option<EpochEnd> {
        self.epochs.end_of(epoch, self.end_offset)
    }

    /// The leader epoch of the record at `offset`, or of the one that is to come there.
    pub(crate) fn epoch_at(&self, offset: i64) -> Option<i32> {
        self.epochs.at(offset)
    }

    /// Takes the records before `offset` away, all of them for -1; gives the offset of the first that is left.
    pub(crate) fn delete_before(&mut self, offset: i64) -> Result<i64, OffsetOutOfRange> {
        let offset = match offset {
            -1 => self.end_offset,
            offset => offset,
        };
        if !(0..=self.end_offset).contains(&offset) {
            return Err(OffsetOutOfRange);
        }
        if offset > self.start_offset {
            let latest = self.latest_timestamp();
            self.deleted_latest = latest.filter(|latest| latest.offset < offset);
            self.start_offset = offset;
            self.epochs.delete_before(offset);
            self.forget();
        }
        Ok(self.start_offset)
    }

    /// Lets go of the batches that have no record left.
    fn forget(&mut self) {
        let head = self.head();
        self.pieces.forget_before(head);
        self.note_all(head);
    }

    /// Where the batch lies that has the first record.
    fn head(&self) -> u64 {
        let head = self.locate(self.start_offset);
        head.map_or_else(|| self.pieces.end(), |(position, _)| position)
    }

    /// Makes the index anew.
    fn note_all(&mut self, head: u64) {
        (self.max_timestamp, self.max_timestamp_at) = (-1, head);
        let mut index = Index::default();
        let mut first_offset = self.start_offset;
        let entries: Vec<_> = self.entries(head).collect();
        for (position, entry) in entries {
            index.note(first_offset, position, self.max_timestamp);
            first_offset = entry.last_offset + 1;
            if entry.max_timestamp > self.max_timestamp {
                (self.max_timestamp, self.max_timestamp_at) = (entry.max_timestamp, position);
            }
        }
        self.index = index;
    }

    /// Takes the records from the batch on away that has `offset`; gives the offset of the first that is gone, which is the next to come.
    pub(crate) fn truncate(&mut self, offset: i64) -> Result<i64, OffsetOutOfRange> {
        if !(self.start_offset..=self.end_offset).contains(&offset) {
            return Err(OffsetOutOfRange);
        }
        let head = self.head();
        let (mut end, mut position) = (self.start_offset, head);
        for (at, entry) in self.entries(head) {
            if entry.last_offset >= offset {
                break;
            }
            (end, position) = (entry.last_offset + 1, at + entry.length as u64);
        }
        self.pieces.truncate(position);
        self.end_offset = end;
        self.epochs.truncate(end);
        self.note_all(head);
        Ok(end)
    }

    /// What the batches say of their producers.
    pub(crate) fn replay(&mut self) -> Vec<Replayed> {
        let entries: Vec<_> = self.entries(self.head()).collect();
        let batches = entries.into_iter().filter_map(|(position, entry)| {
            let bytes = self.pieces.slice(position, entry.length, entry.length);
            replay(bytes)
        });
        batches.collect()
    }

    /// Gives the records their offsets and keeps them. Gives the offset of the first.
    pub(crate) fn append(&mut self, checked: Checked, stamp: Stamp) -> i64 {
        let Checked {
            bytes,
            spans,
            adoptable,
            ..
        } = checked;
        let (base, start) = (self.end_offset, self.pieces.end());
        self.last_modified = stamp.now;
        if self.discards {
            let offsets = spans.iter().map(|span| span.extent().offsets);
            self.end_offset += offsets.sum::<i64>();
            self.start_offset = self.end_offset;
            self.epochs.delete_before(self.start_offset);
            return base;
        }
        // Only if the request's memory is not shared with anything else can the batch be changed where it lies.
        let owned = if adoptable && bytes.len() >= ADOPT {
            bytes.try_into_mut()
        } else {
            Err(bytes)
        };
        match owned {
            Ok(mut bytes) => {
                self.end_offset = assign(&mut bytes, &spans, base, stamp);
                self.pieces.adopt(bytes.freeze());
            }
            Err(bytes) => {
                let copy = self.pieces.copy(&bytes);
                self.end_offset = assign(copy, &spans, base, stamp);
            }
        }
        let (mut offset, mut position) = (base, start);
        for extent in spans.into_iter().map(Span::extent) {
            self.index.note(offset, position, self.max_timestamp);
            if extent.max_timestamp > self.max_timestamp {
                self.max_timestamp = extent.max_timestamp;
                self.max_timestamp_at = position;
            }
            offset += extent.offsets;
            position += extent.length as u64;
        }
        base
    }

    /// The bytes from the batch on that has `offset`, to the one that has `end`. The last batch may be cut off.
    pub(crate) fn read(
        &mut self,
        offset: i64,
        end: i64,
        size: ReadSize,
    ) -> Result<Bytes, OffsetOutOfRange> {
        if !(self.start_offset..=self.end_offset).contains(&offset) {
            return Err(OffsetOutOfRange);
        }
        let Some((position, entry)) = self.locate(offset).filter(|_| offset < end) else {
            return Ok(Bytes::new());
        };
        let wanted = if size.whole_first {
            size.max_bytes.max(entry.length)
        } else {
            size.max_bytes
        };
        let limit = self.locate(end).map(|(limit, _)| limit - position);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let wanted = limit.map_or(wanted, |limit| wanted.min(limit));
        Ok(self.pieces.slice(position, wanted, size.min_bytes))
    }

    /// The batch that has `offset`; `None` at the end of the log.
    fn locate(&self, offset: i64) -> Option<(u64, Entry)> {
        if offset >= self.end_offset {
            return None;
        }
        let from = self.index.before_offset(offset)?;
        self.entries(from)
            .find(|(_, entry)| entry.last_offset >= offset)
    }

    fn entries(&self, from: u64) -> impl Iterator<Item = (u64, Entry)> {
        let mut position = from;
        std::iter::from_fn(move || {
            let at = position;
            let entry = Entry::peek(self.pieces.peek(at))?;
            position += entry.length as u64;
            Some((at, entry))
        })
    }

    /// The first record whose time is `timestamp` or later.
    pub(crate) fn first_at_or_after(&mut self, timestamp: i64) -> Option<TimestampAndOffset> {
        let mut from = self.index.before_timestamp(timestamp)?;
        loop {
            let (position, entry) = self
                .entries(from)
                .find(|(_, entry)| entry.max_timestamp >= timestamp)?;
            let found = self.first_record(position, entry, timestamp);
            if found.is_some() {
                return found;
            }
            // The batch's header promised more than its records hold.
            from = position + entry.length as u64;
        }
    }

    /// The first of the records with the largest time.
    pub(crate) fn latest_timestamp(&mut self) -> Option<TimestampAndOffset> {
        if let Some(deleted) = self.deleted_latest {
            if deleted.timestamp >= self.max_timestamp {
                return Some(deleted);
            }
        }
        if self.max_timestamp < 0 {
            return None;
        }
        let (position, entry) = self.entries(self.max_timestamp_at).next()?;
        self.first_record(position, entry, self.max_timestamp)
    }

    fn first_record(
        &mut self,
        position: u64,
        entry: Entry,
        timestamp: i64,
    ) -> Option<TimestampAndOffset> {
        let bytes = self.pieces.slice(position, entry.length, entry.length);
        let batch = Batches::new(bytes).next()?.ok()?;
        // The checksum was looked at when the batch came.
        let open = |decompressor: &mut _| batch.records_unverified(decompressor);
        let records = with_decompressor(open).ok()?;
        let mut records = records.iter().map_while(Result::ok);
        records
            .find(|record| record.timestamp >= timestamp && record.offset >= self.start_offset)
            .map(|record| TimestampAndOffset {
                timestamp: record.timestamp,
                offset: record.offset,
                epoch: self.epochs.at(record.offset),
            })
    }
}

/// Writes offsets and stamp into the batches; gives the offset after the last.
fn assign(mut bytes: &mut [u8], spans: &[Span], base: i64, stamp: Stamp) -> i64 {
    let mut next = base;
    for &span in spans {
        let extent = span.extent();
        let Some((entry, rest)) = bytes.split_at_mut_checked(extent.length) else {
            break;
        };
        match span {
            Span::Message(_) => legacy::set_offset(entry, extent, next),
            Span::Batch(_) => {
                if let Ok(mut batch) = BatchMut::new(entry) {
                    batch.set_base_offset(next);
                    batch.set_partition_leader_epoch(stamp.leader_epoch);
                    if let Some(time) = stamp.log_append_time {
                        batch.set_log_append_time(time);
                    }
                }
            }
        }
        next += extent.offsets;
        bytes = rest;
    }
    next
}
