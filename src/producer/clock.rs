//! The time for those who need it for every record.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// Who ticks does so at least this often.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// The time by the wall, as somebody saw it who looks at it every few milliseconds anyway: a look of one's own would cost as much as the rest of what
/// is done for a record.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ticking: AtomicUsize,
    /// In milliseconds since 1970.
    seen: AtomicI64,
}

impl Clock {
    /// In milliseconds since 1970, not more than some [`TICK`]s ago.
    #[inline]
    pub(super) fn recently(&self) -> i64 {
        // Behind the time that it vouches for, as that is written first.
        match self.ticking.load(Ordering::Acquire) {
            0 => timestamp(),
            _ => self.seen.load(Ordering::Relaxed),
        }
    }

    /// From now on [`tick`](Self::tick) is called by the caller, until [`end`](Self::end) is.
    pub(super) fn begin(&self) {
        self.tick();
        self.ticking.fetch_add(1, Ordering::Release);
    }

    pub(super) fn tick(&self) {
        self.seen.store(timestamp(), Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.ticking.fetch_sub(1, Ordering::Release);
    }
}

/// The time in milliseconds since 1970.
pub(super) fn timestamp() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
