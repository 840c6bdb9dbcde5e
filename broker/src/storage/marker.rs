//! The marker at the end of a transaction.

use milena_wire::compression::Compressor;
use milena_wire::records::{BatchBuilder, ControlType, Producer, RecordError};

use super::check::{Checked, Span};
use super::legacy::MessageSpan;

/// That a transaction has ended in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    /// Or else it was aborted.
    pub(crate) commit: bool,
    pub(crate) coordinator_epoch: i32,
}

impl Marker {
    /// The batch that says so, at `now` in milliseconds since 1970.
    pub(crate) fn batch(self, now: i64) -> Result<Checked, RecordError> {
        let producer = Producer {
            id: self.producer_id,
            epoch: self.producer_epoch,
            base_sequence: -1,
        };
        let control = match self.commit {
            true => ControlType::Commit,
            false => ControlType::Abort,
        };
        // EndTxnMarker, behind its version.
        let mut value = [0; 6];
        if let Some(epoch) = value.last_chunk_mut() {
            *epoch = self.coordinator_epoch.to_be_bytes();
        }
        let mut builder = BatchBuilder::new()
            .with_transactional(true)
            .with_control(true)
            .with_producer(producer);
        builder.append_control(now, control, &value)?;
        let bytes = builder.seal(&mut Compressor::new())?;
        let span = Span::Batch(MessageSpan {
            length: bytes.len(),
            offsets: 1,
            max_timestamp: now,
        });
        Ok(Checked::one(bytes, span))
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::compression::Decompressor;
    use milena_wire::records::Batches;

    use super::*;

    #[test]
    fn readers_understand_it() {
        for (commit, control) in [(true, ControlType::Commit), (false, ControlType::Abort)] {
            let marker = Marker {
                producer_id: 7,
                producer_epoch: 3,
                commit,
                coordinator_epoch: 5,
            };
            let checked = marker.batch(1000).unwrap();
            let batch = Batches::new(checked.bytes.clone()).next().unwrap().unwrap();
            assert!(batch.is_control() && batch.is_transactional());
            assert_eq!((batch.producer_id(), batch.producer_epoch()), (7, 3));
            assert_eq!(batch.base_sequence(), -1);
            let records = batch.records(&mut Decompressor::new()).unwrap();
            let records = records.check().unwrap();
            let record = records.iter().next().unwrap();
            assert_eq!(record.control_type().unwrap(), control);
            assert_eq!(record.value, Some(&[0, 0, 0, 0, 0, 5][..]));
        }
    }
}
