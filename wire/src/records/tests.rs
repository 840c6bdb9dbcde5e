//! Building batches: limits, sizes, offsets, reuse, and changing what is sealed.

use bytes::Bytes;

use super::*;
use crate::compression::{Codec, Compression, CompressionError, Compressor, Decompressor};

type Pairs<'a> = &'a [(&'a str, Option<&'a [u8]>)];

fn only(bytes: Bytes) -> Batch {
    let mut batches = Batches::new(bytes);
    let batch = batches.next().unwrap().unwrap();
    assert!(batches.next().is_none() && batches.rest().is_empty());
    batch
}

fn checked(batch: &Batch) -> CheckedRecords {
    batch
        .records(&mut Decompressor::new())
        .unwrap()
        .check()
        .unwrap()
}

#[test]
fn lengths_at_the_edges_of_their_varints() {
    let mut builder = BatchBuilder::new();
    let (mut compressor, bytes) = (Compressor::new(), vec![7; 300_000]);
    let lengths = [0, 1, 62, 63, 64, 65, 8_190, 8_191, 8_192, 8_193, 262_144];
    for key in lengths {
        for value in lengths {
            let (key, value) = (&bytes[..key], &bytes[..value]);
            let headers: Pairs<'_> = &[
                ("", Some(key)),
                ("h\u{e9}", None),
                ("", Some(value)),
                ("", Some(b"")),
            ];
            for (key, value) in [
                (Some(key), Some(value)),
                (None, Some(value)),
                (Some(key), None),
                (None, None),
            ] {
                for headers in [headers, &[]] {
                    let size = builder.record_size(5, key, value, headers.iter().copied());
                    assert_eq!(
                        builder.append(5, key, value, headers.iter().copied()),
                        Ok(0)
                    );
                    assert_eq!(builder.size(), BatchBuilder::OVERHEAD + size);
                    let records = checked(&only(builder.seal(&mut compressor).unwrap()));
                    let record = records.iter().next().unwrap();
                    assert_eq!(
                        (record.key, record.value, record.timestamp, record.offset),
                        (key, value, 5, 0)
                    );
                    assert!(
                        record
                            .headers
                            .iter()
                            .map(|header| (header.key(), header.value()))
                            .eq(headers.iter().map(|(key, value)| ((*key).into(), *value)))
                    );
                }
            }
        }
    }
}

#[test]
fn timestamps_and_offsets_at_their_extremes() {
    let times = [
        0,
        i64::MAX,
        i64::MIN,
        -1,
        1 << 33,
        (1 << 34) - 1,
        1 << 34,
        -(1 << 34),
        -(1 << 34) - 1,
        8_192,
        -8_193,
        63,
        64,
        -64,
        -65,
    ];
    let steps = [
        0,
        1,
        63,
        64,
        8_191,
        8_192,
        1 << 20,
        (1 << 27) - 1,
        1 << 27,
        i32::MAX - 1,
        i32::MAX,
    ];
    let mut builder = BatchBuilder::new().with_base_offset(1_000);
    for time in times {
        for first in times {
            builder.append(first, None, None, []).unwrap();
            for step in &steps[1..] {
                assert_eq!(
                    builder.append_with_offset(1_000 + i64::from(*step), time, None, None, []),
                    Ok(*step)
                );
            }
            let next = 1_000 + (1 << 31);
            assert_eq!(
                builder.append(time, None, None, []),
                Err(RecordError::Offset { offset: next, next })
            );
            let batch = only(builder.seal(&mut Compressor::new()).unwrap());
            assert_eq!(
                (
                    batch.last_offset(),
                    batch.base_timestamp(),
                    batch.max_timestamp()
                ),
                (next - 1, first, first.max(time))
            );
            let records = checked(&batch);
            let expected = steps.iter().map(|step| {
                (
                    1_000 + i64::from(*step),
                    if *step == 0 { first } else { time },
                )
            });
            assert!(
                records
                    .iter()
                    .map(|record| (record.offset, record.timestamp))
                    .eq(expected)
            );
        }
    }
    builder
        .append_with_offset(1_005, 0, None, None, [])
        .unwrap();
    for offset in [1_005, 0, -1, i64::MIN] {
        assert_eq!(
            builder.append_with_offset(offset, 0, None, None, []),
            Err(RecordError::Offset {
                offset,
                next: 1_006
            })
        );
    }
    assert_eq!(builder.append(0, None, None, []), Ok(6));
}

#[test]
fn limits() {
    // A record of seven bytes of fields and the value.
    let mut builder = BatchBuilder::new().with_limit(61 + 50);
    assert_eq!(
        builder.append(0, None, Some(&[0; 44]), []),
        Err(RecordError::RecordTooLarge {
            needed: 61 + 51,
            limit: 61 + 50
        })
    );
    assert!(builder.is_empty());
    assert_eq!(
        builder.seal(&mut Compressor::new()).unwrap_err(),
        RecordError::NoRecords
    );
    assert_eq!(builder.append(0, None, Some(&[0; 20]), []), Ok(0));
    assert_eq!(
        builder.append(0, None, Some(&[0; 17]), []),
        Err(RecordError::BatchFull {
            needed: 24,
            room: 23
        })
    );
    assert_eq!(builder.append(0, None, Some(&[0; 16]), []), Ok(1));
    assert_eq!((builder.size(), builder.record_count()), (61 + 50, 2));
    // A refused record leaves no trace, not in the timestamps either.
    assert!(builder.append(i64::MAX, None, None, []).is_err());
    let batch = only(builder.seal(&mut Compressor::new()).unwrap());
    assert_eq!((batch.max_timestamp(), checked(&batch).len()), (0, 2));

    let mut builder = MessageSetBuilder::magic_0().with_limit(100);
    assert_eq!(
        builder.append(0, None, Some(&[0; 75])),
        Err(RecordError::RecordTooLarge {
            needed: 101,
            limit: 100
        })
    );
    assert_eq!(builder.append(0, None, Some(&[0; 40])), Ok(0));
    assert_eq!(
        builder.append(0, None, Some(&[0; 9])),
        Err(RecordError::BatchFull {
            needed: 35,
            room: 34
        })
    );
    assert_eq!(builder.append(0, None, Some(&[0; 8])), Ok(1));
    assert_eq!(
        checked(&only(builder.seal(&mut Compressor::new()).unwrap())).len(),
        2
    );
}

#[test]
fn room_is_by_what_compression_made_of_the_last_batches() {
    let mut builder = BatchBuilder::new();
    assert!(
        builder.has_room_for(usize::MAX, 0),
        "an empty batch takes any record"
    );
    builder.append(0, None, Some(&[0; 931]), []).unwrap();
    assert_eq!((builder.size(), builder.estimated_size()), (1_001, 1_001));
    assert!(builder.has_room_for(99, 1_100) && !builder.has_room_for(100, 1_100));
    if Codec::Lz4.check_writable().is_err() {
        return;
    }
    builder.set_compression(Compression::Lz4);
    builder.clear();
    for _ in 0..30 {
        for _ in 0..100 {
            builder.append(0, None, Some(&[0; 1_000]), []).unwrap();
        }
        builder.seal(&mut Compressor::new()).unwrap();
    }
    builder.append(0, None, Some(&[0; 1_000]), []).unwrap();
    assert!(
        builder.estimated_size() < builder.size() / 4,
        "{} of {}",
        builder.estimated_size(),
        builder.size()
    );
    assert!(builder.has_room_for(builder.size(), builder.size()));
}

#[test]
fn a_missing_codec_keeps_the_records() {
    if Codec::Zstd.check_writable().is_ok() {
        return;
    }
    let source = CompressionError::Unavailable {
        codec: Codec::Zstd,
        writing: true,
        feature: "zstd",
    };
    let mut builder = BatchBuilder::new()
        .with_compression(Compression::zstd())
        .with_base_offset(8);
    builder.append(0, None, Some(b"kept"), []).unwrap();
    assert_eq!(
        builder.seal(&mut Compressor::new()).unwrap_err(),
        RecordError::Compression {
            base_offset: 8,
            source
        }
    );
    builder.set_compression(Compression::None);
    let records = checked(&only(builder.seal(&mut Compressor::new()).unwrap()));
    assert_eq!(records.iter().next().unwrap().value, Some(&b"kept"[..]));
}

#[test]
fn buffers_come_back_only_when_nobody_holds_them() {
    let mut builder = BatchBuilder::new();
    builder.append(0, None, Some(&[1; 5_000]), []).unwrap();
    let sealed = builder.seal(&mut Compressor::new()).unwrap();
    let (held, place) = (sealed.clone(), sealed.as_ptr());
    builder.recycle(sealed);
    builder.append(0, None, Some(&[2; 5_000]), []).unwrap();
    assert_eq!(
        checked(&only(held.clone())).iter().next().unwrap().value,
        Some(&[1; 5_000][..])
    );
    builder.recycle(held);
    builder.seal(&mut Compressor::new()).unwrap();
    builder.append(0, None, Some(&[3; 4_000]), []).unwrap();
    assert_eq!(
        builder.seal(&mut Compressor::new()).unwrap().as_ptr(),
        place
    );
}

#[test]
fn changing_a_sealed_batch() {
    let mut builder = BatchBuilder::new()
        .with_transactional(true)
        .with_producer(Producer {
            id: 1,
            epoch: 2,
            base_sequence: 3,
        });
    builder.append(10, None, Some(b"a"), []).unwrap();
    builder.append(20, None, Some(b"b"), []).unwrap();
    let mut bytes = builder.seal(&mut Compressor::new()).unwrap().to_vec();
    let crc = only(Bytes::from(bytes.clone())).checksum();
    BatchMut::new(&mut bytes)
        .unwrap()
        .set_base_offset(500)
        .set_partition_leader_epoch(7);
    let batch = only(Bytes::from(bytes.clone()));
    assert_eq!(
        (
            batch.base_offset(),
            batch.last_offset(),
            batch.partition_leader_epoch(),
            batch.checksum()
        ),
        (500, 501, 7, crc)
    );
    checked(&batch);
    let producer = Producer {
        id: i64::MAX,
        epoch: i16::MAX,
        base_sequence: i32::MAX,
    };
    BatchMut::new(&mut bytes)
        .unwrap()
        .set_log_append_time(99)
        .set_producer(producer);
    let batch = only(Bytes::from(bytes.clone()));
    assert_eq!(
        (
            batch.producer_id(),
            batch.producer_epoch(),
            batch.base_sequence(),
            batch.last_sequence()
        ),
        (i64::MAX, i16::MAX, i32::MAX, 0)
    );
    assert_eq!(
        (
            batch.timestamp_type(),
            batch.max_timestamp(),
            batch.base_timestamp()
        ),
        (TimestampType::LogAppendTime, 99, 10)
    );
    assert!(batch.is_transactional());
    assert!(checked(&batch).iter().all(|record| record.timestamp == 99));

    let good = bytes.clone();
    for cut in 0..good.len() {
        let needed = 61;
        let error = BatchMut::new(&mut bytes[..cut]).unwrap_err();
        if cut < 61 {
            assert_eq!(
                error,
                RecordError::NoWholeBatch {
                    needed,
                    available: cut
                }
            );
        } else {
            assert!(matches!(error, RecordError::BatchLength { .. }));
        }
    }
    bytes[16] = 1;
    assert_eq!(
        BatchMut::new(&mut bytes).unwrap_err(),
        RecordError::WrongMagic { magic: 1 }
    );
}

#[test]
fn a_delete_horizon_is_a_base_timestamp() {
    let mut builder = BatchBuilder::new();
    builder.append(10, None, None, []).unwrap();
    let mut bytes = builder.seal(&mut Compressor::new()).unwrap().to_vec();
    assert_eq!(only(Bytes::from(bytes.clone())).delete_horizon(), None);
    bytes[22] |= 0x40;
    let batch = only(Bytes::from(bytes));
    assert_eq!(batch.delete_horizon(), Some(10));
    assert!(
        batch.records(&mut Decompressor::new()).is_err(),
        "the checksum covers it"
    );
}

#[test]
fn messages_of_several_formats_in_one_set() {
    let mut compressor = Compressor::new();
    let mut set = Vec::new();
    for (builder, records) in [
        (MessageSetBuilder::magic_0().with_base_offset(0), 3),
        (MessageSetBuilder::magic_1().with_base_offset(3), 2),
        (
            MessageSetBuilder::magic_1()
                .with_base_offset(5)
                .with_log_append_time(77),
            2,
        ),
    ] {
        let mut builder = builder;
        for _ in 0..records {
            builder.append(50, Some(b"k"), None).unwrap();
        }
        set.extend_from_slice(&builder.seal(&mut compressor).unwrap());
    }
    let mut builder = BatchBuilder::new().with_base_offset(7);
    builder.append(60, None, None, []).unwrap();
    set.extend_from_slice(&builder.seal(&mut compressor).unwrap());
    let batches: Vec<Batch> = Batches::new(Bytes::from(set)).map(Result::unwrap).collect();
    let offsets: Vec<_> = batches
        .iter()
        .map(|batch| {
            (
                batch.magic(),
                batch.base_offset(),
                batch.last_offset(),
                batch.max_timestamp(),
            )
        })
        .collect();
    assert_eq!(
        offsets,
        [(0, 0, 2, -1), (1, 3, 4, 50), (1, 5, 6, 77), (2, 7, 7, 60)]
    );
    let records: Vec<_> = batches.iter().map(checked).collect();
    let records: Vec<_> = records
        .iter()
        .flatten()
        .map(|record| (record.offset, record.timestamp))
        .collect();
    assert_eq!(
        records,
        [
            (0, -1),
            (1, -1),
            (2, -1),
            (3, 50),
            (4, 50),
            (5, 77),
            (6, 77),
            (7, 60)
        ]
    );
    assert_eq!(
        (batches[0].record_count(), batches[3].record_count()),
        (None, Some(1))
    );
    assert_eq!(
        (
            batches[0].producer_id(),
            batches[0].last_sequence(),
            batches[0].partition_leader_epoch()
        ),
        (-1, -1, -1)
    );
}
