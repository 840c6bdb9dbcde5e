//! The bound on what is buffered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::metrics::{ProducerCounts, Recorder};

/// Counts the bytes of all batches from their first record until they are settled.
#[derive(Debug)]
pub(super) struct Memory {
    limit: usize,
    used: AtomicUsize,
    /// How many wait for room.
    waiting: AtomicUsize,
    room: Notify,
    recorder: Option<Arc<Recorder>>,
}

impl Memory {
    pub(super) fn new(limit: usize, recorder: Option<Arc<Recorder>>) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            room: Notify::new(),
            recorder,
        }
    }

    /// Takes so many bytes, if there are as many. Whoever has not waited yet lets those go first who have.
    pub(super) fn take(&self, bytes: usize, has_waited: bool) -> bool {
        if !has_waited && self.waiting.load(Ordering::SeqCst) > 0 {
            return false;
        }
        let taken = self
            .used
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |used| {
                let after = used.checked_add(bytes)?;
                (after <= self.limit).then_some(after)
            });
        let is_taken = taken.is_ok();
        if is_taken {
            self.count(|counts| counts.took(bytes));
        }
        is_taken
    }

    /// Takes so many bytes even if there are not as many: of what is there already.
    pub(super) fn take_anyway(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::SeqCst);
        self.count(|counts| counts.took(bytes));
    }

    /// Gives so many bytes back.
    pub(super) fn give(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.used.fetch_sub(bytes, Ordering::SeqCst);
        self.count(|counts| counts.gave(bytes));
        self.wake();
    }

    fn count(&self, count: impl FnOnce(&ProducerCounts)) {
        if let Some(recorder) = &self.recorder {
            count(recorder.producer());
        }
    }

    /// Wakes the one who has waited longest, if anybody does. He wakes the next when he has taken what he needs.
    pub(super) fn wake(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.room.notify_one();
        }
    }

    /// Begins to wait for room.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        Waiting { memory: self }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::SeqCst)
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }
}

/// Somebody who waits for room, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    memory: &'a Memory,
}

impl<'a> Waiting<'a> {
    /// Ends when there is more room than before, perhaps.
    pub(super) fn room(&self) -> Notified<'a> {
        self.memory.room.notified()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.memory.waiting.fetch_sub(1, Ordering::SeqCst);
        // The wake-up may have been this one's, who goes; the next looks for himself.
        self.memory.wake();
    }
}
