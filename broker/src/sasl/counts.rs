//! How often clients have logged in.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often clients have logged in since the cluster started, or have failed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authentications {
    /// Connections on which somebody has logged in.
    pub succeeded: u64,
    /// Connections that were closed because of how somebody tried to log in.
    pub failed: u64,
    /// How often somebody has logged in anew on the same connection.
    pub renewed: u64,
    /// Connections that were closed because somebody tried to log in anew and failed.
    pub renewals_failed: u64,
    /// Connections that were closed because nobody had logged in anew in time.
    pub expired: u64,
}

/// The counts as they grow.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    succeeded: AtomicU64,
    failed: AtomicU64,
    renewed: AtomicU64,
    renewals_failed: AtomicU64,
    expired: AtomicU64,
}

impl Counters {
    pub(crate) fn succeeded(&self, renewal: bool) {
        let counter = if renewal {
            &self.renewed
        } else {
            &self.succeeded
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, renewal: bool) {
        let counter = if renewal {
            &self.renewals_failed
        } else {
            &self.failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn expired(&self) {
        self.expired.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Authentications {
        Authentications {
            succeeded: self.succeeded.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            renewed: self.renewed.load(Ordering::Relaxed),
            renewals_failed: self.renewals_failed.load(Ordering::Relaxed),
            expired: self.expired.load(Ordering::Relaxed),
        }
    }
}
