//! One broker: where it is, how it does, and the places for its connections.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedMutexGuard};

use super::connect_backoff::ConnectBackoff;
use super::mute::Mute;
use super::place::Place;
use super::pooled::{Lease, Pooled};
use crate::close_reason::CloseReason;
use crate::cluster::breaker::CircuitBreaker;
use crate::cluster::purpose::Purpose;
use crate::cluster::selection::Load;
use crate::connection::Address;
use crate::error::{Error, ErrorKind};
use crate::metrics::Health;

/// Which of several connections for a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// That with the fewest requests.
    Any,
    /// Always the same one, for requests that must arrive in their order.
    First,
}

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
    trial: tokio::sync::Mutex<()>,
    probe: Arc<tokio::sync::Mutex<()>>,
    failures: AtomicU32,
    is_down: AtomicBool,
    has_left: AtomicBool,
    leaving: Notify,
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
            trial: tokio::sync::Mutex::default(),
            probe: Arc::default(),
            failures: AtomicU32::new(0),
            is_down: AtomicBool::new(false),
            has_left: AtomicBool::new(false),
            leaving: Notify::new(),
            last_error: Mutex::default(),
        }
    }

    /// A live connection, if one is there. Of several it is the one with the fewest requests, the next in turn.
    pub(super) fn lease(&self, purpose: Purpose, pick: Pick) -> Option<Lease> {
        match (self.places(purpose), pick) {
            ([only], _) => return only.lease(),
            ([first, ..], Pick::First) => return first.lease(),
            _ => {}
        }
        let live = self.in_turn(purpose).filter_map(|place| {
            let in_use = place.in_use()?;
            Some((in_use, place))
        });
        live.min_by_key(|(in_use, _)| *in_use)?.1.lease()
    }

    /// Where the next connection for a purpose is to be, while there is none.
    pub(super) fn place(&self, purpose: Purpose, pick: Pick) -> Option<&Arc<Place>> {
        match pick {
            Pick::Any => self.in_turn(purpose).next(),
            Pick::First => self.places(purpose).first(),
        }
    }

    /// Where one more connection for a purpose may be.
    pub(super) fn free_place(&self, purpose: Purpose) -> Option<&Arc<Place>> {
        let mut places = self.places(purpose).iter();
        places.find(|place| !place.is_connected())
    }

    fn in_turn(&self, purpose: Purpose) -> impl Iterator<Item = &Arc<Place>> {
        let places = self.places(purpose);
        let turn = match self.slots.get(purpose.index()) {
            Some(slot) if places.len() > 1 => slot.next.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let halves = places.split_at_checked(turn % places.len().max(1));
        let (late, early) = halves.unwrap_or_default();
        early.iter().chain(late)
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

    /// The right to ask whether it is there, if nothing was sent to it for so long, as far as its connections tell, and nobody asks already.
    pub(crate) fn probe(&self, idle: Duration) -> Option<OwnedMutexGuard<()>> {
        let idle = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX);
        let places = self.slots.iter().flat_map(|slot| &slot.places);
        let mut resting = places.filter_map(|place| place.idle_for());
        let is_idle = resting.all(|idle_for| idle_for >= idle);
        let probe = is_idle.then(|| Arc::clone(&self.probe).try_lock_owned());
        probe?.ok()
    }

    /// Gives up all connections; requests that go over them are still answered. Gives those.
    pub(super) fn empty(&self) -> Vec<Arc<Pooled>> {
        let places = self.slots.iter().flat_map(|slot| &slot.places);
        places.filter_map(|place| place.empty()).collect()
    }

    /// Held by whoever connects to a broker that could not be connected to before: one tries, for all purposes.
    pub(super) fn trial(&self) -> &tokio::sync::Mutex<()> {
        &self.trial
    }

    pub(super) fn backoff(&self) -> MutexGuard<'_, ConnectBackoff> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long until the broker may be connected to again; zero if it may be now.
    pub(crate) fn connect_wait(&self, now: Instant) -> Duration {
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

    /// The broker is elsewhere from now on, or nowhere. Who waits for it here is to look again, and what becomes of the old connections is no news of it.
    pub(super) fn leave(&self) {
        self.has_left.store(true, Ordering::SeqCst);
        self.leaving.notify_waiters();
        self.circuit_changed();
    }

    /// Whether the broker is not here any more.
    pub(crate) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::SeqCst)
    }

    /// Waits until the broker is not here any more.
    pub(crate) async fn left(&self) {
        let mut leaving = pin!(self.leaving.notified());
        // From before the look on, so that nothing is missed.
        leaving.as_mut().enable();
        if !self.has_left() {
            leaving.await;
        }
    }

    /// What who waits for the broker here is told.
    pub(crate) fn elsewhere() -> ErrorKind {
        ErrorKind::Closed(CloseReason::Shutdown)
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
        (was_down && !self.has_left()).then_some(Health::Up)
    }

    /// The broker did not answer, or could not be connected to.
    pub(crate) fn failed(&self, error: &Error) -> Option<Health> {
        *self.last() = Some((SystemTime::now(), error.clone()));
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let goes_down = failures >= FAILURES && !self.is_down.swap(true, Ordering::Relaxed);
        (goes_down && !self.has_left()).then_some(Health::Down)
    }

    pub(crate) fn last_error(&self) -> Option<(SystemTime, Error)> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<(SystemTime, Error)>> {
        let last = self.last_error.lock();
        last.unwrap_or_else(PoisonError::into_inner)
    }
}
