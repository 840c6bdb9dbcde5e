//! Who has begun, who has ended, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts of everything that happened.
#[derive(Default)]
pub(crate) struct Ledger {
    begun: AtomicU64,
    ended: AtomicU64,
    counts: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    /// The longest time by which anything was later than its deadline, in microseconds.
    latest: AtomicU64,
}

impl Ledger {
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// What was begun ended so, after `time`; it had to end within `limit`.
    pub(crate) fn end(
        &self,
        what: &'static str,
        outcome: &'static str,
        time: Duration,
        limit: Duration,
    ) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        let late = u64::try_from(time.saturating_sub(limit).as_micros()).unwrap();
        self.latest.fetch_max(late, Ordering::SeqCst);
        self.count(what, outcome);
    }

    pub(crate) fn count(&self, what: &'static str, outcome: &'static str) {
        *self
            .counts
            .lock()
            .unwrap()
            .entry((what, outcome))
            .or_default() += 1;
    }

    pub(crate) fn of(&self, what: &str, outcome: &str) -> u64 {
        let counts = self.counts.lock().unwrap();
        let found = counts
            .iter()
            .filter(|(key, _)| **key == (what, outcome))
            .map(|(_, count)| *count);
        found.sum()
    }

    /// How many were begun, and how many of these ended.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (
            self.begun.load(Ordering::SeqCst),
            self.ended.load(Ordering::SeqCst),
        )
    }

    pub(crate) fn latest(&self) -> Duration {
        Duration::from_micros(self.latest.load(Ordering::SeqCst))
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((what, outcome), count) in &*self.counts.lock().unwrap() {
            writeln!(f, "{count:>9}  {what}: {outcome}")?;
        }
        Ok(())
    }
}
