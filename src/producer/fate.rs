//! What becomes of a batch, told to all who wait for its records.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use crate::error::Error;

/// What becomes of a batch. One for all of its records, who share it.
#[derive(Debug, Default)]
pub(super) struct Fate {
    outcome: OnceLock<Outcome>,
    waiting: Mutex<Vec<Waker>>,
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It is in the log.
    Written {
        partition: i32,
        /// Of its first record; `None` if the broker did not tell.
        base_offset: Option<i64>,
        /// The broker's time, if that is what the records have.
        append_time: Option<i64>,
    },
    /// It is not, or nobody knows.
    Failed(Error),
    /// It was too large for the broker: the records from this one on are another batch now, and so are those before.
    Split {
        at: u32,
        before: Arc<Fate>,
        from: Arc<Fate>,
    },
}

impl Fate {
    /// What became of it, if that is known.
    #[inline]
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get()
    }

    /// Says what became of it; gives false if that was said before.
    pub(super) fn settle(&self, outcome: Outcome) -> bool {
        if self.outcome.set(outcome).is_err() {
            return false;
        }
        // Whoever comes later sees the outcome: he looks for it while he holds the lock.
        let waiting = std::mem::take(&mut *self.waiting());
        for waker in waiting {
            waker.wake();
        }
        true
    }

    /// Has `waker` woken when it is settled; gives false if it is already. `place` is where the caller's waker stands, if it was here before.
    pub(super) fn wait(&self, waker: &Waker, place: &mut Option<usize>) -> bool {
        let mut waiting = self.waiting();
        if self.outcome.get().is_some() {
            return false;
        }
        let known = place.and_then(|place| waiting.get_mut(place));
        match known {
            Some(known) if known.will_wake(waker) => {}
            Some(known) => known.clone_from(waker),
            None => {
                *place = Some(waiting.len());
                waiting.push(waker.clone());
            }
        }
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
