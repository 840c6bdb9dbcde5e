//! One broker: where it is, how it does, and the places for its connections.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::connect_backoff::ConnectBackoff;
use super::mute::Mute;
use super::place::Place;
use super::pooled::Lease;
use crate::cluster::breaker::CircuitBreaker;
use crate::cluster::purpose::Purpose;
use crate::cluster::selection::Load;
use crate::connection::Address;
use crate::error::Error;
use crate::metrics::Health;

/// After so many failures in a row a broker counts as down.
const FAILURES: u32 = 3;

/// A broker at one address. One that moves is a new node; requests to where it was are still answered, and then the connections go.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: i32,
    pub(crate) address: Address,
    pub(crate) rack: Option<Arc<str>>,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) load: Load,
    /// For those who wait until the circuit lets them by.
    turn: Notify,
    slots: [Slot; Purpose::COUNT],
    backoff: Mutex<ConnectBackoff>,
    failures: AtomicU32,
    is_down: AtomicBool,
    last_error: Mutex<Option<(SystemTime, Error)>>,
}

/// The connections to a broker for one purpose.
#[derive(Debug)]
struct Slot {
    places: Box<[Arc<Place>]>,
    next: AtomicUsize,
    mute: Mute,
}

impl Node {
    pub(super) fn new(
        id: i32,
        address: Address,
        rack: Option<Arc<str>>,
        breaker: CircuitBreaker,
        connections: &[usize; Purpose::COUNT],
    ) -> Self {
        let slots = connections.map(|count| Slot {
            places: (0..count.max(1)).map(|_| Arc::default()).collect(),
            next: AtomicUsize::new(0),
            mute: Mute::default(),
        });
        Self {
            id,
            address,
            rack,
            breaker,
            load: Load::new(crate::connection::now()),
            turn: Notify::new(),
            slots,
            backoff: Mutex::default(),
            failures: AtomicU32::new(0),
            is_down: AtomicBool::new(false),
            last_error: Mutex::default(),
        }
    }

    /// A live connection, if one is there: that with the fewest requests, or the next in turn.
    pub(super) fn lease(&self, purpose: Purpose) -> Option<Lease> {
        match self.places(purpose) {
            [only] => only.lease(),
            _ => self.place(purpose)?.lease(),
        }
    }

    /// Where the next connection for a purpose is, or is to be.
    pub(super) fn place(&self, purpose: Purpose) -> Option<&Arc<Place>> {
        let places = self.places(purpose);
        let turn = match self.slots.get(purpose.index()) {
            Some(slot) if places.len() > 1 => slot.next.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let (late, early) = places.split_at_checked(turn % places.len().max(1))?;
        let in_turn = || early.iter().chain(late);
        let idle = in_turn().find(|place| place.in_use() == Some(0));
        idle.or_else(|| in_turn().next())
    }

    pub(super) fn places(&self, purpose: Purpose) -> &[Arc<Place>] {
        let slot = self.slots.get(purpose.index());
        slot.map_or(&[], |slot| &slot.places)
    }

    pub(crate) fn mute(&self, purpose: Purpose) -> Option<&Mute> {
        self.slots.get(purpose.index()).map(|slot| &slot.mute)
    }

    /// Whether a connection for a purpose is there and open.
    pub(crate) fn is_connected(&self, purpose: Purpose) -> bool {
        let mut places = self.places(purpose).iter();
        places.any(|place| place.is_connected())
    }

    /// Gives up all connections; requests that go over them are still answered.
    pub(super) fn empty(&self) {
        for purpose in Purpose::ALL {
            self.places(purpose).iter().for_each(|place| place.empty());
        }
    }

    pub(super) fn backoff(&self) -> MutexGuard<'_, ConnectBackoff> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long until the broker may be connected to again; zero if it may be now.
    pub(crate) fn connect_wait(&self, now: Instant) -> std::time::Duration {
        self.backoff().wait(now)
    }

    /// Whether connecting to it has just failed, so that who wants a connection has to wait. Costs no lock where nothing has failed.
    pub(crate) fn is_backing_off(&self, now: Instant) -> bool {
        self.failures.load(Ordering::Relaxed) > 0 && !self.connect_wait(now).is_zero()
    }

    /// Waits until [`circuit_changed`](Self::circuit_changed) is called.
    pub(crate) fn turn(&self) -> Notified<'_> {
        self.turn.notified()
    }

    /// The circuit breaker may have another answer than before: those who wait for it ask again.
    pub(crate) fn circuit_changed(&self) {
        self.turn.notify_waiters();
    }

    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    /// The broker has answered, or a connection to it came about.
    pub(crate) fn succeeded(&self) -> Option<Health> {
        // Mostly there is nothing to write, and others read this.
        if self.failures.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.failures.store(0, Ordering::Relaxed);
        let was_down = self.is_down.swap(false, Ordering::Relaxed);
        was_down.then_some(Health::Up)
    }

    /// The broker did not answer, or could not be connected to.
    pub(crate) fn failed(&self, error: &Error) -> Option<Health> {
        *self.last() = Some((SystemTime::now(), error.clone()));
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let goes_down = failures >= FAILURES && !self.is_down.swap(true, Ordering::Relaxed);
        goes_down.then_some(Health::Down)
    }

    pub(crate) fn last_error(&self) -> Option<(SystemTime, Error)> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<(SystemTime, Error)>> {
        let last = self.last_error.lock();
        last.unwrap_or_else(PoisonError::into_inner)
    }
}
