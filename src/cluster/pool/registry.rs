//! Which connections a client has, how many it may have, and which of them goes when another one needs its room.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::place::Place;
use super::pooled::{Keeper, Pooled};
use crate::connection::now;

/// All connections of a client.
#[derive(Debug)]
pub(crate) struct Registry {
    epoch: Instant,
    room: Option<Room>,
    open: Mutex<Vec<Entry>>,
    /// Whether `queue` is worth a look.
    is_wanted: AtomicBool,
    queue: Mutex<Queue>,
}

/// Those who wait for room, and what goes for them.
#[derive(Debug, Default)]
struct Queue {
    waiting: usize,
    /// Connections that are on their way out for one of them.
    leaving: usize,
}

#[derive(Debug)]
struct Room {
    max_connections: usize,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Entry {
    pooled: Weak<Pooled>,
    place: Weak<Place>,
}

/// The right to have one connection, for as long as its socket is there.
#[derive(Debug)]
pub(crate) struct Permit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Registry {
    pub(super) fn new(max_connections: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            epoch: now(),
            room: max_connections.map(|max_connections| Room {
                max_connections,
                permits: Arc::new(Semaphore::new(max_connections)),
            }),
            open: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            queue: Mutex::default(),
        })
    }

    /// How many connections there may be; `None` if that is not limited.
    pub(super) fn max_connections(&self) -> Option<usize> {
        self.room.as_ref().map(|room| room.max_connections)
    }

    /// The right to make one more connection, if there is room for it and nobody waits for that.
    pub(super) fn try_permit(&self) -> Option<Permit> {
        let Some(room) = &self.room else {
            return Some(Permit { _permit: None });
        };
        let permit = Arc::clone(&room.permits).try_acquire_owned().ok()?;
        Some(Permit {
            _permit: Some(permit),
        })
    }

    /// Whether one more connection may be made now.
    pub(super) fn has_room(&self) -> bool {
        let room = self.room.as_ref();
        room.is_none_or(|room| room.permits.available_permits() > 0)
    }

    /// Waits, in line, until one more connection may be made. For each who waits, the idle connection goes that was used least recently, or the next
    /// one that becomes idle.
    pub(super) async fn permit(&self) -> Permit {
        let Some(room) = &self.room else {
            return Permit { _permit: None };
        };
        let _waiting = Waiting::new(self);
        self.make_room();
        Permit {
            // It is never closed.
            _permit: Arc::clone(&room.permits).acquire_owned().await.ok(),
        }
    }

    pub(super) fn insert(&self, pooled: &Arc<Pooled>, place: &Arc<Place>) {
        let mut open = self.open();
        open.retain(|entry| entry.pooled.strong_count() > 0);
        open.push(Entry {
            pooled: Arc::downgrade(pooled),
            place: Arc::downgrade(place),
        });
    }

    /// Every connection that there is.
    pub(super) fn list(&self) -> Vec<Arc<Pooled>> {
        let open = self.open();
        open.iter()
            .filter_map(|entry| entry.pooled.upgrade())
            .collect()
    }

    /// Takes this connection out of its place, which ends it if nobody uses it.
    fn remove(&self, pooled: &Arc<Pooled>) -> bool {
        let place = self
            .open()
            .iter()
            .find(|entry| std::ptr::eq(entry.pooled.as_ptr(), Arc::as_ptr(pooled)))
            .and_then(|entry| entry.place.upgrade());
        place.is_some_and(|place| place.clear(Arc::as_ptr(pooled)))
    }

    /// Ends idle connections, those that were used least recently first, until there is one for each who waits.
    fn make_room(&self) {
        let mut idle: Vec<_> = self
            .list()
            .into_iter()
            .filter(|pooled| pooled.in_use() == 0 && pooled.connection.is_open())
            .collect();
        idle.sort_by_key(|pooled| pooled.last_used());
        let mut queue = self.queue();
        for pooled in &idle {
            if queue.leaving >= queue.waiting {
                break;
            }
            if self.remove(pooled) {
                queue.leaving += 1;
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper for Registry {
    /// Milliseconds from when the client was made until `now`.
    fn age(&self, now: Instant) -> u64 {
        let age = now.saturating_duration_since(self.epoch).as_millis();
        u64::try_from(age).unwrap_or(u64::MAX)
    }

    /// It goes, if somebody waits for its room.
    fn idle(&self, pooled: &Arc<Pooled>) {
        if !self.is_wanted.load(Ordering::SeqCst) {
            return;
        }
        let mut queue = self.queue();
        if queue.leaving < queue.waiting && self.remove(pooled) {
            queue.leaving += 1;
        }
    }
}

/// One who waits for room, until he has it or goes away.
struct Waiting<'a>(&'a Registry);

impl<'a> Waiting<'a> {
    fn new(registry: &'a Registry) -> Self {
        registry.queue().waiting += 1;
        registry.is_wanted.store(true, Ordering::SeqCst);
        Self(registry)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.waiting -= 1;
        queue.leaving = queue.leaving.saturating_sub(1);
        self.0.is_wanted.store(queue.waiting > 0, Ordering::Relaxed);
    }
}
