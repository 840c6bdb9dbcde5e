//! Times that were counted, to look at.

use std::fmt;
use std::time::Duration;

use super::classes::{CLASSES, class};

/// How long many things took: their number, sum and maximum, and their quantiles to 6.25 %.
///
/// ```
/// # use milena::metrics::Distribution;
/// let nothing = Distribution::default();
/// assert_eq!((nothing.count(), nothing.p99()), (0, std::time::Duration::ZERO));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Empty if nothing was counted.
    counts: Vec<u64>,
    sum: Duration,
    max: Duration,
}

impl Distribution {
    /// Adds the counts of each class.
    pub(crate) fn add(&mut self, counts: impl Iterator<Item = u64>, sum: Duration, max: Duration) {
        for (index, count) in counts.enumerate().filter(|&(_, count)| count > 0) {
            if self.counts.is_empty() {
                self.counts = vec![0; CLASSES];
            }
            if let Some(place) = self.counts.get_mut(index) {
                *place += count;
            }
        }
        self.sum = self.sum.saturating_add(sum);
        self.max = self.max.max(max);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All their times together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// The longest; zero if there was none.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    /// Sum by count; zero if there was none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        match self.count() {
            0 => Duration::ZERO,
            // Counts are far below 2^53.
            count => self.sum.div_f64(count as f64),
        }
    }

    /// The time that the share `q` of them did not exceed, 0.5 for the median: to 6.25 % and a microsecond. What is below 0 counts as 0, what
    /// is above 1 as 1. Zero if there was none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Duration {
        let rank = q.clamp(0.0, 1.0) * self.count() as f64;
        let mut below = 0;
        for (index, &count) in self.counts.iter().enumerate() {
            below += count;
            if count > 0 && below as f64 >= rank {
                let (start, length) = class(index);
                let middle = Duration::from_nanos(start * 1000 + length * 500);
                return middle.min(self.max);
            }
        }
        self.max
    }

    /// The median; see [`quantile`](Self::quantile).
    #[must_use]
    pub fn p50(&self) -> Duration {
        self.quantile(0.5)
    }

    /// What 95 % did not exceed; see [`quantile`](Self::quantile).
    #[must_use]
    pub fn p95(&self) -> Duration {
        self.quantile(0.95)
    }

    /// What 99 % did not exceed; see [`quantile`](Self::quantile).
    #[must_use]
    pub fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    /// What 99.9 % did not exceed; see [`quantile`](Self::quantile).
    #[must_use]
    pub fn p999(&self) -> Duration {
        self.quantile(0.999)
    }

    /// What came since `earlier`, which is of the same times. The maximum is that of the whole time.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = earlier.counts.iter().copied().chain(std::iter::repeat(0));
        let counts = self.counts.iter().zip(before);
        let mut since = Self::default();
        since.add(
            counts.map(|(now, before)| now.saturating_sub(before)),
            self.sum.saturating_sub(earlier.sum),
            self.max,
        );
        since
    }

    /// How many lie below each of these bounds, which ascend and are bounds of classes, in microseconds.
    pub(crate) fn below<'a>(&'a self, bounds: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
        let mut classes = self.counts.iter().enumerate().peekable();
        let mut below = 0;
        bounds.iter().map(move |&bound| {
            while let Some((_, count)) = classes.next_if(|&(index, _)| class(index).0 < bound) {
                below += count;
            }
            below
        })
    }
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.p50())
            .field("p99", &self.p99())
            .field("max", &self.max)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Histogram;
    use super::*;

    fn of(micros: &[u64]) -> Distribution {
        let histogram = Histogram::default();
        for &micros in micros {
            histogram.record(Duration::from_micros(micros));
        }
        let mut seen = Distribution::default();
        histogram.add_to(&mut seen);
        seen
    }

    #[test]
    fn nothing_has_no_quantiles() {
        let nothing = of(&[]);
        assert_eq!(nothing, Distribution::default());
        assert_eq!(nothing.quantile(1.0), Duration::ZERO);
        assert_eq!(nothing.mean(), Duration::ZERO);
    }

    #[test]
    fn no_quantile_exceeds_the_maximum() {
        let seen = of(&[1000]);
        for q in [-1.0, 0.0, 0.5, 1.0, 7.0] {
            let time = seen.quantile(q);
            assert!(time <= Duration::from_micros(1000), "{q}: {time:?}");
            assert!(time >= Duration::from_micros(960), "{q}: {time:?}");
        }
        assert_eq!(seen.mean(), Duration::from_micros(1000));
    }

    #[test]
    fn what_came_since_is_told_from_what_was_before() {
        let before = of(&[5, 100]);
        let after = of(&[5, 100, 100, 2000]);
        let since = after.since(&before);
        assert_eq!(
            (since.count(), since.sum()),
            (2, Duration::from_micros(2100))
        );
        assert_eq!(since.quantile(0.5).as_micros(), 100);
        assert_eq!(after.since(&Distribution::default()), after);
    }

    #[test]
    fn counts_below_a_bound_are_exact_where_classes_end() {
        let seen = of(&[0, 15, 16, 31, 32, 63, 64, 4_000_000_000]);
        let below: Vec<_> = seen.below(&[16, 32, 48, 64, 1 << 20]).collect();
        assert_eq!(below, [2, 4, 5, 6, 7]);
        assert_eq!(of(&[]).below(&[16, 32]).collect::<Vec<_>>(), [0, 0]);
    }
}
