//! Brokers that ask for silence (KIP-219). No I/O.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Until when nothing is sent to a broker for one purpose, as it said when it answered.
#[derive(Debug)]
pub(crate) struct Mute {
    epoch: Instant,
    /// In milliseconds since `epoch`; 0 is not at all.
    until: AtomicU64,
}

impl Default for Mute {
    fn default() -> Self {
        Self {
            epoch: crate::connection::now(),
            until: AtomicU64::new(0),
        }
    }
}

impl Mute {
    /// The broker asks for so much time from `now` on.
    pub(crate) fn extend(&self, now: Instant, time: Duration) {
        let until = now.saturating_duration_since(self.epoch) + time;
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.until.fetch_max(until, Ordering::Relaxed);
    }

    /// How long to be silent yet. Costs no look at the clock where no broker has ever asked for it.
    pub(crate) fn left(&self, now: impl FnOnce() -> Instant) -> Option<Duration> {
        let until = self.until.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let passed = now().saturating_duration_since(self.epoch);
        let left = Duration::from_millis(until).checked_sub(passed)?;
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statement 17.
    #[test]
    fn a_broker_that_asked_for_silence_gets_it() {
        let mute = Mute::default();
        let now = Instant::now();
        assert_eq!(mute.left(|| unreachable!("nobody asked")), None);
        mute.extend(now, Duration::from_millis(500));
        mute.extend(now, Duration::from_millis(200));
        let left = mute.left(|| now).unwrap();
        assert!(left <= Duration::from_millis(501) && left > Duration::from_millis(490));
        assert_eq!(mute.left(|| now + Duration::from_millis(502)), None);
    }
}
