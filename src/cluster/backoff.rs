//! How long to wait before the next attempt (KIP-580).

use std::ops::Range;
use std::time::Duration;

/// More than anybody waits, and little enough to be multiplied.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// Some part of a time, of those in a range. `random` is any of all numbers.
pub(crate) fn spread(time: Duration, parts: Range<f64>, random: u32) -> Duration {
    let part = parts.start + (parts.end - parts.start) * f64::from(random) / f64::from(u32::MAX);
    time.min(LONGEST).mul_f64(part)
}

/// A wait that doubles with each failure, spread by a fifth either way so that those who failed together do not come back together, and that
/// is never longer than a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Between the attempts of a request, unless it is configured. Java: `retry.backoff.ms` and `retry.backoff.max.ms`.
    #[cfg(test)]
    pub(crate) const RETRY: Self = Self::new(Duration::from_millis(100), Duration::from_secs(1));
    /// Between the attempts to connect to a broker. Java: `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
    #[cfg(test)]
    pub(crate) const CONNECT: Self = Self::new(Duration::from_millis(50), Duration::from_secs(1));

    /// From `first` up to `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// After so many failures in a row, the latest one not counted: 0 gives the first wait. `random` is any of all numbers.
    pub(crate) fn delay(&self, failures: u32, random: u32) -> Duration {
        spread(self.plain(failures), 0.8..1.2, random).min(self.longest())
    }

    /// The same, neither shorter nor longer.
    pub(crate) fn plain(&self, failures: u32) -> Duration {
        let doubled = 2_u32
            .checked_pow(failures)
            .and_then(|factor| self.first.checked_mul(factor));
        doubled.map_or(self.longest(), |doubled| doubled.min(self.longest()))
    }

    /// No wait is longer.
    pub(crate) fn longest(&self) -> Duration {
        self.longest.min(LONGEST)
    }

    /// The same, but never longer than what is `left` until the deadline.
    pub(crate) fn delay_within(&self, failures: u32, random: u32, left: Duration) -> Duration {
        self.delay(failures, random).min(left)
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn near(one: Duration, other: Duration) -> bool {
        one.abs_diff(other) < Duration::from_micros(1)
    }

    /// Statement 17.
    #[test]
    fn a_wait_doubles_from_100_ms_to_1_s_and_is_spread_by_a_fifth() {
        for (failures, middle) in [(0, 100), (1, 200), (2, 400), (3, 800)] {
            let (least, most) = (ms(middle).mul_f64(0.8), ms(middle).mul_f64(1.2));
            let backoff = Backoff::RETRY;
            assert!(near(backoff.delay(failures, 0), least));
            assert!(near(backoff.delay(failures, u32::MAX / 2), ms(middle)));
            assert!(near(backoff.delay(failures, u32::MAX), most.min(ms(1000))));
        }
        assert_eq!(
            [0, 1, 2, 3, 4, 40].map(|failures| Backoff::RETRY.plain(failures)),
            [100, 200, 400, 800, 1000, 1000].map(ms)
        );
        for failures in [4, 5, 31, 32, u32::MAX] {
            assert!(near(Backoff::RETRY.delay(failures, 0), ms(800)));
            assert_eq!(Backoff::RETRY.delay(failures, u32::MAX), ms(1000));
        }
    }

    /// Statement 17.
    #[test]
    fn waits_spread_over_their_whole_range() {
        let mut random = Random::seeded(1);
        let waits = (0..1000).map(|_| Backoff::RETRY.delay(1, random.number()));
        let waits: Vec<_> = waits.collect();
        assert!(waits.iter().all(|wait| (ms(160)..=ms(240)).contains(wait)));
        for tenth in 0..10 {
            let range = ms(160 + 8 * tenth)..ms(168 + 8 * tenth);
            let count = waits.iter().filter(|wait| range.contains(*wait)).count();
            assert!((60..=140).contains(&count), "{count} in {range:?}");
        }
    }

    /// Statement 17.
    #[test]
    fn a_wait_is_never_longer_than_what_is_left() {
        assert_eq!(Backoff::RETRY.delay_within(3, 0, ms(70)), ms(70));
        assert_eq!(
            Backoff::RETRY.delay_within(3, 0, Duration::ZERO),
            Duration::ZERO
        );
        assert!(near(Backoff::RETRY.delay_within(0, 0, ms(5000)), ms(80)));
    }

    /// Statement 6.
    #[test]
    fn connects_wait_from_50_ms_to_1_s() {
        let waits = (0..6).map(|failures| Backoff::CONNECT.delay(failures, u32::MAX / 2));
        let expected = [50, 100, 200, 400, 800, 1000].map(ms);
        assert!(
            waits
                .zip(expected)
                .all(|(wait, expected)| near(wait, expected))
        );
    }

    #[test]
    fn what_is_absurd_does_not_overflow() {
        let endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(endless.delay(u32::MAX, u32::MAX), LONGEST);
        let contrary = Backoff::new(ms(100), ms(10));
        assert_eq!(contrary.delay(0, u32::MAX), ms(10));
        let none = Backoff::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(none.delay(9, 9), Duration::ZERO);
    }
}
