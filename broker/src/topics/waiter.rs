//! Waiting until enough bytes have come to some partitions.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Counts the bytes that come to the partitions it is registered with, and wakes the one who waits when they are enough.
#[derive(Debug, Default)]
pub(crate) struct Waiter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    arrived: u64,
    target: u64,
    /// Whether something else has happened than that bytes came.
    disturbed: bool,
    waker: Option<Waker>,
}

impl Waiter {
    /// The bytes that have come so far.
    pub(crate) fn arrived(&self) -> u64 {
        self.lock().arrived
    }

    /// Ends when [`arrived`](Self::arrived) has come to `target`, or once when the wait may be in vain. One task may wait at a time.
    pub(crate) async fn reach(&self, target: u64) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.arrived >= target || std::mem::take(&mut state.disturbed) {
                return Poll::Ready(());
            }
            state.target = target;
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn add(&self, bytes: u64) {
        let mut state = self.lock();
        state.arrived = state.arrived.saturating_add(bytes);
        Self::wake(state);
    }

    fn disturb(&self) {
        let mut state = self.lock();
        state.disturbed = true;
        Self::wake(state);
    }

    fn wake(mut state: MutexGuard<'_, State>) {
        if state.arrived >= state.target || state.disturbed {
            let waker = state.waker.take();
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who wait for a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiters {
    list: Arc<Mutex<Vec<Arc<Waiter>>>>,
}

impl Waiters {
    /// Tells `waiter` of all bytes that come from now on, until the registration is dropped.
    pub(super) fn register(&self, waiter: &Arc<Waiter>) -> Registration {
        self.lock().push(waiter.clone());
        Registration {
            waiter: waiter.clone(),
            waiters: self.clone(),
        }
    }

    /// Tells everybody that bytes have come.
    pub(super) fn add(&self, bytes: u64) {
        for waiter in self.lock().iter() {
            waiter.add(bytes);
        }
    }

    /// Tells everybody that what they wait for may not come any more.
    pub(super) fn disturb(&self) {
        for waiter in self.lock().iter() {
            waiter.disturb();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Waiter>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a waiter registered with a partition.
#[derive(Debug)]
pub(crate) struct Registration {
    waiter: Arc<Waiter>,
    waiters: Waiters,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut list = self.waiters.lock();
        let place = list
            .iter()
            .position(|other| Arc::ptr_eq(other, &self.waiter));
        if let Some(place) = place {
            list.swap_remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn wakes_when_enough_has_come_and_not_before() {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut context = Context::from_waker(&waker);
        let (waiter, waiters) = (Arc::new(Waiter::default()), Waiters::default());
        let registration = waiters.register(&waiter);
        let mut reach = pin!(waiter.reach(100));
        assert!(reach.as_mut().poll(&mut context).is_pending());
        waiters.add(60);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        waiters.add(40);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(reach.as_mut().poll(&mut context).is_ready());
        assert_eq!(waiter.arrived(), 100);
        drop(registration);
        waiters.add(1);
        assert_eq!(waiter.arrived(), 100);
        assert!(waiters.lock().is_empty());
    }

    #[test]
    fn a_disturbance_ends_one_wait() {
        let (waiter, waiters) = (Arc::new(Waiter::default()), Waiters::default());
        let _registration = waiters.register(&waiter);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            let mut reach = pin!(waiter.reach(5));
            assert!(reach.as_mut().poll(&mut context).is_pending());
            waiters.disturb();
            assert!(reach.as_mut().poll(&mut context).is_ready());
        }
    }

    #[test]
    fn bytes_that_came_before_the_wait_count() {
        let (waiter, waiters) = (Arc::new(Waiter::default()), Waiters::default());
        let _registration = waiters.register(&waiter);
        waiters.add(5);
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(waiter.reach(5)).poll(&mut context).is_ready());
    }
}
