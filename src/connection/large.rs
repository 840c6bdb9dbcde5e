//! The memory of large answers, used again.
//!
//! An allocator gives so much memory back to the system when it is freed, and to get it anew costs a page fault for every 4 KiB: more than to read them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

/// Less than this an allocator keeps by itself.
const LARGE: usize = 128 << 10;

/// No more is kept than this.
const MAX_KEPT: usize = 24 << 20;

/// The buffers that are kept; the last was used last, so that it is the likeliest to be in the processor's cache.
struct Kept {
    buffers: Vec<BytesMut>,
    bytes: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    buffers: Vec::new(),
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
    let mut kept = kept();
    if kept.bytes.saturating_add(buffer.capacity()) <= MAX_KEPT {
        kept.bytes += buffer.capacity();
        kept.buffers.push(buffer);
    }
}

/// A buffer without bytes in it that has room for so many, if one is kept.
pub(crate) fn take(room: usize) -> Option<BytesMut> {
    if room < LARGE {
        return None;
    }
    let mut kept = kept();
    let fits = |buffer: &mut BytesMut| buffer.capacity() >= room;
    let place = (0..kept.buffers.len()).rev().find(|place| {
        let buffer = kept.buffers.get_mut(*place);
        buffer.is_some_and(fits)
    })?;
    let buffer = kept.buffers.remove(place);
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

        for _ in 0..40 {
            reuse(Bytes::from(BytesMut::from(&vec![7; 1 << 20][..])));
        }
        assert!(kept().bytes <= MAX_KEPT);
        release();
        assert!(take(1 << 19).is_none());
    }
}
