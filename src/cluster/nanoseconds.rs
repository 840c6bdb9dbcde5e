//! Durations as one number.

use std::time::Duration;

/// The whole of it in nanoseconds, up to 584 years.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(time.subsec_nanos()))
}
