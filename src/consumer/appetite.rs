//! How much is asked for at once. No I/O.

use std::time::Duration;

/// Nothing larger than the first size shifted by so much is asked for.
const MOST: usize = 6;

/// So many answers are looked at before a size is judged.
const TRIAL: u32 = 4;

/// An answer that takes so long, and clearly brings more than smaller ones did, is enough: it came from far away.
const FAR: Duration = Duration::from_millis(5);

/// So many answers a size that was found best is kept before a larger one is tried again.
const PATIENCE: u32 = 200;

/// A larger size has to bring so much more.
const GAIN: f64 = 1.2;

/// How much is asked for at once: more, as long as that brings more a second and the caller waits for it.
///
/// What lies in the processor's cache costs less to read, so small answers are best - unless the broker is far away, when most of the time would be spent
/// between them.
#[derive(Debug, Default)]
pub(super) struct Appetite {
    level: usize,
    /// Bytes a second that came with each size.
    rates: [f64; MOST + 1],
    seen: u32,
    patience: u32,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meal {
    pub(super) bytes: usize,
    pub(super) time: Duration,
    /// Whether there would have been more.
    pub(super) is_limited: bool,
    /// Whether the caller had nothing left when it came.
    pub(super) is_awaited: bool,
}

impl Appetite {
    /// By how much the first size is to be multiplied.
    pub(super) fn factor(&self) -> usize {
        1 << self.level
    }

    pub(super) fn had(&mut self, meal: Meal) {
        if !meal.is_limited {
            return;
        }
        // Exact up to 2^53 bytes.
        let rate = meal.bytes as f64 / meal.time.as_secs_f64().max(1e-6);
        let Some(known) = self.rates.get_mut(self.level) else {
            return;
        };
        *known = if self.seen == 0 {
            rate
        } else {
            (*known + rate) / 2.0
        };
        let known = *known;
        self.seen += 1;
        let smaller = self
            .level
            .checked_sub(1)
            .and_then(|level| self.rates.get(level));
        let is_better = smaller.is_none_or(|smaller| known >= smaller * GAIN);
        if self.seen < TRIAL && !(is_better && meal.time >= FAR) {
            return;
        }
        if !is_better {
            self.level -= 1;
            self.seen = 0;
            self.patience = PATIENCE;
            return;
        }
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 && meal.is_awaited && self.level < MOST {
            self.level += 1;
            self.seen = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eats from a broker at this distance that sends 1 GB/s; gives the factors that it comes to rest at.
    fn feed(latency: Duration, answers: u32, is_awaited: bool) -> Appetite {
        let mut appetite = Appetite::default();
        for _ in 0..answers {
            let bytes = appetite.factor() << 20;
            appetite.had(Meal {
                bytes,
                time: latency + Duration::from_nanos(bytes as u64),
                is_limited: true,
                is_awaited,
            });
        }
        appetite
    }

    #[test]
    fn a_broker_nearby_is_asked_for_little() {
        assert_eq!(feed(Duration::from_micros(100), 100, true).factor(), 1);
    }

    #[test]
    fn a_broker_far_away_is_asked_for_much() {
        assert!(feed(Duration::from_millis(10), 40, true).factor() >= 16);
        assert!(feed(Duration::from_millis(10), 5, true).factor() >= 16);
        assert_eq!(feed(Duration::from_millis(50), 40, true).factor(), 64);
    }

    #[test]
    fn nobody_who_does_not_wait_is_fed_more() {
        assert_eq!(feed(Duration::from_millis(10), 40, false).factor(), 1);
        let mut appetite = Appetite::default();
        for _ in 0..40 {
            appetite.had(Meal {
                bytes: 1000,
                time: Duration::from_millis(10),
                is_limited: false,
                is_awaited: true,
            });
        }
        assert_eq!(appetite.factor(), 1);
    }

    #[test]
    fn a_larger_size_is_tried_again_later() {
        let mut appetite = feed(Duration::from_micros(100), 100, true);
        let mut largest = 0;
        for _ in 0..3 * PATIENCE {
            let bytes = appetite.factor() << 20;
            largest = largest.max(appetite.factor());
            appetite.had(Meal {
                bytes,
                time: Duration::from_millis(20),
                is_limited: true,
                is_awaited: true,
            });
        }
        assert!(largest >= 4);
    }
}
