//! What happened within the last seconds, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::super::nanoseconds::nanoseconds;

/// Into how many slots the window is cut; it reaches back nine of them, and what has passed of the tenth.
const SLOTS: usize = 10;

/// Counts what happens, and forgets it when it is older than the window.
///
/// It shares no cache line with what others only read.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Window {
    epoch: Instant,
    /// How many slots there are in 2^64 ns, rounded up: to multiply by it is quicker than to divide by a slot's length. After a hundred days
    /// a slot begins half a millisecond early by it.
    slots_in_all: u64,
    /// The number of the slot's time above, the count below.
    slots: [AtomicU64; SLOTS],
}

impl Window {
    pub(super) fn new(length: Duration, epoch: Instant) -> Self {
        let slot = (nanoseconds(length) / SLOTS as u64).max(2);
        Self {
            epoch,
            slots_in_all: u64::MAX / slot + 1,
            slots: Default::default(),
        }
    }

    /// One more.
    pub(super) fn count(&self, now: Instant) {
        let number = self.number(now);
        let Some(slot) = self.slot_of(number) else {
            return;
        };
        let seen = slot.load(Ordering::Relaxed);
        if seen >> 32 != number {
            // Its time is over. Who comes second finds it begun.
            let begun = number << 32 | 1;
            let begun = slot.compare_exchange(seen, begun, Ordering::Relaxed, Ordering::Relaxed);
            if begun.is_ok() {
                return;
            }
        }
        // An hour's tenth of requests does not reach the upper half.
        slot.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(super) fn sum(&self, now: Instant) -> u64 {
        let number = self.number(now);
        let slots = self.slots.iter().map(|slot| slot.load(Ordering::Relaxed));
        slots
            .filter(|slot| (number.wrapping_sub(*slot >> 32) & NUMBERS) < SLOTS as u64)
            .map(|slot| slot & NUMBERS)
            .sum()
    }

    /// Forgets all of it.
    pub(super) fn clear(&self) {
        for slot in &self.slots {
            slot.store(0, Ordering::Relaxed);
        }
    }

    /// The number of the slot that this time falls into: 32 bits, after which it begins anew.
    fn number(&self, now: Instant) -> u64 {
        let elapsed = nanoseconds(now.saturating_duration_since(self.epoch));
        let number = (u128::from(elapsed) * u128::from(self.slots_in_all)) >> 64;
        u64::try_from(number).unwrap_or(u64::MAX) & NUMBERS
    }

    fn slot_of(&self, number: u64) -> Option<&AtomicU64> {
        let at = usize::try_from(number % SLOTS as u64).ok()?;
        self.slots.get(at)
    }
}

const NUMBERS: u64 = u32::MAX as u64;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let start = Instant::now();
        let window = Window::new(10 * SECOND, start);
        for second in 0..100 {
            let now = start + SECOND * second;
            for _ in 0..=second {
                window.count(now);
            }
            let expected: u32 = (second.saturating_sub(9)..=second)
                .map(|second| second + 1)
                .sum();
            assert_eq!(window.sum(now), u64::from(expected));
            assert_eq!(window.sum(now + SECOND / 2), u64::from(expected));
        }
        assert_eq!(window.sum(start + 108 * SECOND), 100);
        assert_eq!(window.sum(start + 109 * SECOND), 0);
        assert_eq!(window.sum(start + 10_000 * SECOND), 0);
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        let start = Instant::now();
        let window = Window::new(10 * SECOND, start);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for at in 0..10_000_u32 {
                        window.count(start + SECOND * (at / 1000));
                    }
                });
            }
        });
        assert_eq!(window.sum(start + 9 * SECOND), 40_000);
        window.clear();
        assert_eq!(window.sum(start + 9 * SECOND), 0);
    }
}
