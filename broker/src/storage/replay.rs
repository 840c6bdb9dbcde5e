//! What the batches of a log say of their producers, as Kafka reads it again when a log was truncated.

use bytes::Bytes;
use milena_wire::records::{Batch, Batches, ControlType};

use super::check::ProducerBatch;
use super::inflate::with_decompressor;
use super::marker::Marker;

/// What a batch says of its producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replayed {
    Batch {
        batch: ProducerBatch,
        base_offset: i64,
    },
    Marker {
        marker: Marker,
        /// When it was written, in milliseconds since 1970.
        timestamp: i64,
    },
}

/// What a batch says of its producer, if it has one with an id.
pub(super) fn replay(bytes: Bytes) -> Option<Replayed> {
    let batch = Batches::new(bytes).next()?.ok()?;
    if batch.magic() < 2 || batch.producer_id() < 0 {
        return None;
    }
    if batch.is_control() {
        return marker(&batch).map(|marker| Replayed::Marker {
            marker,
            timestamp: batch.max_timestamp(),
        });
    }
    Some(Replayed::Batch {
        batch: ProducerBatch {
            producer_id: batch.producer_id(),
            epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
            last_sequence: batch.last_sequence(),
            max_timestamp: batch.max_timestamp(),
            offset_delta: 0,
            last_offset_delta: batch.last_offset() - batch.base_offset(),
            is_transactional: batch.is_transactional(),
        },
        base_offset: batch.base_offset(),
    })
}

fn marker(batch: &Batch) -> Option<Marker> {
    let records = with_decompressor(|decompressor| batch.records_unverified(decompressor)).ok()?;
    let record = records.iter().next()?.ok()?;
    let commit = match record.control_type().ok()? {
        ControlType::Commit => true,
        ControlType::Abort => false,
        _ => return None,
    };
    // Behind the version of its value.
    let epoch = record.value?.get(2..)?.first_chunk().copied()?;
    Some(Marker {
        producer_id: batch.producer_id(),
        producer_epoch: batch.producer_epoch(),
        commit,
        coordinator_epoch: i32::from_be_bytes(epoch),
    })
}
