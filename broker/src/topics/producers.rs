//! The producers that a partition knows: their epochs and sequences, so that nothing is appended twice or out of order, and their open transactions.

use std::collections::{BTreeMap, BTreeSet};

use crate::storage::{Marker, ProducerBatch, Replayed};

/// How many batches of a producer are known again when they come a second time. (Kafka has the same five, however many a client sends at once.)
const REMEMBERED: usize = 5;
/// What a batch has for its sequence that has none, and a producer that has produced nothing in its epoch.
const NO_SEQUENCE: i32 = -1;

/// What a partition knows of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerState {
    pub(crate) epoch: i16,
    /// -1 if it has produced nothing in this epoch.
    pub(crate) last_sequence: i32,
    /// Milliseconds since 1970.
    pub(crate) last_timestamp: i64,
    /// -1 before a transaction has ended.
    pub(crate) coordinator_epoch: i32,
    /// Where its open transaction begins, if it has one.
    pub(crate) transaction_start: Option<i64>,
}

/// Why a marker is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkerError {
    /// The producer has begun anew since.
    FencedProducer,
    /// The transaction has another coordinator since.
    FencedCoordinator,
    /// The topic is no more.
    Deleted,
}

/// Why a producer's batch is not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProducerError {
    /// The producer has begun anew since.
    FencedEpoch,
    /// Other batches belong before this one, or it is an old one that is not remembered any more.
    OutOfOrder,
    /// Nobody knows what came before it: of an old broker only.
    Unknown,
    /// It is outside of the transaction that the producer has open here.
    NotTransactional,
}

/// How strictly a batch is looked at that is of a producer whose last sequence nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It may begin anywhere: what came before may have been deleted.
    Welcome,
    /// It begins at 0 if it is in a transaction that began by producing (KIP-890).
    MustBegin,
    /// It begins at 0, or the producer is told that nobody knows it; as Kafka had it before 2.5 (KIP-360).
    Refused,
}

/// A batch that was appended before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) base_offset: i64,
    /// The largest of its times, in milliseconds since 1970.
    pub(super) max_timestamp: i64,
}

/// A batch that was appended, as it is known again.
#[derive(Clone, Copy, Debug)]
struct Sent {
    base_sequence: i32,
    last_sequence: i32,
    base_offset: i64,
    last_offset: i64,
    max_timestamp: i64,
}

#[derive(Clone, Debug)]
struct Known {
    epoch: i16,
    last_timestamp: i64,
    coordinator_epoch: i32,
    transaction_start: Option<i64>,
    /// Of this epoch, the newest last.
    sent: Vec<Sent>,
}

impl Known {
    fn new(epoch: i16) -> Self {
        Self {
            epoch,
            last_timestamp: -1,
            coordinator_epoch: -1,
            transaction_start: None,
            sent: Vec::with_capacity(REMEMBERED),
        }
    }

    fn last_sequence(&self) -> i32 {
        self.sent
            .last()
            .map_or(NO_SEQUENCE, |sent| sent.last_sequence)
    }

    fn begin_epoch(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.sent.clear();
        }
    }
}

/// The producers that a partition knows.
#[derive(Debug, Default)]
pub(super) struct Producers {
    by_id: BTreeMap<i64, Known>,
    /// Where the open transactions begin, and whose they are.
    open: BTreeSet<(i64, i64)>,
}

impl Producers {
    /// What batches say that lie in a log.
    pub(super) fn replayed(batches: impl IntoIterator<Item = Replayed>) -> Self {
        let mut producers = Self::default();
        for replayed in batches {
            match replayed {
                Replayed::Batch { batch, base_offset } => producers.note(&batch, base_offset),
                Replayed::Marker { marker, timestamp } => {
                    producers.end(&marker, timestamp);
                }
            }
        }
        producers
    }

    /// Whether batches may be appended that come together. The one that they repeat, if they do.
    pub(super) fn check(
        &self,
        batches: &[ProducerBatch],
        unknown: Unknown,
    ) -> Result<Option<Duplicate>, ProducerError> {
        let mut before = BTreeMap::new();
        for batch in batches {
            let known = self.by_id.get(&batch.producer_id);
            if let Some(duplicate) = known.and_then(|known| duplicate(known, batch)) {
                return Ok(Some(duplicate));
            }
            let last = known.map(|known| (known.epoch, known.last_sequence()));
            let last = before.get(&batch.producer_id).copied().or(last);
            check_sequence(batch, last, unknown)?;
            if known.is_some_and(|known| known.transaction_start.is_some())
                && !batch.is_transactional
            {
                return Err(ProducerError::NotTransactional);
            }
            if batches.len() > 1 {
                before.insert(batch.producer_id, (batch.epoch, batch.last_sequence));
            }
        }
        Ok(None)
    }

    /// A producer has appended a batch, among those of which the first has this offset.
    pub(super) fn note(&mut self, batch: &ProducerBatch, base_offset: i64) {
        let known = self.by_id.entry(batch.producer_id);
        let known = known.or_insert_with(|| Known::new(batch.epoch));
        known.begin_epoch(batch.epoch);
        let base_offset = base_offset.saturating_add(batch.offset_delta);
        if known.sent.len() == REMEMBERED {
            known.sent.remove(0);
        }
        known.sent.push(Sent {
            base_sequence: batch.base_sequence,
            last_sequence: batch.last_sequence,
            base_offset,
            last_offset: base_offset.saturating_add(batch.last_offset_delta),
            max_timestamp: batch.max_timestamp,
        });
        known.last_timestamp = batch.max_timestamp;
        if batch.is_transactional && known.transaction_start.is_none() {
            known.transaction_start = Some(base_offset);
            self.open.insert((base_offset, batch.producer_id));
        }
    }

    /// Whether a marker may be written.
    pub(super) fn check_marker(&self, marker: &Marker) -> Result<(), MarkerError> {
        let Some(known) = self.by_id.get(&marker.producer_id) else {
            return Ok(());
        };
        if marker.producer_epoch < known.epoch {
            return Err(MarkerError::FencedProducer);
        }
        match marker.coordinator_epoch < known.coordinator_epoch {
            true => Err(MarkerError::FencedCoordinator),
            false => Ok(()),
        }
    }

    /// A marker was written, at `now` in milliseconds since 1970. Gives where the transaction began, if it had anything here.
    pub(super) fn end(&mut self, marker: &Marker, now: i64) -> Option<i64> {
        let known = self.by_id.entry(marker.producer_id);
        let known = known.or_insert_with(|| Known::new(marker.producer_epoch));
        known.begin_epoch(marker.producer_epoch);
        known.last_timestamp = now;
        known.coordinator_epoch = marker.coordinator_epoch;
        let start = known.transaction_start.take()?;
        self.open.remove(&(start, marker.producer_id));
        Some(start)
    }

    /// Where the first transaction begins that is open.
    pub(super) fn first_open(&self) -> Option<i64> {
        self.open.first().map(|(start, _)| *start)
    }

    /// Forgets whoever has no record left at `start` or behind it, as old brokers did.
    pub(super) fn delete_before(&mut self, start: i64) {
        let Self { by_id, open } = self;
        by_id.retain(|id, known| {
            let is_left = known.sent.last().is_some_and(|it| it.last_offset >= start);
            if let (false, Some(start)) = (is_left, known.transaction_start) {
                open.remove(&(start, *id));
            }
            is_left
        });
    }

    /// All of them, by id.
    pub(super) fn all(&self) -> Vec<(i64, ProducerState)> {
        let all = self.by_id.iter().map(|(id, known)| {
            let state = ProducerState {
                epoch: known.epoch,
                last_sequence: known.last_sequence(),
                last_timestamp: known.last_timestamp,
                coordinator_epoch: known.coordinator_epoch,
                transaction_start: known.transaction_start,
            };
            (*id, state)
        });
        all.collect()
    }
}

fn duplicate(known: &Known, batch: &ProducerBatch) -> Option<Duplicate> {
    if known.epoch != batch.epoch {
        return None;
    }
    let range = (batch.base_sequence, batch.last_sequence);
    let mut sent = known.sent.iter();
    let sent = sent.find(|sent| (sent.base_sequence, sent.last_sequence) == range)?;
    Some(Duplicate {
        base_offset: sent.base_offset,
        max_timestamp: sent.max_timestamp,
    })
}

/// Whether a batch goes on where its producer has ended: with this sequence in this epoch, if anything is known.
fn check_sequence(
    batch: &ProducerBatch,
    last: Option<(i16, i32)>,
    unknown: Unknown,
) -> Result<(), ProducerError> {
    let begins = batch.base_sequence == 0;
    let Some((epoch, last)) = last else {
        return match unknown {
            _ if begins => Ok(()),
            Unknown::MustBegin if batch.is_transactional => Err(ProducerError::OutOfOrder),
            Unknown::Refused => Err(ProducerError::Unknown),
            _ => Ok(()),
        };
    };
    if batch.epoch < epoch {
        return Err(ProducerError::FencedEpoch);
    }
    let expected = match batch.epoch == epoch {
        // After the largest comes 0, as after none.
        true => last.checked_add(1).unwrap_or(0),
        false => 0,
    };
    match (batch.base_sequence == expected, unknown) {
        (true, _) => Ok(()),
        // Only a marker is known of this epoch.
        (false, Unknown::Refused) if batch.epoch == epoch && last == NO_SEQUENCE => {
            Err(ProducerError::Unknown)
        }
        (false, _) => Err(ProducerError::OutOfOrder),
    }
}

#[cfg(test)]
mod tests;
