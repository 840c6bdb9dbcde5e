//! How long an authentication lasts, and when it must be done anew (KIP-368). No I/O.

use std::time::{Duration, Instant};

use super::clock::after;

/// Kafka refuses to authenticate a connection again within a second.
const MIN_INTERVAL: Duration = Duration::from_millis(1100);

/// A connection's session with the broker.
#[derive(Debug)]
pub(crate) struct Session {
    /// When it must be renewed; `None` if it has no end.
    renew_at: Option<Instant>,
    is_due: bool,
}

impl Session {
    /// One that begins `now`.
    pub(crate) fn begin(now: Instant, lifetime: Option<Duration>) -> Self {
        // Spread, so that connections that were made together do not all come back together.
        let random = getrandom::u32().unwrap_or(0);
        Self {
            renew_at: lifetime.map(|lifetime| renew_at(now, lifetime, random)),
            is_due: false,
        }
    }

    /// Whether it is to be renewed now. Until it is, nothing else is sent.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    /// The timer went off: gives when it must go off for the session.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let at = self.renew_at?;
        self.is_due |= at <= now;
        (!self.is_due).then_some(at)
    }
}

/// At 85 to 95 percent of the lifetime.
fn renew_at(now: Instant, lifetime: Duration, random: u32) -> Instant {
    let share = 0.85 + 0.10 * f64::from(random) / f64::from(u32::MAX);
    // What a broker says may be absurd: more than a clock can say is no limit.
    let time = lifetime.min(Duration::from_secs(u64::from(u32::MAX)));
    after(now, time.mul_f64(share).max(MIN_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Statement 30.
    #[test]
    fn a_session_is_renewed_at_85_to_95_percent_of_it() {
        let now = Instant::now();
        for (random, percent) in [(0, 85), (u32::MAX / 2, 90), (u32::MAX, 95)] {
            let time = renew_at(now, 100 * MINUTE, random) - now;
            let expected = percent * MINUTE;
            assert!(time.abs_diff(expected) < Duration::from_secs(1), "{time:?}");
        }
        assert_eq!(
            renew_at(now, Duration::from_millis(10), 0) - now,
            MIN_INTERVAL,
            "never within a second of the last"
        );
        assert!(renew_at(now, Duration::MAX, u32::MAX) > now);
    }

    #[test]
    fn it_is_due_once_its_time_has_come() {
        let now = Instant::now();
        let mut session = Session::begin(now, Some(MINUTE));
        let at = session.expire(now).unwrap();
        assert!(!session.is_due() && at > now + MINUTE / 2 && at < now + MINUTE);
        assert_eq!(session.expire(at), None);
        assert!(session.is_due());
        let mut endless = Session::begin(now, None);
        assert_eq!(endless.expire(now + 1000 * MINUTE), None);
        assert!(!endless.is_due());
    }
}
