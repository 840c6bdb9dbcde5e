//! The record batches of every magic and codec.

use std::collections::BTreeMap;

use bytes::Bytes;
use milena_wire::compression::{Codec, Compression, CompressionError, Compressor, Decompressor};
use milena_wire::records::{
    Batch, BatchBuilder, Batches, CheckedRecords, ControlType, MessageSetBuilder, Producer, Record,
    RecordError, RecordSet, TimestampType,
};
use serde_json::Value;

use crate::corpus;

fn golden() -> Vec<(String, Value)> {
    let lines: Vec<_> = corpus::lines("batches.jsonl")
        .into_iter()
        .enumerate()
        .map(|(number, (release, line))| (format!("{release}, batch {number}"), line))
        .collect();
    assert!(!lines.is_empty(), "the corpus has no batches");
    lines
}

fn nullable(value: &Value) -> Option<Vec<u8>> {
    value.is_string().then(|| corpus::hex(value))
}

fn codec(golden: &Value) -> Codec {
    *Codec::ALL
        .iter()
        .find(|codec| golden["compression"] == codec.name())
        .unwrap()
}

fn compare(record: &Record<'_>, golden: &Value, at: &str) {
    assert_eq!(record.offset, golden["offset"], "{at}: offset");
    assert_eq!(record.timestamp, golden["timestamp"], "{at}: timestamp");
    assert_eq!(
        record.key.map(<[u8]>::to_vec),
        nullable(&golden["key"]),
        "{at}: key"
    );
    assert_eq!(
        record.value.map(<[u8]>::to_vec),
        nullable(&golden["value"]),
        "{at}: value"
    );
    let headers: Vec<_> = record
        .headers
        .iter()
        .map(|header| {
            (
                header.key().into_owned(),
                header.value().map(<[u8]>::to_vec),
            )
        })
        .collect();
    let expected: Vec<_> = golden["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), nullable(&pair[1])))
        .collect();
    assert_eq!(headers, expected, "{at}: headers");
}

/// The one batch that the bytes are, compared with the JSON, and its records likewise. The checksum is verified on the way.
fn read(
    bytes: &Bytes,
    golden: &Value,
    decompressor: &mut Decompressor,
    at: &str,
) -> (Batch, CheckedRecords) {
    let mut batches = Batches::new(bytes.clone());
    let batch = batches
        .next()
        .unwrap()
        .unwrap_or_else(|error| panic!("{at}: {error}"));
    assert!(batches.next().is_none(), "{at}: more than one batch");
    assert_eq!(batch.bytes(), bytes, "{at}");
    let records = golden["records"].as_array().unwrap();
    let magic = golden["magic"].as_u64().unwrap();
    assert_eq!(u64::from(batch.magic()), magic, "{at}");
    assert_eq!(batch.codec(), Ok(codec(golden)), "{at}");
    let timestamp_type = match batch.timestamp_type() {
        TimestampType::None => "NoTimestampType",
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    };
    assert_eq!(timestamp_type, golden["timestamp_type"], "{at}");
    assert_eq!(
        batch.last_offset(),
        records.last().unwrap()["offset"],
        "{at}: last offset"
    );
    if magic == 2 {
        assert_eq!(
            batch.base_offset(),
            golden["base_offset"],
            "{at}: base offset"
        );
        assert_eq!(
            batch.last_offset(),
            golden["last_offset"],
            "{at}: last offset"
        );
        assert_eq!(
            batch.producer_id(),
            golden["producer_id"],
            "{at}: producer id"
        );
        assert_eq!(
            batch.producer_epoch(),
            golden["producer_epoch"],
            "{at}: producer epoch"
        );
        assert_eq!(
            batch.base_sequence(),
            golden["base_sequence"],
            "{at}: base sequence"
        );
        assert_eq!(
            batch.last_sequence(),
            golden["last_sequence"],
            "{at}: last sequence"
        );
        assert_eq!(
            batch.is_transactional(),
            golden["transactional"],
            "{at}: transactional"
        );
        assert_eq!(batch.is_control(), golden["control"], "{at}: control");
        assert_eq!(
            batch.partition_leader_epoch(),
            golden["leader_epoch"],
            "{at}: leader epoch"
        );
        assert_eq!(
            batch.record_count(),
            u32::try_from(records.len()).ok(),
            "{at}: count"
        );
        assert_eq!(
            batch.max_timestamp(),
            golden["max_timestamp"],
            "{at}: max timestamp"
        );
    } else if codec(golden) == Codec::None {
        // Java has each message as a batch; the JSON has the first one's timestamp.
        assert_eq!(
            batch.base_offset(),
            records[0]["offset"],
            "{at}: base offset"
        );
        assert_eq!(
            batch.max_timestamp(),
            records
                .iter()
                .map(|record| record["timestamp"].as_i64().unwrap())
                .max()
                .unwrap(),
            "{at}: max timestamp"
        );
    } else {
        assert_eq!(
            batch.max_timestamp(),
            golden["max_timestamp"],
            "{at}: max timestamp"
        );
    }
    let set = batch
        .records(decompressor)
        .unwrap_or_else(|error| panic!("{at}: {error}"));
    let mut count = 0;
    for (record, golden) in set.iter().zip(records) {
        compare(
            &record.unwrap_or_else(|error| panic!("{at}: {error}")),
            golden,
            at,
        );
        count += 1;
    }
    let checked = set.check().unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_eq!(
        (count, checked.len(), checked.iter().count()),
        (records.len(), records.len(), records.len()),
        "{at}: count"
    );
    for (record, golden) in checked.iter().zip(records) {
        compare(&record, golden, at);
    }
    (batch, checked)
}

/// Writes the batch anew from what was read.
fn write(
    batch: &Batch,
    records: &CheckedRecords,
    compressor: &mut Compressor,
) -> Result<Bytes, RecordError> {
    let compression = Compression::from(batch.codec()?);
    if batch.magic() < 2 {
        let builder = if batch.magic() == 0 {
            MessageSetBuilder::magic_0()
        } else {
            MessageSetBuilder::magic_1()
        };
        let mut builder = builder
            .with_compression(compression)
            .with_base_offset(records.iter().next().unwrap().offset);
        if batch.timestamp_type() == TimestampType::LogAppendTime {
            builder = builder.with_log_append_time(batch.max_timestamp());
        }
        let mut size = 0;
        for record in records {
            size += builder.message_size(record.key, record.value);
            builder.append(record.timestamp, record.key, record.value)?;
            assert_eq!(builder.size(), size);
        }
        return builder.seal(compressor);
    }
    let mut builder = BatchBuilder::new()
        .with_compression(compression)
        .with_base_offset(batch.base_offset())
        .with_partition_leader_epoch(batch.partition_leader_epoch())
        .with_transactional(batch.is_transactional())
        .with_control(batch.is_control())
        .with_producer(Producer {
            id: batch.producer_id(),
            epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
        });
    if batch.timestamp_type() == TimestampType::LogAppendTime {
        builder = builder.with_log_append_time(batch.max_timestamp());
    }
    for record in records {
        // With LogAppendTime the producer's timestamps are in the deltas only; tested below with those of the golden bytes.
        let headers: Vec<_> = record
            .headers
            .iter()
            .map(|header| (header.key().into_owned(), header.value()))
            .collect();
        let headers = headers.iter().map(|(key, value)| (key.as_str(), *value));
        let expected = builder.size()
            + builder.record_size(record.timestamp, record.key, record.value, headers.clone());
        let delta = if batch.is_control() {
            let control = record.control_type()?;
            assert!(matches!(control, ControlType::Abort | ControlType::Commit));
            builder.append_control(record.timestamp, control, record.value.unwrap())?
        } else {
            builder.append(record.timestamp, record.key, record.value, headers)?
        };
        assert_eq!(i64::from(delta), record.offset - batch.base_offset());
        assert_eq!(builder.size(), expected, "record_size told the truth");
    }
    builder.seal(compressor)
}

/// With LogAppendTime, a batch carries the producer's timestamps too, which nobody sees. To write the same bytes, they are read by clearing the flag.
fn with_create_times(batch: &Batch, decompressor: &mut Decompressor) -> CheckedRecords {
    let mut bytes = batch.bytes().to_vec();
    bytes[22] &= !0x08;
    let batch = Batches::new(Bytes::from(bytes)).next().unwrap().unwrap();
    batch
        .records_unverified(decompressor)
        .unwrap()
        .check()
        .unwrap()
}

#[test]
fn every_golden_batch_is_read_and_written() {
    let (mut decompressor, mut compressor) = (Decompressor::new(), Compressor::new());
    let mut read_by_kind = BTreeMap::new();
    let (mut records_read, mut same_bytes, mut same_records, mut cannot_write) = (0, 0, 0, 0);
    for (at, golden) in golden() {
        let bytes = Bytes::from(corpus::hex(&golden["hex"]));
        let (batch, records) = read(&bytes, &golden, &mut decompressor, &at);
        *read_by_kind
            .entry((batch.magic(), codec(&golden).name()))
            .or_insert(0) += 1;
        records_read += records.len();
        let source = if batch.magic() == 2 && batch.timestamp_type() == TimestampType::LogAppendTime
        {
            with_create_times(&batch, &mut decompressor)
        } else {
            records.clone()
        };
        match write(&batch, &source, &mut compressor) {
            Ok(written) if codec(&golden) == Codec::None => {
                assert_eq!(written, bytes, "{at}: written anew");
                same_bytes += 1;
            }
            Ok(written) => {
                let (_, again) = read(&written, &golden, &mut decompressor, &at);
                assert_eq!(again.bytes(), records.bytes(), "{at}: inflated again");
                if codec(&golden) == Codec::Lz4 {
                    // The frame's header, with the checksum that magic 0 gets wrong (KAFKA-3160), is Java's to the byte.
                    let header = |bytes: &[u8]| {
                        let start = bytes
                            .windows(4)
                            .position(|four| four == [0x04, 0x22, 0x4d, 0x18])
                            .unwrap();
                        bytes[start..start + 7].to_vec()
                    };
                    assert_eq!(header(&written), header(&bytes), "{at}: lz4 frame header");
                }
                same_records += 1;
            }
            Err(RecordError::Compression {
                source:
                    CompressionError::Unavailable {
                        codec: Codec::Zstd,
                        feature: "zstd",
                        ..
                    },
                ..
            }) if !cfg!(feature = "zstd") => {
                cannot_write += 1;
            }
            Err(error) => panic!("{at}: {error}"),
        }
        decompressor.recycle(records.into_bytes());
    }
    corpus::report(&format!(
        "golden: {} batches with {records_read} records read; {same_bytes} written again to the byte, {same_records} compressed anew, {cannot_write} not written for want of zstd",
        read_by_kind.values().sum::<usize>()
    ));
    assert!(same_bytes > 0 && same_records > 0 && records_read > 0);
    for (magic, codecs) in [
        (0, &Codec::ALL[..4]),
        (1, &Codec::ALL[..4]),
        (2, &Codec::ALL[..]),
    ] {
        for codec in codecs {
            assert!(
                read_by_kind.contains_key(&(magic, codec.name())),
                "no batch of magic {magic}, {codec}"
            );
        }
    }
}

#[test]
fn a_set_of_all_golden_batches_cut_anywhere_gives_the_whole_ones() {
    let all: Vec<_> = golden()
        .into_iter()
        .map(|(_, golden)| corpus::hex(&golden["hex"]))
        .collect();
    let some: Vec<_> = all.iter().step_by(all.len() / 40 + 1).collect();
    let set = Bytes::from(
        some.iter()
            .flat_map(|bytes| bytes.iter().copied())
            .collect::<Vec<u8>>(),
    );
    let mut ends: Vec<usize> = Batches::new(set.clone())
        .map(|batch| batch.unwrap().bytes().len())
        .collect();
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    assert_eq!(ends.last(), Some(&set.len()));
    let mut decompressor = Decompressor::new();
    for cut in 0..set.len() {
        let mut batches = Batches::new(set.slice(..cut));
        let (mut length, mut whole) = (0, 0);
        for batch in &mut batches {
            match batch {
                Ok(batch) => {
                    length += batch.bytes().len();
                    whole += 1;
                    if cut % 97 == 0 {
                        batch.records(&mut decompressor).unwrap().check().unwrap();
                    }
                }
                Err(RecordError::NoWholeBatch { needed, available }) => {
                    assert!(
                        whole == 0
                            && cut > 0
                            && available == cut
                            && needed > cut as u64
                            && needed <= ends[0] as u64
                    );
                }
                Err(error) => panic!("cut at {cut}: {error}"),
            }
        }
        // A run of messages may lose its last ones, a batch is there or not.
        assert!(length <= cut && length + batches.rest().len() <= cut);
        assert!(ends.iter().filter(|end| **end <= cut).count() <= whole);
    }
}

#[test]
fn a_flipped_bit_anywhere_is_an_error_or_unguarded_and_never_a_panic() {
    let (mut decompressor, mut flips) = (Decompressor::new().with_limit(1 << 20), 0);
    for (at, golden) in golden().iter().step_by(3) {
        let bytes = corpus::hex(&golden["hex"]);
        let guarded_from = if golden["magic"] == 2 { 21 } else { 16 };
        for bit in (0..bytes.len() * 8).step_by(7) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            for batch in Batches::new(Bytes::from(flipped)).flatten() {
                let verified = batch.records(&mut decompressor).and_then(RecordSet::check);
                // The first message of a run of magic 0 and 1 is guarded from its own magic on, but its magic decides where that is.
                assert!(
                    verified.is_err() || bit / 8 < guarded_from || golden["magic"] != 2,
                    "{at}: bit {bit} went unnoticed"
                );
                let _ = batch
                    .records_unverified(&mut decompressor)
                    .and_then(RecordSet::check);
            }
        }
    }
    println!("{flips} flipped bits");
    assert!(flips > 10_000);
}
