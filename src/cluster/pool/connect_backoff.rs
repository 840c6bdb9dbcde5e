//! How long a broker is left alone that could not be connected to. No I/O.

use std::time::{Duration, Instant};

use crate::error::Error;

/// Of one broker, for all of its connections: when it may be connected to again, and what it said when it was last.
#[derive(Debug, Default)]
pub(crate) struct ConnectBackoff {
    /// In a row.
    failures: u32,
    last: Option<(Instant, Error)>,
}

impl ConnectBackoff {
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// `wait` is for how long, by the number of failures before.
    pub(crate) fn failed(
        &mut self,
        now: Instant,
        error: &Error,
        wait: impl FnOnce(u32) -> Duration,
    ) {
        self.last = Some((now + wait(self.failures), error.clone()));
        self.failures = self.failures.saturating_add(1);
    }

    /// How many attempts have failed in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// What stopped the last attempt; `None` if it did not fail.
    pub(crate) fn last_error(&self) -> Option<Error> {
        let (_, error) = self.last.as_ref()?;
        Some(error.clone())
    }

    /// How long to wait before the next connect; zero if it may be now.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        let ready_at = self.last.as_ref().map(|(ready_at, _)| *ready_at);
        ready_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// What the broker said, for as long as asking again would get the same answer: a login or a certificate that is refused.
    pub(crate) fn refusal(&self, now: Instant) -> Option<Error> {
        let (ready_at, error) = self.last.as_ref()?;
        (now < *ready_at && !error.is_retriable()).then(|| error.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ConnectFailure, Phase};

    fn doubling(failures: u32) -> Duration {
        Duration::from_millis(50 << failures)
    }

    #[test]
    fn each_failure_makes_the_wait_longer_and_a_success_ends_it() {
        let mut backoff = ConnectBackoff::default();
        let mut now = Instant::now();
        assert_eq!(backoff.wait(now), Duration::ZERO);
        let refused = ConnectFailure::TimedOut {
            option: "connect_timeout",
            limit: Duration::from_secs(10),
        };
        let refused = Error::connect(Phase::Tcp, refused);
        for expected in [50, 100, 200] {
            backoff.failed(now, &refused, doubling);
            assert_eq!(backoff.wait(now), Duration::from_millis(expected));
            assert!(backoff.refusal(now).is_none(), "it may be there by now");
            now += Duration::from_millis(expected);
            assert_eq!(backoff.wait(now), Duration::ZERO);
        }
        backoff.succeeded();
        backoff.failed(now, &refused, doubling);
        assert_eq!(backoff.wait(now), Duration::from_millis(50));
    }

    #[test]
    fn a_refusal_is_remembered_for_as_long_as_nobody_asks_again() {
        let mut backoff = ConnectBackoff::default();
        let now = Instant::now();
        let refused = ConnectFailure::Refused("no such version".into());
        backoff.failed(now, &Error::connect(Phase::ApiVersions, refused), doubling);
        assert!(backoff.refusal(now).is_some());
        assert!(backoff.refusal(now + Duration::from_millis(50)).is_none());
    }
}
