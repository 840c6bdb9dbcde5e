//! The batches of a partition on their way, in the order of their states.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena_wire::compression::Compressor;
use milena_wire::records::{BatchBuilder, BatchMut, Producer, RecordError};

use super::buffers::Buffers;
use super::fate::Fate;
use super::memory::Memory;

/// What a batch has in every state.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) fate: Arc<Fate>,
    /// How many records there are.
    pub(super) count: u32,
    /// When it was begun, with its first record.
    pub(super) began: Instant,
    /// When it must be settled.
    pub(super) deadline: Instant,
    pub(super) held: Held,
}

impl Batch {
    /// How long ago its first record came.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }
}

/// Memory that a batch has, until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Held {
    /// Nothing yet.
    pub(super) fn new(memory: &Arc<Memory>) -> Self {
        Self {
            memory: Arc::clone(memory),
            bytes: 0,
        }
    }

    /// Makes it as many bytes as this, if there is room for more.
    pub(super) fn grow(&mut self, bytes: usize, has_waited: bool) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let is_there = more == 0 || self.memory.take(more, has_waited);
        if is_there {
            self.bytes += more;
        }
        is_there
    }

    /// Makes it as many bytes as this: what is in memory already.
    pub(super) fn become_bytes(&mut self, bytes: usize) {
        if bytes > self.bytes {
            self.memory.take_anyway(bytes - self.bytes);
        } else {
            self.memory.give(self.bytes - bytes);
        }
        self.bytes = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.give(self.bytes);
    }
}

/// Where a batch stands among those of its partition: ascending in the order in which they must be written. The second number is that of the
/// record with which the part of a batch that was split begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn(pub(super) u64, pub(super) u32);

/// A batch that takes no more records.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) batch: Batch,
    pub(super) builder: BatchBuilder,
}

/// A closed batch with its place in the log's order: from here on it is frozen.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) closed: Closed,
    pub(super) turn: Turn,
    pub(super) producer: Producer,
}

/// A batch as it goes over the wire.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) batch: Batch,
    pub(super) turn: Turn,
    pub(super) producer: Producer,
    pub(super) bytes: Bytes,
    /// Whether a broker may have written it, as far as is known.
    pub(super) may_be_written: bool,
    /// How often it was sent in vain.
    pub(super) failures: u32,
}

impl Numbered {
    /// Compresses it and fills in the header.
    ///
    /// # Errors
    /// The codec's.
    pub(super) fn seal(
        self,
        compressor: &mut Compressor,
        buffers: &Buffers,
    ) -> Result<Sealed, (Batch, RecordError)> {
        let Closed {
            mut batch,
            mut builder,
        } = self.closed;
        builder.set_producer(self.producer);
        let bytes = match builder.seal(compressor) {
            Ok(bytes) => bytes,
            Err(error) => return Err((batch, error)),
        };
        // Uncompressed the buffer is the batch itself, and nothing is left here.
        buffers.put(builder.into_buffer());
        batch.held.become_bytes(bytes.len());
        Ok(Sealed {
            batch,
            turn: self.turn,
            producer: self.producer,
            bytes,
            may_be_written: false,
            failures: 0,
        })
    }
}

impl Sealed {
    /// Gives it other numbers, as it certainly is not in the log under those that it has.
    pub(super) fn renumber(&mut self, producer: Producer) {
        let bytes = std::mem::take(&mut self.bytes);
        // A copy only if the connection has not let go of it yet.
        let mut bytes = match bytes.try_into_mut() {
            Ok(bytes) => bytes,
            Err(shared) => bytes::BytesMut::from(&*shared),
        };
        if let Ok(mut batch) = BatchMut::new(&mut bytes) {
            batch.set_producer(producer);
        }
        self.bytes = bytes.freeze();
        self.producer = producer;
        self.may_be_written = false;
    }
}
