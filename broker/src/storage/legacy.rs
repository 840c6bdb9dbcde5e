//! Offsets of message sets of magic 0 and 1, where each message carries its own.

use bytes::Bytes;
use milena_wire::records::{Batch, RecordError};

use super::entry::Entry;
use super::inflate::with_decompressor;

/// A message, or a compressed message with those inside it, and how many offsets it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageSpan {
    pub(super) length: usize,
    pub(super) offsets: i64,
    pub(super) max_timestamp: i64,
}

/// The messages of a run as they are to be stored, and what each takes.
///
/// The offsets inside a compressed message are those that the producer counted. Magic 1 has them relative to the outer one, which alone is changed then.
/// Those of magic 0 are absolute, and counting them anew would mean to compress again: such messages are stored without their wrapper instead, as are those
/// of magic 1 that were not counted from 0.
pub(super) fn unwrap(batch: &Batch) -> Result<(Bytes, Vec<MessageSpan>), RecordError> {
    if !batch.attributes().is_compressed() {
        return Ok((batch.bytes().clone(), spans(batch.bytes())));
    }
    let messages = with_decompressor(|decompressor| batch.records(decompressor))?;
    let messages = messages.check()?;
    let counted = messages.bytes().clone();
    let inside = spans(&counted);
    let in_place = batch.magic() == 1 && counts_from_zero(&counted, &inside);
    if !in_place {
        return Ok((counted, inside));
    }
    let span = MessageSpan {
        length: batch.bytes().len(),
        offsets: i64::try_from(inside.len()).unwrap_or(i64::MAX),
        max_timestamp: batch.max_timestamp(),
    };
    Ok((batch.bytes().clone(), vec![span]))
}

/// Gives the messages of `bytes` the offsets from `next` on.
pub(super) fn set_offset(bytes: &mut [u8], span: MessageSpan, next: i64) {
    // A compressed message has the offset of its last.
    let offset = next + span.offsets - 1;
    if let Some(place) = bytes.first_chunk_mut() {
        *place = offset.to_be_bytes();
    }
}

fn spans(mut bytes: &[u8]) -> Vec<MessageSpan> {
    let mut spans = Vec::new();
    while let Some(entry) = Entry::peek(bytes) {
        spans.push(MessageSpan {
            length: entry.length,
            offsets: 1,
            max_timestamp: entry.max_timestamp,
        });
        bytes = bytes.get(entry.length..).unwrap_or_default();
    }
    spans
}

fn counts_from_zero(mut bytes: &[u8], spans: &[MessageSpan]) -> bool {
    (0i64..).zip(spans).all(|(expected, span)| {
        let counts = Entry::peek(bytes).is_some_and(|entry| entry.last_offset == expected);
        bytes = bytes.get(span.length..).unwrap_or_default();
        counts
    })
}
