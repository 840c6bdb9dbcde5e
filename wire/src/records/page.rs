//! Memory that records are written into.

use super::varint::Encoded;

/// Memory that is written from the front. All of it holds some bytes at any time, so that to write is to overwrite: neither does a number ask for room, nor
/// is anything cut off behind one that was written as a whole word.
#[derive(Debug, Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    end: usize,
}

impl Page {
    /// Nothing is written yet; what was in the memory is of no account.
    pub(super) fn new(mut memory: Vec<u8>) -> Self {
        // Of memory that was a page before, nearly all has been filled.
        memory.resize(memory.capacity(), 0);
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
        self.bytes.len()
    }

    /// What is written.
    pub(super) fn written(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// Makes it as large as this, if it is smaller.
    pub(super) fn reserve_exact(&mut self, capacity: usize) {
        if capacity > self.bytes.len() {
            self.bytes.reserve_exact(capacity - self.bytes.len());
            self.bytes.resize(self.bytes.capacity(), 0);
        }
    }

    /// Makes room for so many bytes more.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) {
        if self.bytes.len() - self.end < more {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        self.bytes
            .reserve(self.end.saturating_add(more) - self.bytes.len());
        self.bytes.resize(self.bytes.capacity(), 0);
    }

    /// Writes a number; there must be room for a word.
    #[inline]
    pub(super) fn put(&mut self, number: Encoded) {
        let rest = self.bytes.get_mut(self.end..).unwrap_or_default();
        debug_assert!(rest.len() >= size_of::<u64>(), "no room was made");
        if let Some(word) = rest.first_chunk_mut() {
            *word = number.word.to_le_bytes();
        }
        self.end += number.length;
    }

    /// Writes bytes; there must be room for them.
    #[inline]
    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        let rest = self.bytes.get_mut(self.end..).unwrap_or_default();
        debug_assert!(rest.len() >= bytes.len(), "no room was made");
        if let Some(place) = rest.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.end += bytes.len();
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
