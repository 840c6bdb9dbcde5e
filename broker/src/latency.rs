//! How far the clients of a node are away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time that a request and its answer spend on their way, both together. It may change while the node runs.
#[derive(Debug)]
pub(crate) struct Latency {
    nanoseconds: AtomicU64,
}

impl Latency {
    pub(crate) fn new(latency: Duration) -> Self {
        let this = Self {
            nanoseconds: AtomicU64::new(0),
        };
        this.set(latency);
        this
    }

    pub(crate) fn set(&self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.store(nanoseconds, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}
