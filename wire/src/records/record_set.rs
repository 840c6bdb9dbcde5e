//! The records of one batch, inflated, and the iterators over them.

use bytes::Bytes;

use super::error::RecordError;
use super::record::Record;
use super::{legacy, walk};

/// How the records lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    Batch(walk::Frame),
    Messages(legacy::Frame),
}

/// The records of one batch: a part of the fetched bytes, or what they were inflated to.
#[derive(Clone, Debug)]
pub struct RecordSet {
    base_offset: i64,
    layout: Layout,
    bytes: Bytes,
}

impl RecordSet {
    pub(super) fn new(base_offset: i64, layout: Layout, bytes: Bytes) -> Self {
        RecordSet {
            base_offset,
            layout,
            bytes,
        }
    }

    /// The records in order. What is not well-formed ends the iteration with an error.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> Records<'_> {
        Records {
            walk: self.walk(),
            base_offset: self.base_offset,
        }
    }

    fn walk(&self) -> Walk<'_> {
        match self.layout {
            Layout::Batch(frame) => Walk::Batch(walk::Walk::new(frame, &self.bytes)),
            Layout::Messages(frame) => Walk::Messages(legacy::Walk::new(frame, &self.bytes)),
        }
    }

    /// The bytes of the records, inflated.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bytes, to give them back to the [`Decompressor`](crate::compression::Decompressor) that made them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Walks every record once, so that iterating over them needs no more errors.
    ///
    /// # Errors
    /// The first record that is not well-formed, or bytes after the last one.
    pub fn check(self) -> Result<CheckedRecords, RecordError> {
        let mut count = 0;
        let mut records = self.iter();
        loop {
            if let Walk::Batch(walk) = &mut records.walk {
                count += walk.skip_usual();
            }
            match records.next() {
                Some(record) => record?,
                None => break,
            };
            count += 1;
        }
        Ok(CheckedRecords { set: self, count })
    }
}

impl<'a> IntoIterator for &'a RecordSet {
    type Item = Result<Record<'a>, RecordError>;
    type IntoIter = Records<'a>;

    #[inline]
    fn into_iter(self) -> Records<'a> {
        self.iter()
    }
}

#[derive(Clone, Debug)]
enum Walk<'a> {
    Batch(walk::Walk<'a>),
    Messages(legacy::Walk<'a>),
    /// After the end or an error.
    Done,
}

/// Walks the records of a batch.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    walk: Walk<'a>,
    base_offset: i64,
}

impl<'a> Records<'a> {
    #[inline(always)]
    fn usual(&mut self) -> Option<Record<'a>> {
        match &mut self.walk {
            Walk::Batch(walk) => walk.usual(),
            _ => None,
        }
    }

    /// What comes when there was no usual record: an unusual one; or once, maybe, an error, then nothing. Messages come here too.
    #[cold]
    #[inline(never)]
    fn rare(&mut self) -> Option<Result<Record<'a>, RecordError>> {
        let base_offset = self.base_offset;
        let malformed = |fault, record| {
            Some(Err(RecordError::Malformed {
                base_offset,
                record,
                fault,
            }))
        };
        if let Walk::Batch(walk) = &mut self.walk {
            if let Some(record) = walk.step() {
                return Some(Ok(record));
            }
        }
        let end = match &mut self.walk {
            Walk::Batch(walk) => match walk.end() {
                Ok(0) => None,
                Ok(left) => Some(Err(RecordError::TrailingBytes { base_offset, left })),
                Err((fault, record)) => malformed(fault, record),
            },
            Walk::Messages(walk) => match walk.step() {
                Some(Ok(record)) => return Some(Ok(record)),
                Some(Err(fault)) => malformed(fault, walk.place()),
                None => None,
            },
            Walk::Done => None,
        };
        self.walk = Walk::Done;
        end
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(record) = self.usual() {
            return Some(Ok(record));
        }
        self.rare()
    }
}

impl std::iter::FusedIterator for Records<'_> {}

/// Records whose lengths have all been walked: iterating gives no errors.
#[derive(Clone, Debug)]
pub struct CheckedRecords {
    set: RecordSet,
    count: usize,
}

impl CheckedRecords {
    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none: compaction leaves such batches behind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The records in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> CheckedIter<'_> {
        CheckedIter {
            records: self.set.iter(),
            left: self.count,
        }
    }

    /// The bytes of the records, inflated.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        self.set.bytes()
    }

    /// The bytes, to give them back to the [`Decompressor`](crate::compression::Decompressor) that made them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.set.into_bytes()
    }
}

impl<'a> IntoIterator for &'a CheckedRecords {
    type Item = Record<'a>;
    type IntoIter = CheckedIter<'a>;

    #[inline]
    fn into_iter(self) -> CheckedIter<'a> {
        self.iter()
    }
}

/// Walks checked records.
///
/// The lengths are looked at again: measured, that is faster than code that trusts them, and what cannot happen ends the walk.
#[derive(Clone, Debug)]
pub struct CheckedIter<'a> {
    records: Records<'a>,
    left: usize,
}

impl<'a> Iterator for CheckedIter<'a> {
    type Item = Record<'a>;

    // What a call gives would go through memory, and be waited for there.
    #[inline(always)]
    fn next(&mut self) -> Option<Record<'a>> {
        self.left = self.left.checked_sub(1)?;
        if let Some(record) = self.records.usual() {
            return Some(record);
        }
        self.records.rare()?.ok()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for CheckedIter<'_> {}
impl std::iter::FusedIterator for CheckedIter<'_> {}
