//! How often clients have shaken hands.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often clients have shaken hands since the cluster started, or have failed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsHandshakes {
    /// With certificates.
    pub full: u64,
    /// By a ticket of an earlier connection.
    pub resumed: u64,
    /// Those that did not come to an end.
    pub failed: u64,
}

/// The counts as they grow.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) full: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) failed: AtomicU64,
}

impl Counters {
    pub(super) fn snapshot(&self) -> TlsHandshakes {
        TlsHandshakes {
            full: self.full.load(Ordering::Relaxed),
            resumed: self.resumed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
