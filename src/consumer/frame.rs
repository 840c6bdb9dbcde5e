//! The memory of an answer.

use bytes::Bytes;

use crate::connection::large;

/// The memory of an answer, which is used again when nobody has a part of it any more. Who holds a part of it must drop that first.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Any part of it.
    part: Bytes,
}

impl Frame {
    pub(super) fn new(part: Bytes) -> Self {
        Self { part }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        large::reuse(std::mem::take(&mut self.part));
    }
}
