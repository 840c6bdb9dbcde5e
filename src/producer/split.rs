//! Making two batches of one that is too large for its broker.

use std::sync::Arc;

use milena_wire::compression::{Compression, Compressor, Decompressor};
use milena_wire::records::{BatchBuilder, Batches, Producer, RecordError};

use super::batch::{Batch, Held, Sealed, Turn};
use super::memory::Memory;
use super::queue::sequence_after;

/// The two halves of a batch, with the numbers of their records. `None` if it has but one.
///
/// # Errors
/// If it cannot be read, or not be written again.
pub(super) fn split(
    sealed: &Sealed,
    compression: Compression,
    memory: &Arc<Memory>,
) -> Result<Option<[Sealed; 2]>, RecordError> {
    let middle = sealed.batch.count / 2;
    if middle == 0 {
        return Ok(None);
    }
    let mut halves = [
        BatchBuilder::new().with_compression(compression),
        BatchBuilder::new().with_compression(compression),
    ];
    let mut decompressor = Decompressor::new();
    for batch in Batches::new(sealed.bytes.clone()) {
        let records = batch?.records(&mut decompressor)?.check()?;
        for (index, record) in (0_u32..).zip(&records) {
            let [before, from] = &mut halves;
            let half = if index < middle { before } else { from };
            let headers: Vec<_> = record
                .headers
                .iter()
                .map(|header| (header.key(), header.value()))
                .collect();
            let headers = headers.iter().map(|(key, value)| (&**key, *value));
            half.append(record.timestamp, record.key, record.value, headers)?;
        }
    }
    let mut compressor = Compressor::new();
    let [before, from] = halves;
    let Turn(number, part) = sealed.turn;
    let mut seal = |mut builder: BatchBuilder, first: u32| {
        let mut producer = sealed.producer;
        if producer != Producer::NONE {
            producer.base_sequence = sequence_after(producer.base_sequence, first);
        }
        builder.set_producer(producer);
        let count = u32::try_from(builder.record_count()).unwrap_or(u32::MAX);
        let bytes = builder.seal(&mut compressor)?;
        let mut held = Held::new(memory);
        held.become_bytes(bytes.len());
        Ok::<_, RecordError>(Sealed {
            batch: Batch {
                fate: Arc::default(),
                count,
                began: sealed.batch.began,
                deadline: sealed.batch.deadline,
                held,
            },
            turn: Turn(number, part + first),
            producer,
            bytes,
            may_be_written: false,
            failures: sealed.failures,
        })
    };
    Ok(Some([seal(before, 0)?, seal(from, middle)?]))
}
