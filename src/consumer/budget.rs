//! How many bytes may be fetched ahead. No I/O.

use std::sync::Arc;

/// The bytes that were fetched and not handed out yet, and those that are asked for, under a bound.
#[derive(Debug)]
pub(super) struct Budget {
    bound: usize,
    /// Of answers of which the caller has not had all batches yet: they share their memory.
    used: usize,
    /// What requests that are under way may bring.
    reserved: usize,
}

/// The bytes of one answer, for as long as a part of it is kept.
#[derive(Debug)]
pub(super) struct Grant {
    bytes: usize,
}

impl Budget {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound,
            used: 0,
            reserved: 0,
        }
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// How much more may be asked for.
    pub(super) fn room(&self) -> usize {
        self.bound
            .saturating_sub(self.used.saturating_add(self.reserved))
    }

    /// So much is asked for.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.reserved = self.reserved.saturating_add(bytes);
    }

    /// What was asked for has come, or never will.
    pub(super) fn unreserve(&mut self, bytes: usize) {
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// So much has come. To be given back in as many parts as it has.
    pub(super) fn grant(&mut self, bytes: usize) -> Arc<Grant> {
        self.used = self.used.saturating_add(bytes);
        Arc::new(Grant { bytes })
    }

    /// A part of an answer is done with; the last one makes room.
    pub(super) fn give_back(&mut self, grant: Arc<Grant>) {
        if let Some(grant) = Arc::into_inner(grant) {
            self.used = self.used.saturating_sub(grant.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_and_what_has_come_share_the_bound() {
        let mut budget = Budget::new(100);
        budget.reserve(60);
        assert_eq!(budget.room(), 40);
        budget.unreserve(60);
        let grant = budget.grant(30);
        assert_eq!((budget.room(), budget.used()), (70, 30));
        // The first batch may be larger than everything.
        let large = budget.grant(500);
        assert_eq!(budget.room(), 0);
        budget.give_back(large);
        budget.give_back(grant);
        assert_eq!(budget.room(), 100);
    }

    #[test]
    fn an_answer_takes_room_until_its_last_part_is_done_with() {
        let mut budget = Budget::new(100);
        let grant = budget.grant(80);
        let other = Arc::clone(&grant);
        budget.give_back(grant);
        assert_eq!(budget.room(), 20);
        budget.give_back(other);
        assert_eq!(budget.room(), 100);
    }
}
