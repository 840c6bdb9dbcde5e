//! How long to wait before asking again.

use std::time::Duration;

/// Waits that double, from the first to the longest, each by up to a fifth shorter or longer (KIP-580).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The wait after this many failures; the first wait after none.
    pub(super) fn after(&self, failures: u32, jitter: &mut Jitter) -> Duration {
        jitter
            .stretch(self.plain(failures), 800, 1200)
            .min(self.longest)
    }

    /// The same, neither shorter nor longer.
    pub(super) fn plain(&self, failures: u32) -> Duration {
        // Doubled twenty times, any wait is the longest.
        let wait = self.first.saturating_mul(1 << failures.min(20));
        wait.min(self.longest)
    }
}

/// Numbers without a pattern that others share; no secret depends on them.
#[derive(Clone, Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From so many to so many thousandths of it.
    pub(super) fn stretch(&mut self, time: Duration, least: u32, most: u32) -> Duration {
        let span = u64::from(most.saturating_sub(least)) + 1;
        let more = u32::try_from(self.next() % span).unwrap_or(0);
        (time / 1000).saturating_mul(least.saturating_add(more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statement 17: 100 ms x 2^n x (0.8-1.2), up to 1 s.
    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        let mut jitter = Jitter::new(7);
        let (mut least, mut most) = (u128::MAX, 0);
        for failures in 0..40 {
            let wanted = (100.0 * f64::from(failures).exp2()).min(1000.0);
            for _ in 0..100 {
                let wait = backoff.after(failures, &mut jitter).as_millis();
                assert!(wait as f64 >= wanted * 0.79 && wait as f64 <= (wanted * 1.21).min(1000.0));
                if failures == 0 {
                    (least, most) = (least.min(wait), most.max(wait));
                }
            }
        }
        assert!(least < 85 && most > 115, "{least}-{most}");
    }
}
