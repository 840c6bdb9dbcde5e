//! The properties of reading record batches: shared by the bounded run in `cargo test` and by the fuzz target.

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::checksum::{crc32, crc32c};
use milena_wire::compression::{Compressor, Decompressor};
use milena_wire::records::{Batch, BatchBuilder, Batches, Record, RecordError, RecordSet};

/// Reads sets of batches, again and again with the same contexts as a consumer does.
pub(crate) struct Reader {
    decompressor: Decompressor,
    builder: BatchBuilder,
    compressor: Compressor,
    limit: usize,
}

impl Reader {
    /// No batch may inflate beyond `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            decompressor: Decompressor::new().with_limit(limit),
            builder: BatchBuilder::new(),
            compressor: Compressor::new(),
            limit,
        }
    }

    /// Reads a set as it comes in a Fetch answer, and checks what must hold. Gives whether all of it was read, and the most memory that reading any of
    /// its batches took.
    pub(crate) fn execute(&mut self, set: &Bytes, verify: bool) -> (bool, u64) {
        let mut batches = Batches::new(set.clone());
        let (mut accepted, mut peak, mut walked) = (true, 0, 0);
        loop {
            let mut next = None;
            peak = peak.max(measure(|| next = batches.next()).bytes_max);
            let Some(batch) = next else { break };
            let Ok(batch) = batch else {
                assert!(batches.next().is_none(), "a batch after an error");
                return (false, peak);
            };
            let length = batch.bytes().len();
            assert!(
                length > 0 && walked + length <= set.len(),
                "a batch of {length} bytes at {walked}"
            );
            assert_eq!(
                batch.bytes().as_ptr(),
                set[walked..].as_ptr(),
                "a batch is where it was fetched to"
            );
            walked += length;
            check_header(&batch);
            let mut records = None;
            let measured = measure(|| {
                records = Some(if verify {
                    batch.records(&mut self.decompressor)
                } else {
                    batch.records_unverified(&mut self.decompressor)
                });
            });
            peak = peak.max(measured.bytes_max);
            match records.expect("it was called") {
                Ok(records) => accepted &= self.check_records(&batch, records),
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    accepted = false;
                }
            }
        }
        assert_eq!(
            batches.rest().len(),
            set.len() - walked,
            "every byte is in a batch or left"
        );
        (accepted, peak)
    }

    /// Walks the records both ways, which must agree.
    fn check_records(&mut self, batch: &Batch, records: RecordSet) -> bool {
        assert!(
            !batch.attributes().is_compressed() || records.bytes().len() <= self.limit,
            "inflated beyond the limit"
        );
        let mut fault = None;
        let mut count = 0;
        let measured = measure(|| {
            let mut walk = records.iter();
            for record in &mut walk {
                match record {
                    Ok(record) => {
                        count += 1;
                        check_record(&record, batch, &records);
                    }
                    Err(error) => fault = Some(error),
                }
            }
            assert!(walk.next().is_none(), "a record after the end");
        });
        assert_eq!(measured.count_total, 0, "walking allocates");
        assert!(
            batch
                .record_count()
                .is_none_or(|claimed| count <= claimed as usize),
            "more records than claimed"
        );
        let unchecked = records.clone();
        let checked = match records.check() {
            Ok(checked) => checked,
            Err(error) => {
                assert_eq!(Some(error), fault, "checking and walking disagree");
                return false;
            }
        };
        assert_eq!(
            (fault, checked.len(), checked.iter().count()),
            (None, count, count)
        );
        assert!(
            batch
                .record_count()
                .is_none_or(|claimed| count == claimed as usize),
            "fewer records than claimed"
        );
        assert!(
            unchecked.iter().map(Result::unwrap).eq(checked.iter()),
            "checked records differ"
        );
        self.check_there_and_back(batch, &unchecked);
        drop(unchecked);
        self.decompressor.recycle(checked.into_bytes());
        true
    }

    /// What was read can be written as a batch of its own, and reads as the same. Offsets that do not ascend have no batch to be in, nor have header keys
    /// that are not UTF-8; the former no broker has, the latter no builder writes.
    fn check_there_and_back(&mut self, batch: &Batch, records: &RecordSet) {
        self.builder.clear();
        let base = records
            .iter()
            .next()
            .map_or(0, |record| record.unwrap().offset);
        self.builder.set_base_offset(base);
        let mut headers: Vec<(&str, Option<&[u8]>)> = Vec::new();
        for record in records.iter().map(Result::unwrap) {
            headers.clear();
            for header in record.headers {
                let Ok(key) = std::str::from_utf8(header.key_bytes()) else {
                    return;
                };
                headers.push((key, header.value()));
            }
            match self.builder.append_with_offset(
                record.offset,
                record.timestamp,
                record.key,
                record.value,
                headers.iter().copied(),
            ) {
                Ok(_) => {}
                Err(RecordError::Offset { .. }) => return,
                Err(error) => panic!("what was read cannot be written: {error}"),
            }
        }
        if self.builder.is_empty() {
            return;
        }
        let sealed = self.builder.seal(&mut self.compressor).unwrap();
        let again = match Batches::new(sealed).next().unwrap() {
            Ok(again) => again,
            // The last offset may be beyond the largest where deltas wrapped around.
            Err(RecordError::OffsetRange { .. }) => return,
            Err(error) => panic!("what was written does not read: {error}"),
        };
        let written = again.records(&mut self.decompressor).unwrap();
        assert!(
            written
                .iter()
                .map(Result::unwrap)
                .eq(records.iter().map(Result::unwrap)),
            "records differ, first read from {batch:?}"
        );
    }
}

fn check_header(batch: &Batch) {
    assert!(batch.magic() <= 2);
    assert!(batch.magic() < 2 || batch.last_offset() >= batch.base_offset());
    assert_eq!(batch.codec().is_ok(), batch.attributes().codec().is_some());
    assert!(batch.last_sequence() >= -1);
    assert_eq!(batch.record_count().is_some(), batch.magic() == 2);
    let _ = (
        batch.partition_leader_epoch(),
        batch.checksum(),
        batch.timestamp_type(),
        batch.is_transactional(),
        batch.is_control(),
    );
    let _ = (
        batch.delete_horizon(),
        batch.base_timestamp(),
        batch.max_timestamp(),
        batch.producer_id(),
        batch.producer_epoch(),
    );
    let _ = batch.verify_checksum();
}

/// A record borrows from its batch, and has the headers that it says.
fn check_record(record: &Record<'_>, batch: &Batch, records: &RecordSet) {
    let room = records.bytes().len();
    let length = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
    let mut headers = 0;
    let mut header_bytes = 0;
    for header in record.headers {
        headers += 1;
        header_bytes += header.key_bytes().len() + header.value().map_or(0, <[u8]>::len);
    }
    assert_eq!(headers, record.headers.len(), "headers");
    assert!(
        length + header_bytes <= room,
        "a record larger than its batch"
    );
    if batch.is_control() {
        let _ = record.control_type();
    }
}

/// Makes the first entry's length and checksum right again, so that damage gets past them.
pub(crate) fn mend(set: &mut [u8]) {
    const LENGTH: usize = 8;
    const HEADER: usize = 12;
    const MAGIC: usize = 16;
    let Some(&magic) = set.get(MAGIC) else { return };
    let Ok(length) = u32::try_from(set.len() - HEADER) else {
        return;
    };
    set[LENGTH..HEADER].copy_from_slice(&length.to_be_bytes());
    if magic < 2 {
        let crc = crc32(&set[MAGIC..]);
        set[HEADER..MAGIC].copy_from_slice(&crc.to_be_bytes());
    } else if let Some(covered) = set.get(21..) {
        let crc = crc32c(covered);
        set[17..21].copy_from_slice(&crc.to_be_bytes());
    }
}
