//! Memory that records are written into.

use super::varint::Encoded;

/// Bytes behind what is written, so that the last number can be put as a whole word.
pub(super) const SPARE: usize = size_of::<u64>();

/// So many bytes are filled at least.
const LEAST: usize = 4096;

/// Memory that is written from the front. What is to be written over holds some bytes already, so that to write is to overwrite: neither does a number ask for
/// room, nor is anything cut off behind one that was written as a whole word. A small batch in large memory does not fill all of it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// As long as it is filled.
    bytes: Vec<u8>,
    end: usize,
}

impl Page {
    /// Nothing is written yet; what was in the memory is of no account.
    pub(super) fn new(memory: Vec<u8>) -> Self {
        Self {
            bytes: memory,
            end: 0,
        }
    }

    /// The bytes that are written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// The bytes that may be written before it grows.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// What is written.
    pub(super) fn written(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// Makes it as large as this, if it is smaller.
    pub(super) fn reserve_exact(&mut self, capacity: usize) {
        self.bytes
            .reserve_exact(capacity.saturating_sub(self.bytes.len()));
    }

    /// Writes so many bytes: those that the caller puts, with some to spare behind them.
    #[inline]
    pub(super) fn pen(&mut self, bytes: usize) -> Pen<'_> {
        if self.bytes.len() - self.end < bytes + SPARE {
            self.fill(self.end + bytes + SPARE);
        }
        let start = self.end;
        self.end += bytes;
        Pen {
            rest: self.bytes.get_mut(start..).unwrap_or_default(),
        }
    }

    /// Fills twice what is filled, and at least so much, which is more.
    #[cold]
    fn fill(&mut self, least: usize) {
        self.bytes.reserve(least - self.bytes.len());
        let twice = (self.bytes.len() * 2).max(LEAST);
        let most = self.bytes.capacity();
        self.bytes.resize(twice.clamp(least, most), 0);
    }

    /// Forgets what is written.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    /// What is written, with the memory of all.
    pub(super) fn into_written(mut self) -> Vec<u8> {
        self.bytes.truncate(self.end);
        self.bytes
    }

    /// The memory.
    pub(super) fn into_memory(self) -> Vec<u8> {
        self.bytes
    }
}

/// Writes on a page, where there is room.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    rest: &'a mut [u8],
}

impl Pen<'_> {
    /// Puts a number, or several that lie in one word.
    #[inline]
    pub(super) fn put(&mut self, number: Encoded) {
        if let Some(word) = self.rest.first_chunk_mut() {
            *word = number.word.to_le_bytes();
        }
        self.skip(number.length);
    }

    #[inline]
    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        if let Some(place) = self.rest.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.skip(bytes.len());
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        let rest = std::mem::take(&mut self.rest);
        self.rest = rest.get_mut(bytes..).unwrap_or_default();
    }

    /// The bytes that are left, those to spare included.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }
}
