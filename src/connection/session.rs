//! How long an authentication lasts, and when it must be done anew (KIP-368). No I/O.

use std::time::{Duration, Instant};

use super::clock::after;

/// Kafka refuses to authenticate a connection again within a second.
const MIN_INTERVAL: Duration = Duration::from_millis(1100);

/// A connection's session with the broker.
#[derive(Debug)]
pub(crate) struct Session {
    /// When it must be renewed; `None` if it has no end.
    renewal: Option<Renewal>,
    holds_requests: bool,
    is_due: bool,
}

#[derive(Clone, Copy, Debug)]
struct Renewal {
    /// From when on nothing else is sent.
    hold_at: Instant,
    at: Instant,
}

impl Session {
    /// One that begins `now`.
    pub(crate) fn begin(now: Instant, lifetime: Option<Duration>) -> Self {
        // Spread, so that connections that were made together do not all come back together.
        let random = getrandom::u32().unwrap_or(0);
        Self {
            renewal: lifetime.map(|lifetime| Renewal::of(now, lifetime, random)),
            holds_requests: false,
            is_due: false,
        }
    }

    /// Whether it is to be renewed as soon as nothing is in flight.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Whether requests have to wait until it is renewed.
    pub(crate) fn holds_requests(&self) -> bool {
        self.holds_requests
    }

    /// Whether it may have to be renewed before this time.
    pub(crate) fn ends_before(&self, time: Instant) -> bool {
        self.renewal.is_some_and(|renewal| renewal.hold_at < time)
    }

    /// The timer went off: gives when it must go off for the session.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let Renewal { hold_at, at } = self.renewal?;
        self.holds_requests |= hold_at <= now;
        self.is_due |= at <= now;
        match (self.holds_requests, self.is_due) {
            (false, _) => Some(hold_at),
            (true, false) => Some(at),
            (true, true) => None,
        }
    }
}

impl Renewal {
    /// At 85 to 95 percent of the lifetime.
    fn of(now: Instant, lifetime: Duration, random: u32) -> Self {
        let share = 0.85 + 0.10 * f64::from(random) / f64::from(u32::MAX);
        // What a broker says may be absurd: more than a clock can say is no limit.
        let lifetime = lifetime.min(Duration::from_secs(u64::from(u32::MAX)));
        let time = lifetime.mul_f64(share);
        Self {
            // A session that is over before it may be renewed is no session to send requests in.
            hold_at: after(now, time),
            at: after(now, time.max(MIN_INTERVAL)),
        }
    }
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
            let renewal = Renewal::of(now, 100 * MINUTE, random);
            let (time, expected) = (renewal.at - now, percent * MINUTE);
            assert!(time.abs_diff(expected) < Duration::from_secs(1), "{time:?}");
            assert_eq!(renewal.hold_at, renewal.at);
        }
        assert!(Renewal::of(now, Duration::MAX, u32::MAX).at > now);
    }

    /// Statement 30: never within a second of the last, and nothing is sent in a session that is over.
    #[test]
    fn a_session_of_less_than_a_second_holds_requests_until_it_may_be_renewed() {
        let now = Instant::now();
        let renewal = Renewal::of(now, Duration::from_millis(100), 0);
        assert_eq!(renewal.hold_at - now, Duration::from_millis(85));
        assert_eq!(renewal.at - now, MIN_INTERVAL);
        let mut session = Session::begin(now, Some(Duration::from_millis(100)));
        let hold_at = session.expire(now).unwrap();
        let renew_at = session.expire(hold_at).unwrap();
        assert!(session.holds_requests() && !session.is_due());
        assert_eq!(session.expire(renew_at), None);
        assert!(session.is_due());
    }

    #[test]
    fn it_is_due_once_its_time_has_come() {
        let now = Instant::now();
        let mut session = Session::begin(now, Some(MINUTE));
        let at = session.expire(now).unwrap();
        assert!(!session.is_due() && at > now + MINUTE / 2 && at < now + MINUTE);
        assert_eq!(session.expire(at), None);
        assert!(session.is_due() && session.holds_requests());
        let mut endless = Session::begin(now, None);
        assert_eq!(endless.expire(now + 1000 * MINUTE), None);
        assert!(!endless.is_due() && !endless.holds_requests());
    }
}
