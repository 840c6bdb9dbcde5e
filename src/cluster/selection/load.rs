//! What is known of a broker's load.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::super::nanoseconds::nanoseconds;

/// How many requests a broker has not answered yet, and how long it takes it to answer, smoothed: each answer counts for an eighth, all
/// before it for the rest. Without a lock; each call costs a few nanoseconds.
///
/// Without an answer the latency halves every ten seconds, so that a broker that was slow once is tried again.
///
/// ```
/// use std::time::{Duration, Instant};
/// use milena::cluster::selection::Load;
///
/// let start = Instant::now();
/// let load = Load::new(start);
/// load.begin();
/// assert_eq!((load.in_flight(), load.latency(start)), (1, None));
/// let answered = start + Duration::from_millis(8);
/// load.end();
/// load.sample(Duration::from_millis(8), answered);
/// assert_eq!((load.in_flight(), load.latency(answered)), (0, Some(Duration::from_millis(8))));
/// ```
#[derive(Debug)]
pub struct Load {
    epoch: Instant,
    in_flight: AtomicI64,
    /// Above, when it was sampled, in milliseconds or so; below, the latency in units of 64 ns. 0 if there is none yet.
    smoothed: AtomicU64,
}

/// 2^20 ns for the time, and 2^6 ns for the latency, of which 32 bits are 274 s.
const TIME_SHIFT: u32 = 20;
const LATENCY_SHIFT: u32 = 6;
const LOWER: u64 = u32::MAX as u64;

/// After how long a latency that is not sampled is worth half: 10 s in units of 2^20 ns.
const HALF_LIFE: u64 = 9537;

/// An answer counts for one part in so many.
const PARTS: u64 = 8;

impl Load {
    /// That of a broker of which nothing is known.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            in_flight: AtomicI64::new(0),
            smoothed: AtomicU64::new(0),
        }
    }

    /// A request is on its way.
    pub fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A request is no more on its way, answered or not.
    pub fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Requests on their way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        u32::try_from(in_flight.max(0)).unwrap_or(u32::MAX)
    }

    /// A request was answered `now`, after so long. A long poll's wait is no latency: it is to be left out.
    pub fn sample(&self, latency: Duration, now: Instant) {
        let time = self.time(now);
        let latency = nanoseconds(latency) >> LATENCY_SHIFT;
        let latency = latency.clamp(1, LOWER);
        let seen = self.smoothed.load(Ordering::Relaxed);
        let smoothed = match seen & LOWER {
            0 => latency,
            _ => {
                let before = decayed(seen, time);
                before - before / PARTS + latency / PARTS
            }
        };
        let smoothed = time << 32 | smoothed.clamp(1, LOWER);
        // Who comes second has nothing to say that the first did not.
        let _ =
            self.smoothed
                .compare_exchange(seen, smoothed, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// How long it takes to answer; `None` if it never did.
    #[must_use]
    pub fn latency(&self, now: Instant) -> Option<Duration> {
        let seen = self.smoothed.load(Ordering::Relaxed);
        if seen & LOWER == 0 {
            return None;
        }
        let latency = decayed(seen, self.time(now)).max(1);
        Some(Duration::from_nanos(latency << LATENCY_SHIFT))
    }

    /// 32 bits of it: after 52 days it begins anew.
    fn time(&self, now: Instant) -> u64 {
        let elapsed = nanoseconds(now.saturating_duration_since(self.epoch));
        (elapsed >> TIME_SHIFT) & LOWER
    }
}

/// What a smoothed latency is worth at a time.
fn decayed(smoothed: u64, time: u64) -> u64 {
    let age = time.wrapping_sub(smoothed >> 32) & LOWER;
    // Another thread's clock may be a little ahead.
    let age = if age > LOWER / 2 { 0 } else { age };
    let halvings = u32::try_from(age / HALF_LIFE).unwrap_or(u32::MAX);
    (smoothed & LOWER).checked_shr(halvings).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn is_near(one: Duration, other: Duration) -> bool {
        one.abs_diff(other) < Duration::from_micros(2)
    }

    /// Statement 15.
    #[test]
    fn an_answer_counts_for_an_eighth() {
        let start = Instant::now();
        let load = Load::new(start);
        assert_eq!(load.latency(start), None);
        load.sample(ms(8), start);
        assert!(is_near(load.latency(start).unwrap(), ms(8)));
        load.sample(ms(16), start);
        assert!(is_near(load.latency(start).unwrap(), ms(9)));
        for _ in 0..100 {
            load.sample(ms(1), start);
        }
        assert!(is_near(load.latency(start).unwrap(), ms(1)));
    }

    /// Statement 15.
    #[test]
    fn a_latency_that_is_not_sampled_fades() {
        let start = Instant::now();
        let load = Load::new(start);
        load.sample(ms(800), start);
        for (seconds, left) in [(9, 800), (11, 400), (21, 200), (31, 100)] {
            let now = start + Duration::from_secs(seconds);
            assert!(is_near(load.latency(now).unwrap(), ms(left)), "{seconds}");
        }
        let later = start + Duration::from_secs(3600);
        assert!(load.latency(later).unwrap() < Duration::from_micros(1));
        load.sample(ms(8), later);
        assert!(is_near(load.latency(later).unwrap(), ms(1)));
        // A clock that is behind.
        assert!(load.latency(start).is_some());
    }

    #[test]
    fn what_is_absurd_is_the_most_or_the_least() {
        let start = Instant::now();
        let load = Load::new(start);
        load.sample(Duration::ZERO, start);
        assert_eq!(load.latency(start), Some(Duration::from_nanos(64)));
        for _ in 0..200 {
            load.sample(Duration::MAX, start);
        }
        let most = load.latency(start).unwrap();
        assert!((ms(270_000)..ms(275_000)).contains(&most), "{most:?}");
        load.end();
        assert_eq!(load.in_flight(), 0);
    }

    #[test]
    fn requests_of_all_threads_are_counted() {
        let load = Load::new(Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        load.begin();
                        load.begin();
                        load.end();
                    }
                });
            }
        });
        assert_eq!(load.in_flight(), 4000);
    }
}
