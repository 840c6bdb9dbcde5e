//! Where one connection is kept, and where those wait who want it before it is there.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};

use super::pooled::{Lease, Pooled};
use crate::error::Error;

/// A place for one connection.
#[derive(Debug, Default)]
pub(crate) struct Place {
    current: ArcSwapOption<Pooled>,
    connecting: Mutex<Option<Connecting>>,
}

/// What became of an attempt to connect, once it is known.
pub(super) type Outcome = Option<Result<Arc<Pooled>, Error>>;

/// An attempt to connect that is under way.
#[derive(Clone, Debug)]
pub(super) struct Connecting {
    pub(super) outcome: watch::Receiver<Outcome>,
    pub(super) callers: Arc<Callers>,
}

/// Those who wait for an attempt to connect.
#[derive(Debug, Default)]
pub(super) struct Callers {
    count: AtomicUsize,
    none_left: Notify,
    /// Whether it has not begun, as the client has as many connections as it may have.
    waits_for_room: AtomicBool,
}

impl Callers {
    pub(super) fn set_waits_for_room(&self, waits: bool) {
        self.waits_for_room.store(waits, Ordering::Relaxed);
    }

    /// Whether nobody waits. One may come at any time, but for under the lock of the place.
    pub(super) fn are_gone(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }
}

/// One who waits for an attempt to connect, until this is dropped.
#[derive(Debug)]
pub(super) struct Caller {
    connecting: Connecting,
}

impl Caller {
    /// To be made under the lock of the place.
    fn new(connecting: &Connecting) -> Self {
        connecting.callers.count.fetch_add(1, Ordering::AcqRel);
        Self {
            connecting: connecting.clone(),
        }
    }

    /// Waits for the outcome; `None` if there will be none.
    pub(super) async fn outcome(&mut self) -> Outcome {
        let outcome = &mut self.connecting.outcome;
        let outcome = outcome.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }

    pub(super) fn waits_for_room(&self) -> bool {
        let callers = &self.connecting.callers;
        callers.waits_for_room.load(Ordering::Relaxed)
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let Connecting { outcome, callers } = &self.connecting;
        if callers.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            callers.none_left.notify_one();
            // Perhaps nobody has taken what came about.
            if let Some(Ok(pooled)) = &*outcome.borrow() {
                pooled.offer();
            }
        }
    }
}

impl Place {
    /// The connection, if it is there and can be used.
    pub(super) fn lease(&self) -> Option<Lease> {
        let pooled = self.current.load_full()?;
        pooled.connection.is_open().then(|| Lease::new(pooled))
    }

    /// Whether a connection is there that can be used.
    pub(super) fn is_connected(&self) -> bool {
        self.in_use().is_some()
    }

    /// How many requests go over it now; `None` without a connection.
    pub(super) fn in_use(&self) -> Option<u32> {
        let current = self.current.load();
        let pooled = current.as_ref()?;
        pooled.connection.is_open().then(|| pooled.in_use())
    }

    /// For how many milliseconds nothing has gone over the connection; `None` without one.
    pub(super) fn idle_for(&self) -> Option<u64> {
        let current = self.current.load();
        current.as_ref().map(|pooled| pooled.idle_for())
    }

    /// Joins the attempt to connect that is under way; if there is none, begins one by what `begin` gives.
    pub(super) fn join(&self, begin: impl FnOnce() -> Connecting) -> Joined {
        let mut connecting = self.connecting();
        if let Some(connecting) = connecting.as_ref().filter(|known| known.is_alive()) {
            return Joined::Connecting(Caller::new(connecting));
        }
        // It may have come while we waited for the lock.
        if let Some(lease) = self.lease() {
            return Joined::Connected(lease);
        }
        Joined::Connecting(Caller::new(connecting.insert(begin())))
    }

    /// Begins an attempt to connect that nobody waits for, unless a connection is there or coming.
    pub(super) fn grow(&self, begin: impl FnOnce() -> Connecting) {
        let mut connecting = self.connecting();
        let is_coming = connecting.as_ref().is_some_and(Connecting::is_alive);
        if !is_coming && !self.is_connected() {
            *connecting = Some(begin());
        }
    }

    /// The attempt came to an end: who comes from now on finds the connection, or begins another one.
    pub(super) fn settle(&self, connected: Option<Arc<Pooled>>) {
        let mut connecting = self.connecting();
        if let Some(pooled) = connected {
            self.current.store(Some(pooled));
        }
        *connecting = None;
    }

    /// Waits until nobody waits any more for the attempt that is under way. It is no more then: it must not be settled.
    pub(super) async fn deserted(&self, callers: &Callers) {
        loop {
            {
                let mut connecting = self.connecting();
                if callers.are_gone() {
                    *connecting = None;
                    return;
                }
            }
            callers.none_left.notified().await;
        }
    }

    /// Takes this connection out, if it is here.
    pub(super) fn clear(&self, pooled: *const Pooled) -> bool {
        let current = self.current.load();
        if !current
            .as_ref()
            .is_some_and(|current| ptr::eq(Arc::as_ptr(current), pooled))
        {
            return false;
        }
        let previous = self.current.compare_and_swap(&*current, None);
        previous
            .as_ref()
            .is_some_and(|previous| ptr::eq(Arc::as_ptr(previous), pooled))
    }

    /// Takes out whatever is here; requests that go over it are still answered.
    pub(super) fn empty(&self) -> Option<Arc<Pooled>> {
        self.current.swap(None)
    }

    fn connecting(&self) -> MutexGuard<'_, Option<Connecting>> {
        self.connecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connecting {
    /// Its task tells the outcome before it goes; if it is gone without, the runtime ended it.
    fn is_alive(&self) -> bool {
        self.outcome.has_changed().is_ok() || self.outcome.borrow().is_some()
    }
}

/// Where one who wants a connection stands.
pub(super) enum Joined {
    Connected(Lease),
    Connecting(Caller),
}
