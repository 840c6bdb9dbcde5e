//! Holds a fault in its place.

use std::sync::Arc;

use super::registry::Faults;
use super::table::Id;

/// A fault that is set: it is removed when this is dropped, and what it stalls goes on.
#[derive(Debug)]
#[must_use = "the fault is removed when this is dropped"]
pub struct FaultGuard {
    faults: Arc<Faults>,
    id: Id,
    kept: bool,
}

impl FaultGuard {
    pub(crate) fn new(faults: Arc<Faults>, id: Id) -> Self {
        Self {
            faults,
            id,
            kept: false,
        }
    }

    /// How often the fault has happened: how many requests were applied and not answered, answered wrongly, and so on. 0 after
    /// [`Cluster::clear_faults`](crate::Cluster::clear_faults).
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.faults.hits(self.id).unwrap_or(0)
    }

    /// Waits until the fault has happened `count` times; `false` if [`Cluster::clear_faults`](crate::Cluster::clear_faults) came first.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn until_hits(&self, count: u64) -> bool {
        self.faults.until_hits(self.id, count).await
    }

    /// Removes the fault, as dropping does.
    pub fn clear(self) {}

    /// Leaves the fault set until [`Cluster::clear_faults`](crate::Cluster::clear_faults).
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        if !self.kept {
            self.faults.remove(self.id);
        }
    }
}
