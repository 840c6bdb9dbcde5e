//! What becomes of a batch, told to all who wait for its records.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use crate::error::Error;

/// What becomes of a batch. One for all of its records, who share it.
#[derive(Debug, Default)]
pub(super) struct Fate {
    outcome: OnceLock<Outcome>,
    waiting: Mutex<Vec<Waker>>,
}

/// Where somebody's waker stands among those that wait, if it does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place(Option<NonZeroU32>);

impl Place {
    fn last_of(count: usize) -> Self {
        Self(u32::try_from(count).ok().and_then(NonZeroU32::new))
    }

    fn index(self) -> Option<usize> {
        usize::try_from(self.0?.get() - 1).ok()
    }
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

/// A share in a fate, for one record.
///
/// Where deliveries are dropped as fast as records are sent, the shares of a batch are the same one, over and over: to count it down and up again would
/// be two of the four atomic operations that a record takes. So a thread keeps the last one that it dropped for the next record of the same batch.
#[derive(Debug)]
pub(super) struct Share(pub(super) Option<Arc<Fate>>);

thread_local! {
    static SPARE: Cell<Option<Arc<Fate>>> = const { Cell::new(None) };
}

impl Share {
    #[inline]
    pub(super) fn of(fate: &Arc<Fate>) -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let same = spare.filter(|spare| Arc::ptr_eq(spare, fate));
        Self(Some(same.unwrap_or_else(|| Arc::clone(fate))))
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&Fate> {
        self.0.as_deref()
    }
}

impl Drop for Share {
    #[inline]
    fn drop(&mut self) {
        // A thread that ends keeps nothing.
        let fate = self.0.take();
        let _ = SPARE.try_with(|spare| spare.set(fate));
    }
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

    /// Has `waker` woken when it is settled; gives false if it is already. `place` is the caller's.
    pub(super) fn wait(&self, waker: &Waker, place: &mut Place) -> bool {
        let mut waiting = self.waiting();
        if self.outcome.get().is_some() {
            return false;
        }
        let known = place.index().and_then(|index| waiting.get_mut(index));
        match known {
            Some(known) if known.will_wake(waker) => {}
            Some(known) => known.clone_from(waker),
            None => {
                waiting.push(waker.clone());
                *place = Place::last_of(waiting.len());
            }
        }
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
