//! The memory of large answers, used again.
//!
//! An allocator gives so much memory back to the system when it is freed, and to get it anew costs a page fault for every 4 KiB: more than to read them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

/// Less than this an allocator keeps by itself.
const LARGE: usize = 128 << 10;

/// No more is kept than this: half of what a consumer fetches ahead by default, which is its largest answer, with what is around the records.
const MAX_KEPT: usize = 33 << 20;

/// Sizes are whole numbers of these: so the memory of an answer fits the next one, which is a little larger.
const STEP: usize = 1 << 20;

/// The buffers that are kept; the last was used last, so that it is the likeliest to be in the processor's cache.
struct Kept {
    buffers: VecDeque<BytesMut>,
    bytes: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    buffers: VecDeque::new(),
    bytes: 0,
});

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the memory that these bytes lie in, if nobody else holds a part of it.
pub(crate) fn reuse(bytes: Bytes) {
    if bytes.len() < LARGE {
        return;
    }
    let Ok(mut buffer) = bytes.try_into_mut() else {
        return;
    };
    buffer.clear();
    // What lies before the part is there, too.
    let _ = buffer.try_reclaim(buffer.capacity() + 1);
    if buffer.capacity() > MAX_KEPT {
        return;
    }
    let mut oldest = Vec::new();
    let mut kept = kept();
    kept.bytes += buffer.capacity();
    kept.buffers.push_back(buffer);
    // Those go that were not used for long: they fit nobody.
    while kept.bytes > MAX_KEPT {
        let Some(buffer) = kept.buffers.pop_front() else {
            break;
        };
        kept.bytes = kept.bytes.saturating_sub(buffer.capacity());
        oldest.push(buffer);
    }
    // The allocator is not called under the lock.
    drop(kept);
    drop(oldest);
}

/// How large memory for so many bytes should be. What is not written to costs nothing.
pub(crate) fn size(bytes: usize) -> usize {
    match bytes {
        ..STEP => bytes,
        _ => bytes.div_ceil(STEP).saturating_mul(STEP),
    }
}

/// A buffer without bytes in it that has room for so many and not for many more, if one is kept.
pub(crate) fn take(room: usize) -> Option<BytesMut> {
    if room < LARGE {
        return None;
    }
    let mut kept = kept();
    let fits =
        |buffer: &BytesMut| (room..=size(room.saturating_mul(2))).contains(&buffer.capacity());
    let place = kept.buffers.iter().rposition(fits)?;
    let buffer = kept.buffers.remove(place)?;
    kept.bytes = kept.bytes.saturating_sub(buffer.capacity());
    Some(buffer)
}

/// Gives back all that is kept.
pub(crate) fn release() {
    let buffers = {
        let mut kept = kept();
        kept.bytes = 0;
        std::mem::take(&mut kept.buffers)
    };
    drop(buffers);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, as all share what is kept.
    #[test]
    fn memory_is_used_again_unless_somebody_holds_it() {
        release();
        assert!(take(1 << 20).is_none());
        let bytes = Bytes::from(vec![7; 1 << 20]);
        let held = bytes.slice(5..6);
        reuse(bytes);
        assert!(take(1 << 20).is_none(), "it is held");
        drop(held);

        let bytes = Bytes::from(BytesMut::from(&[7; 1 << 20][..]));
        let address = bytes.as_ptr();
        let part = bytes.slice(100..);
        drop(bytes);
        reuse(part);
        assert!(take(2 << 20).is_none(), "it is smaller");
        let buffer = take(1 << 20).unwrap();
        assert!(buffer.is_empty());
        assert_eq!(buffer.as_ptr(), address);
        assert!(take(1 << 19).is_none(), "it is taken");

        reuse(Bytes::from(BytesMut::from(&vec![7; 8 << 20][..])));
        assert!(take(1 << 20).is_none(), "it is far too large");
        for _ in 0..40 {
            reuse(Bytes::from(BytesMut::from(&vec![7; 1 << 20][..])));
        }
        assert!(kept().bytes <= MAX_KEPT);
        assert!(take(8 << 20).is_none(), "it was not used for long");
        release();
        assert!(take(1 << 19).is_none());
    }
}
