//! Times that may lie further ahead than a clock can say.

use std::time::{Duration, Instant};

/// A time that never comes: thirty years.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// `time` after `now`. What is meant as "no limit", such as `Duration::MAX`, is a time that never comes, and no overflow.
pub(crate) fn after(now: Instant, time: Duration) -> Instant {
    now + time.min(NEVER)
}

/// A time that never comes, for a timer that is not set.
pub(crate) fn never(now: Instant) -> Instant {
    after(now, NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_far_away_and_no_panic() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::MAX), never(now));
        assert_eq!(
            after(now, Duration::from_secs(1)),
            now + Duration::from_secs(1)
        );
    }
}
