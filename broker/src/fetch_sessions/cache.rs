//! The sessions of one node: not more than there are slots for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::session::Session;

/// So long a session is sure of its slot, and so long after its last request anyone may have it. (Kafka: `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`)
const EVICTION: Duration = Duration::from_secs(120);

#[derive(Debug)]
struct Slot {
    session: Arc<Mutex<Session>>,
    created: Instant,
    last_used: Instant,
    size: usize,
}

/// The sessions of one node.
#[derive(Debug, Default)]
pub(super) struct Cache {
    slots: HashMap<i32, Slot>,
}

impl Cache {
    /// Whether there is room for a session of so many partitions, of at most so many sessions. Room is made by who was not used for long, or by who is smaller
    /// and has been there for long.
    pub(super) fn make_room(&mut self, size: usize, slots: usize, now: Instant) -> bool {
        if self.slots.len() < slots {
            return true;
        }
        let since = |then| now.saturating_duration_since(then);
        let entries = || self.slots.iter();
        let stale = entries()
            .min_by_key(|(id, slot)| (slot.last_used, **id))
            .filter(|(_, slot)| since(slot.last_used) > EVICTION);
        let smaller = || {
            entries()
                .filter(|(_, slot)| since(slot.created) > EVICTION)
                .min_by_key(|(id, slot)| (slot.size, **id))
                .filter(|(_, slot)| slot.size < size)
        };
        let evicted = stale.or_else(smaller).map(|(id, _)| *id);
        evicted.is_some_and(|id| self.slots.remove(&id).is_some())
    }

    pub(super) fn insert(&mut self, session: Session, now: Instant) {
        let (id, size) = (session.id(), session.len());
        let slot = Slot {
            session: Arc::new(Mutex::new(session)),
            created: now,
            last_used: now,
            size,
        };
        self.slots.insert(id, slot);
    }

    pub(super) fn get(&self, id: i32) -> Option<Arc<Mutex<Session>>> {
        Some(self.slots.get(&id)?.session.clone())
    }

    pub(super) fn remove(&mut self, id: i32) -> bool {
        self.slots.remove(&id).is_some()
    }

    /// A session was used, and has so many partitions now.
    pub(super) fn touch(&mut self, id: i32, now: Instant) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.last_used = now;
            let session = slot.session.lock();
            slot.size = session.unwrap_or_else(PoisonError::into_inner).len();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}
