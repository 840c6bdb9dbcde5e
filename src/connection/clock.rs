//! The clock, and times that may lie further ahead than it can say.

use std::time::{Duration, Instant};

/// A time that never comes: thirty years.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What time it is. Tests may pause the runtime's clock, and timers go by that one.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// `time` after `now`. What is meant as "no limit", such as `Duration::MAX`, is a time that never comes, and no overflow.
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    now + time.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_far_away_and_no_panic() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::MAX), now + NEVER);
        assert_eq!(
            after(now, Duration::from_secs(1)),
            now + Duration::from_secs(1)
        );
    }
}
