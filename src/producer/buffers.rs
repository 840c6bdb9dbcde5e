//! Memory of batches that are done, for those to come.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// So many are kept at most: they are looked through one by one.
const MOST: usize = 64;

/// Keeps the memory of batches that are done for those to come, so that the system need not be asked for it, and clear it, all the time.
#[derive(Debug)]
pub(super) struct Buffers {
    free: Mutex<Free>,
    /// How many bytes are kept at most.
    limit: usize,
}

#[derive(Debug, Default)]
struct Free {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Buffers {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            free: Mutex::default(),
            limit,
        }
    }

    /// A buffer of at least so many bytes and not many more, if one is there.
    pub(super) fn take(&self, capacity: usize) -> Option<Vec<u8>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |buffer: &Vec<u8>| (capacity..=capacity * 2).contains(&buffer.capacity());
        // The latest first, which is likeliest to be in the processor's caches.
        let place = free.buffers.iter().rposition(fits)?;
        let buffer = free.buffers.swap_remove(place);
        free.bytes -= buffer.capacity();
        Some(buffer)
    }

    /// Keeps a buffer.
    pub(super) fn put(&self, buffer: Vec<u8>) {
        if buffer.capacity() == 0 {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let is_room = free.bytes + buffer.capacity() <= self.limit;
        if is_room && free.buffers.len() < MOST {
            free.bytes += buffer.capacity();
            free.buffers.push(buffer);
        }
    }

    /// Keeps the memory of a batch, if nobody else holds it any more.
    pub(super) fn put_bytes(&self, bytes: Bytes) {
        if let Ok(bytes) = bytes.try_into_mut() {
            self.put(Vec::from(bytes));
        }
    }
}
