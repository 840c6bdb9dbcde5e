//! How many attempts may be made again, so that a sick cluster is not hammered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how many seconds without a retry the floor is saved up.
const SAVED_SECONDS: f64 = 10.0;

/// How often the rate of requests is taken anew, in seconds.
const MEASURED_SECONDS: f64 = 1.0;

/// Retries up to a share of the requests, and a floor a second beside. Who wants more of them is made to wait, and is never refused: it is
/// the deadline of a request that ends it.
#[derive(Debug)]
pub(crate) struct Budget {
    share: f64,
    floor: f64,
    /// Requests that the purse has not seen yet.
    requests: AtomicU64,
    purse: Mutex<Purse>,
}

#[derive(Debug)]
struct Purse {
    /// Retries that may be made at once; below zero, those who wait.
    tokens: f64,
    at: Instant,
    /// Requests a second, and what it is made of.
    rate: f64,
    counted: f64,
    since: Instant,
}

impl Budget {
    /// `share` of the requests, 0 to 1, and `floor` a second beside, at least one.
    pub(crate) fn new(share: f64, floor: u32, now: Instant) -> Self {
        let floor = f64::from(floor.max(1));
        Self {
            share: share.clamp(0.0, 1.0),
            floor,
            requests: AtomicU64::new(0),
            purse: Mutex::new(Purse {
                tokens: floor,
                at: now,
                rate: 0.0,
                counted: 0.0,
                since: now,
            }),
        }
    }

    /// A request is made, for the first time.
    pub(crate) fn deposit(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A request is to be made again: it has to wait for its turn. What is not [spent](Turn::spend) is given back.
    pub(crate) fn turn(&self, now: Instant) -> Turn<'_> {
        Turn {
            wait: self.take(now),
            budget: Some(self),
        }
    }

    /// How long the next one has to wait.
    fn take(&self, now: Instant) -> Duration {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        // The sum is exact up to 2^53 requests.
        let requests = self.requests.swap(0, Ordering::Relaxed) as f64;
        let elapsed = now.saturating_duration_since(purse.at).as_secs_f64();
        purse.at = purse.at.max(now);
        let most = self.floor * SAVED_SECONDS;
        let earned = self.floor * elapsed + self.share * requests;
        purse.tokens = (purse.tokens + earned).min(most) - 1.0;
        purse.counted += requests;
        let measured = now.saturating_duration_since(purse.since).as_secs_f64();
        if measured >= MEASURED_SECONDS {
            purse.rate = purse.counted / measured;
            purse.counted = 0.0;
            purse.since = now;
        }
        let wait = (-purse.tokens).max(0.0) / (self.floor + self.share * purse.rate);
        Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX)
    }

    fn give_back(&self) {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        purse.tokens += 1.0;
    }
}

/// The place in line of a request that is to be made again. Dropped, it is given back: the deadline came first, or the caller went away.
#[derive(Debug)]
#[must_use = "dropped, it is given back"]
pub(crate) struct Turn<'a> {
    wait: Duration,
    budget: Option<&'a Budget>,
}

impl Turn<'_> {
    /// How long until it comes.
    pub(crate) fn wait(&self) -> Duration {
        self.wait
    }

    /// It has come, and the request is made again.
    pub(crate) fn spend(mut self) {
        self.budget = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.budget {
            budget.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn begun() -> (Budget, Instant) {
        let now = Instant::now();
        (Budget::new(0.1, 10, now), now)
    }

    /// Statement 18.
    #[test]
    fn beyond_ten_a_second_retries_are_spread_over_time() {
        let (budget, now) = begun();
        for _ in 0..10 {
            assert_eq!(budget.take(now), Duration::ZERO);
        }
        // A thousand more are never refused: the nth waits for its turn.
        for turn in 1..=1000_u32 {
            let wait = budget.take(now);
            let expected = SECOND / 10 * turn;
            assert!(wait.abs_diff(expected) < SECOND / 1000, "{turn}: {wait:?}");
        }
    }

    /// Statement 18: whatever the order, no more than a tenth of the requests and ten a second (and ten seconds' worth that was saved).
    #[test]
    fn retries_stay_below_a_tenth_of_the_requests_and_the_floor() {
        for per_tick in [0_u32, 1, 10, 100] {
            let (budget, start) = begun();
            let mut due = Vec::new();
            for tick in 0..6000_u32 {
                let now = start + SECOND / 100 * tick;
                for _ in 0..per_tick {
                    budget.deposit();
                }
                // From the tenth second on everything fails, and twice as much is asked for as there is.
                if tick >= 1000 {
                    for _ in 0..=(per_tick / 5) {
                        due.push(now + budget.take(now));
                    }
                }
            }
            for seconds in 1..50_u32 {
                let from = start + 10 * SECOND;
                let to = from + SECOND * seconds;
                let made = due.iter().filter(|due| **due < to).count();
                let allowed = 100.0 + f64::from(seconds) * (10.0 + 10.0 * f64::from(per_tick));
                // A share that is not whole, and a second of a rate that was estimated.
                let slack = 2.0 + 10.0 * f64::from(per_tick);
                assert!(
                    made as f64 <= allowed + slack,
                    "{per_tick}: {made} > {allowed}"
                );
                // And of what there is most is used.
                assert!(
                    seconds < 20 || made as f64 >= 0.7 * allowed,
                    "{per_tick}: only {made} of {allowed}"
                );
            }
        }
    }

    /// Statement 18.
    #[test]
    fn requests_earn_a_tenth_of_a_retry() {
        let (budget, now) = begun();
        for _ in 0..10 {
            budget.take(now);
        }
        for _ in 0..50 {
            budget.deposit();
        }
        for _ in 0..5 {
            assert_eq!(budget.take(now), Duration::ZERO);
        }
        assert!(budget.take(now) > Duration::ZERO);
    }

    #[test]
    fn no_more_is_saved_than_ten_seconds_of_the_floor() {
        let (budget, start) = begun();
        for _ in 0..1_000_000 {
            budget.deposit();
        }
        let now = start + 3600 * SECOND;
        let at_once = (0..1000).filter(|_| budget.take(now).is_zero()).count();
        assert_eq!(at_once, 100);
    }

    /// Statement 18.
    #[test]
    fn a_turn_that_is_not_spent_is_given_back() {
        let (budget, now) = begun();
        for _ in 0..20 {
            budget.turn(now).spend();
        }
        let wait = budget.turn(now).wait();
        assert!(wait > SECOND);
        for _ in 0..1000 {
            assert_eq!(budget.turn(now).wait(), wait);
        }
        budget.turn(now).spend();
        assert!(budget.turn(now).wait() > wait);
    }

    #[test]
    fn a_clock_that_runs_backwards_changes_nothing() {
        let (budget, start) = begun();
        budget.take(start + SECOND);
        for _ in 0..19 {
            budget.take(start);
        }
        assert!(budget.take(start) > Duration::ZERO);
        // The floor is never nothing, so nobody waits for ever.
        assert!(Budget::new(-1.0, 0, start).take(start + SECOND) <= SECOND);
    }
}
