//! The transactions of one producer, one after the other.

use std::collections::BTreeSet;

use milena_wire::error_code::ErrorCode;

use super::state::TransactionState;
use crate::storage::Marker;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) topic: String,
    pub(crate) partition: i32,
}

/// A transaction has ended: markers are to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) marker: Marker,
    pub(crate) partitions: BTreeSet<Part>,
}

/// From this epoch on, a producer gets another id.
const LAST_EPOCH: i16 = i16::MAX - 1;
/// Of all coordinators, whose partitions never change their leader in a way that would matter.
const COORDINATOR_EPOCH: i32 = 0;

/// What is known of a transactional id.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    /// The epoch before this one, for one who asks again because he had no answer.
    last_epoch: Option<i16>,
    /// The id before this one.
    previous_id: Option<i64>,
    pub(crate) timeout_ms: i32,
    pub(crate) state: TransactionState,
    pub(crate) partitions: BTreeSet<Part>,
    /// When it began, in milliseconds since 1970.
    pub(crate) started: Option<i64>,
}

impl Transaction {
    /// Of a producer that has just got its id.
    pub(super) fn new(producer_id: i64, timeout_ms: i32) -> Self {
        Self {
            producer_id,
            epoch: 0,
            last_epoch: None,
            previous_id: None,
            timeout_ms,
            state: TransactionState::Empty,
            partitions: BTreeSet::new(),
            started: None,
        }
    }

    /// The producer begins anew. `expected` is who it says it is, if it says so (KIP-360); `new_id` gives an id that nobody has had.
    pub(super) fn init(
        &mut self,
        timeout_ms: i32,
        expected: Option<(i64, i16)>,
        new_id: impl FnOnce() -> i64,
    ) -> (Result<(), ErrorCode>, Option<Ended>) {
        if expected.is_some_and(|expected| !self.may_be(expected)) {
            return (Err(ErrorCode::PRODUCER_FENCED), None);
        }
        if self.state == TransactionState::Ongoing {
            // The client asks again, and is the next but one then.
            self.epoch = self.epoch.saturating_add(1);
            self.last_epoch = None;
            let ended = self.close(false);
            return (Err(ErrorCode::CONCURRENT_TRANSACTIONS), Some(ended));
        }
        let known = expected.map(|(_, epoch)| epoch);
        if self.epoch >= LAST_EPOCH && known.is_none_or(|epoch| epoch == self.epoch) {
            self.rotate(new_id(), known.is_some());
        } else {
            match known {
                // It was bumped already.
                Some(epoch) if epoch != self.epoch && Some(epoch) == self.last_epoch => {}
                Some(epoch) if epoch != self.epoch => {
                    return (Err(ErrorCode::PRODUCER_FENCED), None);
                }
                _ => self.bump(known.is_some()),
            }
        }
        self.state = TransactionState::Empty;
        self.timeout_ms = timeout_ms;
        (Ok(()), None)
    }

    fn may_be(&self, (producer_id, epoch): (i64, i16)) -> bool {
        producer_id == self.producer_id
            || (Some(producer_id) == self.previous_id && epoch >= LAST_EPOCH)
    }

    fn bump(&mut self, remember: bool) {
        self.last_epoch = remember.then_some(self.epoch);
        self.epoch = self.epoch.saturating_add(1);
    }

    fn rotate(&mut self, producer_id: i64, remember: bool) {
        self.last_epoch = remember.then_some(self.epoch);
        self.previous_id = Some(self.producer_id);
        (self.producer_id, self.epoch) = (producer_id, 0);
    }

    /// Whether it is this producer, in its newest epoch.
    pub(super) fn check(&self, producer_id: i64, epoch: i16) -> Result<(), ErrorCode> {
        if producer_id != self.producer_id {
            return Err(ErrorCode::INVALID_PRODUCER_ID_MAPPING);
        }
        match epoch == self.epoch {
            true => Ok(()),
            false => Err(ErrorCode::PRODUCER_FENCED),
        }
    }

    /// The transaction goes on, or begins, in these partitions too.
    pub(super) fn add(&mut self, partitions: impl IntoIterator<Item = Part>, now: i64) {
        if self.state != TransactionState::Ongoing {
            self.state = TransactionState::Ongoing;
            self.started = Some(now);
            self.partitions.clear();
        }
        self.partitions.extend(partitions);
    }

    /// The producer ends it. With `bumps`, each end is the end of an epoch as well (KIP-890).
    pub(super) fn end(
        &mut self,
        producer_id: i64,
        epoch: i16,
        commit: bool,
        bumps: bool,
        new_id: impl FnOnce() -> i64,
    ) -> (Result<(), ErrorCode>, Option<Ended>) {
        let done = match commit {
            true => TransactionState::CompleteCommit,
            false => TransactionState::CompleteAbort,
        };
        if bumps && self.is_answered(producer_id, epoch) {
            return match self.state == done {
                true => (Ok(()), None),
                false => (Err(ErrorCode::INVALID_TXN_STATE), None),
            };
        }
        if let Err(code) = self.check(producer_id, epoch) {
            return (Err(code), None);
        }
        let is_ongoing = self.state == TransactionState::Ongoing;
        // One that was never begun can be aborted, but only by who knows that there may be nothing to abort.
        let may_be_empty = bumps && !commit;
        if !is_ongoing && !may_be_empty {
            return match self.state == done && !bumps {
                true => (Ok(()), None),
                false => (Err(ErrorCode::INVALID_TXN_STATE), None),
            };
        }
        if !bumps {
            return (Ok(()), Some(self.close(commit)));
        }
        if self.epoch >= LAST_EPOCH {
            let ended = self.close(commit);
            self.rotate(new_id(), true);
            return (Ok(()), Some(ended));
        }
        // The markers have the new epoch, so that nothing of the old one can come behind them.
        self.bump(true);
        (Ok(()), Some(self.close(commit)))
    }

    /// Whether an end was answered before, and the producer has not seen it.
    fn is_answered(&self, producer_id: i64, epoch: i16) -> bool {
        let is_over = matches!(
            self.state,
            TransactionState::CompleteCommit | TransactionState::CompleteAbort
        );
        let same = producer_id == self.producer_id && Some(epoch) == self.last_epoch;
        let rotated = Some(producer_id) == self.previous_id && epoch >= LAST_EPOCH;
        is_over && (same || rotated)
    }

    /// It has taken longer than the producer said it would.
    pub(super) fn expire(&mut self, now: i64) -> Option<Ended> {
        let started = self.started?;
        let over = now.saturating_sub(started) > i64::from(self.timeout_ms);
        if self.state != TransactionState::Ongoing || !over {
            return None;
        }
        self.epoch = self.epoch.saturating_add(1);
        self.last_epoch = None;
        Some(self.close(false))
    }

    fn close(&mut self, commit: bool) -> Ended {
        self.state = match commit {
            true => TransactionState::CompleteCommit,
            false => TransactionState::CompleteAbort,
        };
        Ended {
            marker: Marker {
                producer_id: self.producer_id,
                producer_epoch: self.epoch,
                commit,
                coordinator_epoch: COORDINATOR_EPOCH,
            },
            partitions: std::mem::take(&mut self.partitions),
        }
    }
}
