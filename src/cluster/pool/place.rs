//! Where one connection is kept, and where those wait who want it before it is there.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

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
    /// Whether it has not begun, as the client has as many connections as it may have.
    pub(super) waits_for_room: Arc<AtomicBool>,
}

impl Connecting {
    /// Waits for the outcome; `None` if there will be none.
    pub(super) async fn done(&mut self) -> Outcome {
        let outcome = self.outcome.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }

    pub(super) fn waits_for_room(&self) -> bool {
        self.waits_for_room.load(Ordering::Relaxed)
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
        let current = self.current.load();
        current
            .as_ref()
            .is_some_and(|pooled| pooled.connection.is_open())
    }

    /// How many requests go over it now; `None` without a connection.
    pub(super) fn in_use(&self) -> Option<u32> {
        let current = self.current.load();
        let pooled = current.as_ref()?;
        pooled.connection.is_open().then(|| pooled.in_use())
    }

    /// Joins the attempt to connect that is under way; if there is none, begins one by what `begin` gives.
    pub(super) fn join(&self, begin: impl FnOnce() -> Connecting) -> Joined {
        let mut connecting = self.connecting();
        if let Some(connecting) = &*connecting {
            // Its task tells the outcome before it goes; if it is gone without, the runtime ended it.
            if connecting.outcome.has_changed().is_ok() || connecting.outcome.borrow().is_some() {
                return Joined::Connecting(connecting.clone());
            }
        }
        // It may have come while we waited for the lock.
        if let Some(lease) = self.lease() {
            return Joined::Connected(lease);
        }
        Joined::Connecting(connecting.insert(begin()).clone())
    }

    /// The attempt came to an end: who comes from now on finds the connection, or begins another one.
    pub(super) fn settle(&self, connected: Option<Arc<Pooled>>) {
        let mut connecting = self.connecting();
        if let Some(pooled) = connected {
            self.current.store(Some(pooled));
        }
        *connecting = None;
    }

    /// Puts a connection here that came about elsewhere, unless one is here or coming.
    pub(super) fn adopt(&self, pooled: &Arc<Pooled>) -> bool {
        let connecting = self.connecting();
        if connecting.is_some() || self.is_connected() {
            return false;
        }
        self.current.store(Some(Arc::clone(pooled)));
        true
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
    pub(super) fn empty(&self) {
        drop(self.current.swap(None));
    }

    fn connecting(&self) -> MutexGuard<'_, Option<Connecting>> {
        self.connecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one who wants a connection stands.
pub(super) enum Joined {
    Connected(Lease),
    Connecting(Connecting),
}
