//! How long things took: counted by classes, from any thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::classes::{CLASSES, class_of};
use super::distribution::Distribution;

/// Counts times from any thread, without a lock. Takes 2 KiB.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: [AtomicU64; CLASSES],
    /// In nanoseconds; it lasts for 584 years.
    sum: AtomicU64,
    /// In nanoseconds.
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; CLASSES],
            sum: AtomicU64::new(0),
            max: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts one that took `time`.
    pub(crate) fn record(&self, time: Duration) {
        // Cheaper than `as_micros`, which reckons in 128 bits.
        let seconds = time.as_secs();
        let nanos = seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(u64::from(time.subsec_nanos()));
        let micros = seconds
            .saturating_mul(1_000_000)
            .saturating_add(u64::from(time.subsec_micros()));
        if let Some(count) = self.counts.get(class_of(micros)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(nanos, Ordering::Relaxed);
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// What was counted so far, added to `distribution`. What is counted meanwhile may be in it or not, and its sum likewise.
    pub(crate) fn add_to(&self, distribution: &mut Distribution) {
        let counts = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        let sum = Duration::from_nanos(self.sum.load(Ordering::Relaxed));
        let max = Duration::from_nanos(self.max.load(Ordering::Relaxed));
        distribution.add(counts, sum, max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a class says of its times is off by 6.25 % and a microsecond at most.
    #[test]
    fn quantiles_are_near_the_exact_ones() {
        let histogram = Histogram::default();
        // From some microseconds to minutes, spread evenly over the powers of two.
        let mut state = 1u64;
        let mut times: Vec<Duration> = (0..10_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let power = (state >> 59) % 30 + 1;
                Duration::from_nanos(1000 * ((1 << power) + (state >> 20) % (1 << power)))
            })
            .collect();
        for &time in &times {
            histogram.record(time);
        }
        times.sort_unstable();
        let mut seen = Distribution::default();
        histogram.add_to(&mut seen);
        assert_eq!(seen.count(), 10_000);
        assert_eq!(seen.sum(), times.iter().sum::<Duration>());
        assert_eq!(Some(seen.max()), times.last().copied());
        for per_mille in [1, 10, 250, 500, 950, 990, 999] {
            let exact = times[per_mille * 10 - 1].as_secs_f64();
            let read = seen.quantile(per_mille as f64 / 1000.0).as_secs_f64();
            let error = (read - exact).abs();
            assert!(
                error <= exact * 0.0625 + 1e-6,
                "{per_mille}: {read} {exact}"
            );
        }
    }

    #[test]
    fn threads_lose_nothing() {
        let histogram = Histogram::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let histogram = &histogram;
                scope.spawn(move || {
                    for time in 0..1000 {
                        histogram.record(Duration::from_micros(thread * 1000 + time));
                    }
                });
            }
        });
        let mut seen = Distribution::default();
        histogram.add_to(&mut seen);
        assert_eq!(seen.count(), 4000);
        assert_eq!(seen.sum(), Duration::from_micros(3999 * 4000 / 2));
        assert_eq!(seen.max(), Duration::from_micros(3999));
    }
}
