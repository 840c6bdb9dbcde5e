//! What the cluster calls a producer, by which it knows a batch that comes twice (KIP-98).

use std::time::{Duration, Instant};

use super::queue::Identity;

/// What is known of the producer's id.
#[derive(Debug, Default)]
pub(super) struct IdentityState {
    known: Option<Identity>,
    failures: u32,
    not_before: Option<Instant>,
}

impl IdentityState {
    pub(super) fn known(&self) -> Option<Identity> {
        self.known
    }

    /// Whether and when the cluster has to be asked.
    pub(super) fn wanted(&self) -> Option<Option<Instant>> {
        self.known.is_none().then_some(self.not_before)
    }

    pub(super) fn told(&mut self, identity: Identity) {
        *self = Self {
            known: Some(identity),
            ..Self::default()
        };
    }

    pub(super) fn failed(&mut self, now: Instant, wait: impl FnOnce(u32) -> Duration) {
        self.not_before = Some(now + wait(self.failures));
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn forget(&mut self, id: i64) {
        if self.known.is_some_and(|known| known.id == id) {
            self.known = None;
        }
    }
}
