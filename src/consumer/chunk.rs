//! What one answer has of one partition. No I/O.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use milena_wire::compression::Decompressor;
use milena_wire::records::{Batch, Batches, ControlType, RecordError};

use super::aborted::Aborted;
use super::budget::Grant;
use super::frame::Frame;

/// What one answer has of one partition: whole batches, whose headers have been read and nothing else.
#[derive(Debug)]
pub(super) struct Chunk {
    batches: VecDeque<Batch>,
    /// What ends the batches, if it is not their end.
    fault: Option<RecordError>,
    /// The transactions that were aborted, if only what is committed is wanted.
    aborted: Option<Aborted>,
    pub(super) grant: Arc<Grant>,
    // Behind the batches, which lie in it.
    frame: Arc<Frame>,
    /// Of the batches that are left.
    bytes: usize,
}

/// What the walk over a partition's records has found.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) batches: VecDeque<Batch>,
    pub(super) fault: Option<RecordError>,
    pub(super) bytes: usize,
}

/// What is next in a chunk.
#[derive(Debug)]
pub(super) enum Next {
    /// A batch for the caller.
    Batch(Batch),
    /// A batch that he is not to see. It ends before this offset.
    Skipped(Batch),
    /// What is there cannot be read.
    Fault(RecordError),
    /// That was all.
    End,
}

/// Reads the headers of the whole batches in a partition's records.
pub(super) fn walk(records: Bytes) -> Walked {
    let mut walked = Walked {
        batches: VecDeque::new(),
        fault: None,
        bytes: 0,
    };
    for batch in Batches::new(records) {
        match batch {
            Ok(batch) => {
                walked.bytes += batch.bytes().len();
                walked.batches.push_back(batch);
            }
            Err(fault) => walked.fault = Some(fault),
        }
    }
    walked
}

impl Chunk {
    pub(super) fn new(
        walked: Walked,
        aborted: Option<Aborted>,
        grant: Arc<Grant>,
        frame: Arc<Frame>,
    ) -> Self {
        Self {
            batches: walked.batches,
            fault: walked.fault,
            aborted,
            grant,
            frame,
            bytes: walked.bytes,
        }
    }

    /// The bytes of the batches that are left.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What its batches lie in.
    pub(super) fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        self.batches.is_empty() && self.fault.is_none()
    }

    pub(super) fn next(&mut self, decompressor: &mut Decompressor) -> Next {
        let Some(batch) = self.batches.pop_front() else {
            return match self.fault.take() {
                Some(fault) => Next::Fault(fault),
                None => Next::End,
            };
        };
        self.bytes = self.bytes.saturating_sub(batch.bytes().len());
        if batch.is_control() {
            return match self.control(&batch, decompressor) {
                Ok(()) => Next::Skipped(batch),
                Err(fault) => Next::Fault(fault),
            };
        }
        let is_aborted = batch.is_transactional()
            && self.aborted.as_mut().is_some_and(|aborted| {
                aborted.is_aborted(batch.producer_id(), batch.last_offset())
            });
        if is_aborted {
            Next::Skipped(batch)
        } else {
            Next::Batch(batch)
        }
    }

    /// A batch of control records: one of them may end an aborted transaction.
    fn control(
        &mut self,
        batch: &Batch,
        decompressor: &mut Decompressor,
    ) -> Result<(), RecordError> {
        let Some(aborted) = &mut self.aborted else {
            return Ok(());
        };
        let records = batch.records(decompressor)?;
        if let Some(record) = records.iter().next() {
            if record?.control_type()? == ControlType::Abort {
                aborted.end(batch.producer_id(), batch.last_offset());
            }
        }
        Ok(())
    }
}
