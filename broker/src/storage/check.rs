//! What a broker checks before it appends, in Kafka's order and with Kafka's words.

use std::fmt;

use bytes::Bytes;
use milena_wire::checksum::crc32c;
use milena_wire::error_code::ErrorCode;
use milena_wire::records::{Batch, Batches, RecordError};

use super::append_error::AppendError;
use super::entry::Entry;
use super::inflate::with_decompressor;
use super::legacy::{self, MessageSpan};

/// What the topic demands of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// `max.message.bytes`.
    pub(crate) max_batch_bytes: usize,
    /// `message.timestamp.type` is `LogAppendTime`: the records' own times do not count.
    pub(crate) log_append_time: bool,
    /// `message.timestamp.before.max.ms`
    pub(crate) before_max_ms: i64,
    /// `message.timestamp.after.max.ms`
    pub(crate) after_max_ms: i64,
    /// `cleanup.policy` holds `compact`: every record needs a key.
    pub(crate) compacted: bool,
    /// `cleanup.policy` holds `delete`: records may be deleted other than by compaction.
    pub(crate) deletes: bool,
    pub(crate) scrutiny: Scrutiny,
}

/// How closely records are looked at. Kafka does all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scrutiny {
    /// Whether every record is looked at, or only the batch's header and checksum.
    pub(crate) every_record: bool,
    /// Whether checksums are computed.
    pub(crate) checksums: bool,
}

/// A batch of magic 2, or a message of an older format, whose turn it is to get offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Batch(MessageSpan),
    Message(MessageSpan),
}

impl Span {
    pub(super) fn extent(self) -> MessageSpan {
        match self {
            Self::Batch(extent) | Self::Message(extent) => extent,
        }
    }
}

/// Records that may be appended.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(super) bytes: Bytes,
    pub(super) spans: Vec<Span>,
    /// Whether the bytes are most of the request, so that the log may keep its memory instead of a copy.
    pub(super) adoptable: bool,
    /// The batches among them of producers that have an id.
    producers: Vec<ProducerBatch>,
    transactional: bool,
}

/// A batch of a producer that has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProducerBatch {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) last_sequence: i32,
    /// Milliseconds since 1970.
    pub(crate) max_timestamp: i64,
    /// From the first record of all to the first of the batch.
    pub(crate) offset_delta: i64,
    /// From the first record of the batch to its last.
    pub(crate) last_offset_delta: i64,
    pub(crate) is_transactional: bool,
}

impl Checked {
    /// One batch that needs no check.
    pub(super) fn one(bytes: Bytes, span: Span) -> Self {
        Self {
            bytes,
            spans: vec![span],
            adoptable: false,
            producers: Vec::new(),
            transactional: false,
        }
    }

    /// The batches of producers that have an id.
    pub(crate) fn producers(&self) -> &[ProducerBatch] {
        &self.producers
    }

    /// Whether they belong to a transaction.
    pub(crate) fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// How many bytes they are.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Says that nothing large lies in the request beside the records.
    pub(crate) fn adoptable(mut self) -> Self {
        self.adoptable = true;
        self
    }

    /// Whether there is nothing to append.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// The partition that records are for, as it is named in messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Checks what a producer sent for one partition, at `now` in milliseconds since 1970. What is cut short at the end is left away.
pub(crate) fn check(
    records: Bytes,
    destination: Destination<'_>,
    rules: &Rules,
    now: i64,
) -> Result<Checked, AppendError> {
    let mut spans = Vec::with_capacity(1);
    let mut stored = Vec::with_capacity(1);
    let mut batches = Batches::new(records.clone());
    let mut position = 0;
    let (mut producers, mut transactional) = (Vec::new(), false);
    for batch in batches.by_ref() {
        let rest = records.get(position..).unwrap_or_default();
        let batch = batch.map_err(|error| header_error(&error, rest))?;
        position += batch.bytes().len();
        if batch.magic() < 2 {
            let (bytes, messages) = check_messages(&batch, destination, rules)?;
            stored.push(bytes);
            spans.extend(messages.into_iter().map(Span::Message));
        } else {
            let span = check_batch(&batch, destination, rules, now)?;
            transactional |= batch.is_transactional();
            if batch.producer_id() >= 0 {
                let before = spans.iter().map(|span: &Span| span.extent().offsets);
                producers.push(ProducerBatch {
                    producer_id: batch.producer_id(),
                    epoch: batch.producer_epoch(),
                    base_sequence: batch.base_sequence(),
                    last_sequence: batch.last_sequence(),
                    max_timestamp: span.max_timestamp,
                    offset_delta: before.sum(),
                    last_offset_delta: span.offsets - 1,
                    is_transactional: batch.is_transactional(),
                });
            }
            spans.push(Span::Batch(span));
            stored.push(batch.bytes().clone());
        }
    }
    // Most producers send one batch, and nothing is to hold it beside the result: then it need not be copied to be changed.
    drop((batches, records));
    let bytes = if stored.len() == 1 {
        stored.pop().unwrap_or_default()
    } else {
        stored.concat().into()
    };
    Ok(Checked {
        bytes,
        spans,
        adoptable: false,
        producers,
        transactional,
    })
}

fn check_messages(
    batch: &Batch,
    destination: Destination<'_>,
    rules: &Rules,
) -> Result<(Bytes, Vec<MessageSpan>), AppendError> {
    if rules.scrutiny.checksums {
        batch
            .verify_checksum()
            .map_err(|error| record_error(&error))?;
    }
    let (bytes, spans) = legacy::unwrap(batch).map_err(|error| record_error(&error))?;
    let largest = spans.iter().map(|span| span.length).max().unwrap_or(0);
    check_size(largest, rules)?;
    if rules.compacted || rules.scrutiny.every_record {
        let set = with_decompressor(|decompressor| batch.records_unverified(decompressor));
        let set = set.map_err(|error| record_error(&error))?;
        let mut blamed = Blamed::default();
        for (place, record) in (0..).zip(&set) {
            let record = record.map_err(|error| record_error(&error))?;
            if rules.compacted && record.key.is_none() {
                blamed.no_key(place, destination);
            }
        }
        blamed.result()?;
    }
    Ok((bytes, spans))
}

fn check_size(size: usize, rules: &Rules) -> Result<(), AppendError> {
    let limit = rules.max_batch_bytes;
    if size <= limit {
        return Ok(());
    }
    Err(AppendError::new(
        ErrorCode::MESSAGE_TOO_LARGE,
        format!(
            "The record batch size in the append is {size} bytes which exceeds the maximum configured value of {limit}."
        ),
    ))
}

fn check_batch(
    batch: &Batch,
    destination: Destination<'_>,
    rules: &Rules,
    now: i64,
) -> Result<MessageSpan, AppendError> {
    let base = batch.base_offset();
    if base != 0 {
        return Err(AppendError::invalid(format!(
            "The baseOffset of the record batch in the append should be 0, but it is {base}"
        )));
    }
    check_size(batch.bytes().len(), rules)?;
    if rules.scrutiny.checksums {
        batch
            .verify_checksum()
            .map_err(|error| record_error(&error))?;
    }
    let offsets = batch.last_offset() + 1;
    let count = i64::from(batch.record_count().unwrap_or(0));
    if count <= 0 {
        return Err(AppendError::invalid(format!(
            "Invalid reported count for record batch: {count}"
        )));
    }
    if offsets != count {
        let last = batch.last_offset();
        return Err(AppendError::invalid(format!(
            "Inconsistent batch offset range [0, {last}] and count of records {count}"
        )));
    }
    if batch.is_control() {
        return Err(AppendError::invalid(
            "Clients are not allowed to write control records",
        ));
    }
    if batch.producer_id() >= 0 && batch.base_sequence() < 0 {
        return Err(AppendError::invalid(format!(
            "Invalid sequence number {} in record batch with producerId {}",
            batch.base_sequence(),
            batch.producer_id()
        )));
    }
    batch.codec().map_err(|error| record_error(&error))?;
    if rules.scrutiny.every_record || rules.compacted {
        check_records(batch, destination, rules, now)?;
    }
    Ok(MessageSpan {
        length: batch.bytes().len(),
        offsets,
        max_timestamp: if rules.log_append_time {
            now
        } else {
            batch.max_timestamp()
        },
    })
}

fn check_records(
    batch: &Batch,
    destination: Destination<'_>,
    rules: &Rules,
    now: i64,
) -> Result<(), AppendError> {
    let set = with_decompressor(|decompressor| batch.records_unverified(decompressor));
    let set = set.map_err(|error| record_error(&error))?;
    let mut blamed = Blamed::default();
    let earliest = now.saturating_sub(rules.before_max_ms);
    let latest = now.saturating_add(rules.after_max_ms);
    for (place, record) in (0..).zip(&set) {
        let record = record.map_err(|error| record_error(&error))?;
        if rules.compacted && record.key.is_none() {
            blamed.no_key(place, destination);
        }
        let time = record.timestamp;
        // -1: the record has no time.
        if !rules.log_append_time && time != -1 && !(earliest..=latest).contains(&time) {
            blamed.timestamp(place, record.offset, time, (earliest, latest));
        }
    }
    blamed.result()
}

/// The records for which a batch is refused.
#[derive(Default)]
struct Blamed {
    code: ErrorCode,
    records: Vec<(i32, String)>,
}

impl Blamed {
    fn no_key(&mut self, place: i32, destination: Destination<'_>) {
        let why = format!(
            "Compacted topic cannot accept message without key in topic partition {destination}"
        );
        self.add(ErrorCode::INVALID_RECORD, place, why);
    }

    fn timestamp(&mut self, place: i32, offset: i64, time: i64, within: (i64, i64)) {
        let (earliest, latest) = within;
        let why = format!(
            "Timestamp {time} of message with offset {offset} is out of range. The timestamp should be within [{earliest}, {latest}]"
        );
        self.add(ErrorCode::INVALID_TIMESTAMP, place, why);
    }

    fn add(&mut self, code: ErrorCode, place: i32, why: String) {
        if self.records.is_empty() {
            self.code = code;
        }
        self.records.push((place, why));
    }

    fn result(self) -> Result<(), AppendError> {
        let reason = match self.code {
            ErrorCode::NONE => return Ok(()),
            ErrorCode::INVALID_TIMESTAMP => {
                "One or more records have been rejected due to invalid timestamp".to_owned()
            }
            _ => {
                let first = self.records.iter().take(3);
                let first = first.map(|(place, why)| {
                    format!("RecordError(batchIndex={place}, message='{why}')")
                });
                format!(
                    "One or more records have been rejected due to {} record errors in total, and only showing the first three errors at most: [{}]",
                    self.records.len(),
                    first.collect::<Vec<_>>().join(", ")
                )
            }
        };
        let mut error = AppendError::new(self.code, reason).told();
        error.records = self.records;
        Err(error)
    }
}

/// An error of a batch's header. Kafka looks at the checksum first, and what has a wrong one is corrupt whatever else is wrong with it.
fn header_error(error: &RecordError, batch: &[u8]) -> AppendError {
    let header = matches!(
        error,
        RecordError::OffsetRange { .. } | RecordError::RecordCount { .. }
    );
    if header && !checksum_matches(batch) {
        return AppendError::new(ErrorCode::CORRUPT_MESSAGE, "Record is corrupt");
    }
    record_error(error)
}

fn checksum_matches(batch: &[u8]) -> bool {
    let batch = Entry::peek(batch).and_then(|entry| batch.get(..entry.length));
    // Where nothing can be peeked at, the offsets overflow, which no checksum mends.
    batch.is_none_or(|batch| {
        let stored = batch.get(17..21).unwrap_or_default();
        crc32c(batch.get(21..).unwrap_or_default()).to_be_bytes() == stored
    })
}

pub(crate) fn record_error(error: &RecordError) -> AppendError {
    let code = match error {
        RecordError::Checksum { .. }
        | RecordError::BatchLength { .. }
        | RecordError::UnknownMagic { .. } => ErrorCode::CORRUPT_MESSAGE,
        // For what goes wrong there, Kafka has no code.
        RecordError::UnknownCodec { .. } | RecordError::Compression { .. } => {
            ErrorCode::UNKNOWN_SERVER_ERROR
        }
        _ => ErrorCode::INVALID_RECORD,
    };
    match error {
        RecordError::UnknownMagic { magic, .. } => {
            AppendError::new(code, format!("Invalid magic found in record: {magic}")).told()
        }
        RecordError::BatchLength {
            length, minimum, ..
        } => {
            let reason = format!(
                "Record size {length} is less than the minimum record overhead ({minimum})"
            );
            AppendError::new(code, reason).told()
        }
        _ => AppendError::new(code, error.to_string()),
    }
}
