//! A breaker that many tasks share.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::random::Random;
use super::machine::{Machine, Recent, Verdict};
use super::settings::BreakerSettings;
use super::transition::{BreakerState, Transition};
use super::window::Window;
use crate::error::ConfigError;

// What the word says. Below `OPEN` requests pass.
const CLOSED: u8 = 0;
/// Closed, but the last request failed.
const TROUBLED: u8 = 1;
const OPEN: u8 = 2;

/// The circuit breaker of one broker. A cheap clone of it is the same breaker.
///
/// As long as the broker answers, no call takes a lock. Each call that changes the state gives the [`Transition`], so that whoever made it
/// can tell others; the latest sixteen are kept.
///
/// ```
/// use std::time::{Duration, Instant};
/// use milena::cluster::breaker::{Admission, BreakerSettings, BreakerState, CircuitBreaker};
///
/// # fn main() -> Result<(), milena::error::ConfigError> {
/// let now = Instant::now();
/// let breaker = CircuitBreaker::new(BreakerSettings::default(), now, 42)?;
/// for _ in 0..5 {
///     assert!(matches!(breaker.admit(now), Admission::Pass));
///     breaker.failed(now);
/// }
/// let Admission::Refused { retry_in } = breaker.admit(now) else {
///     unreachable!("five failures in a row")
/// };
///
/// // Later one request may try, then another, and the circuit is closed.
/// let later = now + retry_in;
/// for _ in 0..2 {
///     let Admission::Probe(probe) = breaker.admit(later) else {
///         unreachable!("it is time to try the broker")
///     };
///     probe.succeeded(later);
/// }
/// assert_eq!(breaker.state(), BreakerState::Closed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CircuitBreaker(Arc<Shared>);

struct Shared {
    /// Only written by who holds the machine.
    word: AtomicU8,
    successes: Window,
    failures: Window,
    machine: Mutex<Machine>,
}

/// What becomes of a request.
#[derive(Debug)]
#[must_use]
pub enum Admission {
    /// It may go to the broker.
    Pass,
    /// It may go to the broker, to see whether it answers again.
    Probe(Probe),
    /// It may not.
    Refused {
        /// When it is worth to ask again. Exact while the circuit is open; while others try the broker, nobody knows, and this is a tenth
        /// of `reset_timeout`.
        retry_in: Duration,
    },
}

/// The place of a request that tries the broker. Dropped without a word, as when the call is dropped, it lets another one try.
#[must_use = "dropped, it lets another request try the broker"]
pub struct Probe {
    breaker: CircuitBreaker,
    round: u64,
    transition: Option<Transition>,
}

impl CircuitBreaker {
    /// A closed one, made `now`. The seed is for the jitter: breakers that failed together must not all have the same.
    ///
    /// # Errors
    ///
    /// If the settings are not [valid](BreakerSettings::validate).
    pub fn new(settings: BreakerSettings, now: Instant, seed: u64) -> Result<Self, ConfigError> {
        settings.validate()?;
        Ok(Self::of_valid(settings, now, seed))
    }

    /// The settings are known to be valid.
    pub(crate) fn of_valid(settings: BreakerSettings, now: Instant, seed: u64) -> Self {
        Self(Arc::new(Shared {
            word: AtomicU8::new(CLOSED),
            successes: Window::new(settings.window, now),
            failures: Window::new(settings.window, now),
            machine: Mutex::new(Machine::new(settings, Random::seeded(seed))),
        }))
    }

    /// A request is to go to the broker.
    ///
    /// What must go to it in any case, as heartbeats and commits, does not ask, and takes no place from those who try it; how it went is told
    /// all the same.
    pub fn admit(&self, now: Instant) -> Admission {
        if self.lets_all_by() {
            return Admission::Pass;
        }
        self.admit_slowly(now)
    }

    /// Whether [`admit`](Self::admit) would let every request by, whatever the time is.
    pub(crate) fn lets_all_by(&self) -> bool {
        self.0.word.load(Ordering::Acquire) < OPEN
    }

    #[cold]
    fn admit_slowly(&self, now: Instant) -> Admission {
        match self.change(|machine| machine.admit(now)) {
            Verdict::Pass => Admission::Pass,
            Verdict::Refused { retry_in } => Admission::Refused { retry_in },
            Verdict::Probe { round, transition } => Admission::Probe(Probe {
                breaker: self.clone(),
                round,
                transition,
            }),
        }
    }

    /// Whether a request would be let through, for who chooses among brokers. It takes no place.
    #[must_use]
    pub fn would_admit(&self, now: Instant) -> bool {
        self.retry_in(now).is_zero()
    }

    /// How long a request has to wait before it is worth to ask; zero if it would be let through.
    #[must_use]
    pub fn retry_in(&self, now: Instant) -> Duration {
        if self.lets_all_by() {
            return Duration::ZERO;
        }
        self.machine().retry_in(now)
    }

    /// The broker answered a request that was not a [`Probe`], on whatever connection.
    pub fn succeeded(&self, now: Instant) -> Option<Transition> {
        if self.0.word.load(Ordering::Acquire) == CLOSED {
            self.0.successes.count(now);
            return None;
        }
        self.succeeded_slowly(now, None)
    }

    #[cold]
    fn succeeded_slowly(&self, now: Instant, round: Option<u64>) -> Option<Transition> {
        self.0.successes.count(now);
        self.change(|machine| {
            round.into_iter().for_each(|round| machine.release(round));
            let transition = machine.succeeded(now)?;
            if transition.to == BreakerState::Closed {
                // What was before is no more held against the broker.
                self.0.successes.clear();
                self.0.failures.clear();
            }
            Some(transition)
        })
    }

    /// A connection to the broker could not be made, was lost, or left a request unanswered; told once for each connection.
    pub fn failed(&self, now: Instant) -> Option<Transition> {
        self.failed_in(now, None)
    }

    fn failed_in(&self, now: Instant, round: Option<u64>) -> Option<Transition> {
        self.change(|machine| {
            self.0.failures.count(now);
            let recent = Recent {
                failures: self.0.failures.sum(now),
                successes: self.0.successes.sum(now),
            };
            round.into_iter().for_each(|round| machine.release(round));
            machine.failed(now, recent)
        })
    }

    /// The state that it is in. One that is open stays so until a request asks, even if its time is over.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.machine().state()
    }

    /// The latest transitions, sixteen at most, the oldest first.
    #[must_use]
    pub fn transitions(&self) -> Vec<Transition> {
        self.machine().transitions().cloned().collect()
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        let machine = self.0.machine.lock();
        machine.unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine();
        let result = change(&mut machine);
        let word = match machine.state() {
            BreakerState::Closed if machine.is_troubled() => TROUBLED,
            BreakerState::Closed => CLOSED,
            BreakerState::Open | BreakerState::HalfOpen => OPEN,
        };
        self.0.word.store(word, Ordering::Release);
        result
    }
}

impl Probe {
    /// The transition that came with it, if it is the first to try the broker.
    #[must_use]
    pub fn transition(&self) -> Option<&Transition> {
        self.transition.as_ref()
    }

    /// The broker answered.
    pub fn succeeded(mut self, now: Instant) -> Option<Transition> {
        let round = self.settle();
        self.breaker.succeeded_slowly(now, Some(round))
    }

    /// The broker did not answer, or the connection was lost.
    pub fn failed(mut self, now: Instant) -> Option<Transition> {
        let round = self.settle();
        self.breaker.failed_in(now, Some(round))
    }

    /// Leaves nothing to be given back by the drop: rounds begin with 1.
    fn settle(&mut self) -> u64 {
        std::mem::take(&mut self.round)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if self.round > 0 {
            self.breaker.change(|machine| machine.release(self.round));
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").finish_non_exhaustive()
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.machine();
        f.debug_struct("CircuitBreaker")
            .field("state", &machine.state())
            .field("last_transition", &machine.transitions().last())
            .finish_non_exhaustive()
    }
}
