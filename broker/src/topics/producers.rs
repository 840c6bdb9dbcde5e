//! The producers that a partition knows. Sequence numbers are noted and not checked.

use std::collections::BTreeMap;

use crate::storage::{Marker, ProducerBatch};

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

/// The producers that a partition knows.
#[derive(Debug, Default)]
pub(super) struct Producers {
    by_id: BTreeMap<i64, ProducerState>,
}

impl Producers {
    /// A producer has appended a batch.
    pub(super) fn note(&mut self, batch: &ProducerBatch, base_offset: i64) {
        let state = self.by_id.entry(batch.producer_id);
        let state = state.or_insert(ProducerState {
            epoch: batch.epoch,
            last_sequence: -1,
            last_timestamp: -1,
            coordinator_epoch: -1,
            transaction_start: None,
        });
        state.epoch = batch.epoch;
        state.last_sequence = batch.last_sequence;
        state.last_timestamp = batch.max_timestamp;
        if batch.is_transactional && state.transaction_start.is_none() {
            state.transaction_start = Some(base_offset.saturating_add(batch.offset_delta));
        }
    }

    /// Whether a marker may be written.
    pub(super) fn check(&self, marker: &Marker) -> Result<(), MarkerError> {
        let Some(state) = self.by_id.get(&marker.producer_id) else {
            return Ok(());
        };
        if marker.producer_epoch < state.epoch {
            return Err(MarkerError::FencedProducer);
        }
        match marker.coordinator_epoch < state.coordinator_epoch {
            true => Err(MarkerError::FencedCoordinator),
            false => Ok(()),
        }
    }

    /// A marker was written, at `now` in milliseconds since 1970.
    pub(super) fn end(&mut self, marker: &Marker, now: i64) {
        let known = self.by_id.get(&marker.producer_id);
        let same_epoch = known.filter(|state| state.epoch == marker.producer_epoch);
        let state = ProducerState {
            epoch: marker.producer_epoch,
            last_sequence: same_epoch.map_or(-1, |state| state.last_sequence),
            last_timestamp: now,
            coordinator_epoch: marker.coordinator_epoch,
            transaction_start: None,
        };
        self.by_id.insert(marker.producer_id, state);
    }

    /// All of them, by id.
    pub(super) fn all(&self) -> Vec<(i64, ProducerState)> {
        let all = self.by_id.iter();
        all.map(|(id, state)| (*id, *state)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: ProducerBatch = ProducerBatch {
        producer_id: 7,
        epoch: 2,
        last_sequence: 9,
        max_timestamp: 1000,
        offset_delta: 0,
        is_transactional: true,
    };
    const MARKER: Marker = Marker {
        producer_id: 7,
        producer_epoch: 2,
        commit: true,
        coordinator_epoch: 4,
    };

    #[test]
    fn a_transaction_lasts_from_its_first_batch_to_its_marker() {
        let mut producers = Producers::default();
        producers.note(&BATCH, 50);
        let second = ProducerBatch {
            last_sequence: 12,
            offset_delta: 3,
            ..BATCH
        };
        producers.note(&second, 60);
        let (id, state) = producers.all()[0];
        assert_eq!((id, state.last_sequence), (7, 12));
        assert_eq!(state.transaction_start, Some(50));
        assert_eq!(producers.check(&MARKER), Ok(()));
        producers.end(&MARKER, 2000);
        let (_, state) = producers.all()[0];
        assert_eq!(
            (state.transaction_start, state.coordinator_epoch),
            (None, 4)
        );
        assert_eq!((state.last_sequence, state.last_timestamp), (12, 2000));
        let newer = Marker {
            producer_epoch: 3,
            ..MARKER
        };
        producers.end(&newer, 2000);
        assert_eq!(producers.all()[0].1.last_sequence, -1);
    }

    #[test]
    fn who_comes_too_late_is_fenced() {
        let mut producers = Producers::default();
        producers.note(&BATCH, 50);
        let old = Marker {
            producer_epoch: 1,
            ..MARKER
        };
        assert_eq!(producers.check(&old), Err(MarkerError::FencedProducer));
        producers.end(&MARKER, 2000);
        let old = Marker {
            coordinator_epoch: 3,
            ..MARKER
        };
        assert_eq!(producers.check(&old), Err(MarkerError::FencedCoordinator));
    }
}
