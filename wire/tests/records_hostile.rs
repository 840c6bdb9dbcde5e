//! Record batches by a hostile or broken peer: each ends in a typed error or silently where that is legal, never in a panic, never in memory taken on the
//! peer's word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by a panic"
)]

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::checksum::{crc32, crc32c};
#[cfg(feature = "gzip")]
use milena_wire::compression::CompressionError;
use milena_wire::compression::{Codec, Compression, Compressor, Decompressor};
use milena_wire::records::{
    Batch, BatchBuilder, Batches, MessageSetBuilder, Record, RecordError, RecordFault,
};

const LENGTH: usize = 8;
const MAGIC: usize = 16;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const COUNT: usize = 57;
const HEADER: usize = 61;

fn seal(mut builder: BatchBuilder, records: usize) -> Vec<u8> {
    for at in 0..records {
        builder
            .append(
                1_000 + at as i64,
                Some(b"key"),
                Some(b"value"),
                [("h", None), ("h", Some(b"x".as_slice()))],
            )
            .unwrap();
    }
    builder.seal(&mut Compressor::new()).unwrap().to_vec()
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Makes length and checksum right again.
fn mend(bytes: &mut [u8]) {
    let length = i32::try_from(bytes.len() - 12).unwrap();
    put(bytes, LENGTH, &length.to_be_bytes());
    let crc = crc32c(&bytes[ATTRIBUTES..]);
    put(bytes, 17, &crc.to_be_bytes());
}

/// A batch whose records are these bytes, whatever they are.
fn forge(codec: u8, count: i32, records: &[u8]) -> Bytes {
    let mut bytes = seal(BatchBuilder::new().with_base_offset(100), 1);
    bytes.truncate(HEADER);
    bytes.extend_from_slice(records);
    put(&mut bytes, ATTRIBUTES, &[0, codec]);
    put(&mut bytes, COUNT, &count.to_be_bytes());
    mend(&mut bytes);
    Bytes::from(bytes)
}

fn first(bytes: impl Into<Bytes>) -> Result<Batch, RecordError> {
    Batches::new(bytes.into())
        .next()
        .expect("a batch or an error")
}

fn check_with(
    decompressor: &mut Decompressor,
    bytes: impl Into<Bytes>,
) -> Result<usize, RecordError> {
    Ok(first(bytes)?.records(decompressor)?.check()?.len())
}

fn check(bytes: impl Into<Bytes>) -> Result<usize, RecordError> {
    check_with(&mut Decompressor::new(), bytes)
}

fn fault(records: &[u8]) -> RecordFault {
    match check(forge(0, 1, records)) {
        Err(RecordError::Malformed {
            base_offset: 100,
            record: 0,
            fault,
        }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lengths_of_batches() {
    let good = seal(BatchBuilder::new(), 3);
    for (length, minimum) in [
        (i32::MIN, 14),
        (-1, 14),
        (0, 14),
        (13, 14),
        (14, 49),
        (48, 49),
    ] {
        let mut bytes = good.clone();
        put(&mut bytes, LENGTH, &length.to_be_bytes());
        assert_eq!(
            first(bytes).unwrap_err(),
            RecordError::BatchLength {
                position: 0,
                length,
                minimum
            }
        );
    }
    let mut bytes = good.clone();
    put(&mut bytes, LENGTH, &i32::MAX.to_be_bytes());
    let info = measure(|| {
        let needed = 12 + u64::from(i32::MAX.unsigned_abs());
        assert_eq!(
            first(bytes.clone()).unwrap_err(),
            RecordError::NoWholeBatch {
                needed,
                available: good.len()
            }
        );
    });
    assert!(info.bytes_max < 4096);
    // The error ends the walk, and says where.
    let mut two = [good.clone(), good.clone(), good.clone()].concat();
    put(&mut two, good.len() + LENGTH, &7i32.to_be_bytes());
    let mut batches = Batches::new(Bytes::from(two));
    assert!(batches.next().unwrap().is_ok());
    assert_eq!(
        batches.next().unwrap().unwrap_err(),
        RecordError::BatchLength {
            position: good.len(),
            length: 7,
            minimum: 14
        }
    );
    assert!(batches.next().is_none());
}

#[test]
fn cut_short() {
    let good = seal(BatchBuilder::new(), 3);
    assert!(
        Batches::new(Bytes::new()).next().is_none(),
        "an empty set is legal"
    );
    for cut in 1..good.len() {
        let needed = if cut < 12 { 17 } else { good.len() as u64 };
        assert_eq!(
            first(good[..cut].to_vec()).unwrap_err(),
            RecordError::NoWholeBatch {
                needed,
                available: cut
            }
        );
        let mut batches = Batches::new(Bytes::from([&good[..], &good[..cut]].concat()));
        assert!(batches.next().unwrap().is_ok());
        assert!(batches.next().is_none(), "legal behind a whole one");
        assert_eq!(batches.rest().len(), cut);
    }
}

#[test]
fn magic_and_codec() {
    let mut bytes = seal(BatchBuilder::new().with_base_offset(5), 1);
    bytes[MAGIC] = 3;
    assert_eq!(
        first(bytes.clone()).unwrap_err(),
        RecordError::UnknownMagic {
            position: 0,
            magic: 3
        }
    );
    bytes[MAGIC] = 2;
    for id in 5..8 {
        bytes[ATTRIBUTES + 1] = id;
        mend(&mut bytes);
        assert_eq!(
            check(bytes.clone()),
            Err(RecordError::UnknownCodec { base_offset: 5, id })
        );
    }
}

#[test]
fn checksums() {
    let mut bytes = seal(BatchBuilder::new().with_base_offset(5), 2);
    let last = bytes.len() - 1;
    let stored = u32::from_be_bytes(bytes[17..21].try_into().unwrap());
    bytes[last] ^= 1;
    let computed = crc32c(&bytes[ATTRIBUTES..]);
    assert_eq!(
        check(bytes.clone()),
        Err(RecordError::Checksum {
            offset: 5,
            stored,
            computed
        })
    );
    let mut decompressor = Decompressor::new();
    assert_eq!(
        first(bytes)
            .unwrap()
            .records_unverified(&mut decompressor)
            .unwrap()
            .check()
            .unwrap()
            .len(),
        2
    );
    // In magic 0 and 1, every message of a run, and those inside a compressed one.
    for compression in [Compression::None, Compression::Lz4]
        .into_iter()
        .filter(|one| one.codec().check_writable().is_ok())
    {
        let mut builder = MessageSetBuilder::magic_1()
            .with_base_offset(7)
            .with_compression(compression);
        for _ in 0..3 {
            builder.append(1, None, Some(b"abc")).unwrap();
        }
        let mut bytes = builder.seal(&mut Compressor::new()).unwrap().to_vec();
        let last = bytes.iter().rposition(|byte| *byte == b'c').unwrap();
        bytes[last] ^= 1;
        if compression == Compression::Lz4 {
            let crc = crc32(&bytes[16..]);
            put(&mut bytes, 12, &crc.to_be_bytes());
        }
        // The inner message has a relative offset.
        assert!(
            matches!(
                check(bytes.clone()),
                Err(RecordError::Checksum { offset: 9 | 2, .. })
            ),
            "{compression:?}"
        );
        assert_eq!(
            first(bytes)
                .unwrap()
                .records_unverified(&mut decompressor)
                .unwrap()
                .check()
                .unwrap()
                .len(),
            3
        );
    }
}

#[test]
fn counts_lie() {
    let good = seal(BatchBuilder::new(), 3);
    let available = good.len() - HEADER;
    for count in [-1, i32::MIN, i32::MAX, 1_000] {
        let mut bytes = good.clone();
        put(&mut bytes, COUNT, &count.to_be_bytes());
        mend(&mut bytes);
        assert_eq!(
            first(bytes).unwrap_err(),
            RecordError::RecordCount {
                base_offset: 0,
                count,
                available
            }
        );
    }
    let with_count = |count: i32| {
        let mut bytes = good.clone();
        put(&mut bytes, COUNT, &count.to_be_bytes());
        mend(&mut bytes);
        check(bytes)
    };
    assert_eq!(with_count(3), Ok(3));
    assert_eq!(
        with_count(4),
        Err(RecordError::Malformed {
            base_offset: 0,
            record: 3,
            fault: RecordFault::Truncated
        })
    );
    assert_eq!(
        with_count(2),
        Err(RecordError::TrailingBytes {
            base_offset: 0,
            left: available / 3
        })
    );
    assert_eq!(
        with_count(0),
        Err(RecordError::TrailingBytes {
            base_offset: 0,
            left: available
        })
    );
    // What compression hides is found when it is inflated.
    if Codec::Lz4.check_writable().is_ok() {
        let mut bytes = seal(BatchBuilder::new().with_compression(Compression::Lz4), 3);
        put(&mut bytes, COUNT, &i32::MAX.to_be_bytes());
        mend(&mut bytes);
        assert_eq!(
            check(bytes),
            Err(RecordError::RecordCount {
                base_offset: 0,
                count: i32::MAX,
                available
            })
        );
    }
    // Compaction leaves batches without records; nobody looks at what they compress.
    assert_eq!(check(forge(4, 0, b"")), Ok(0));
    assert_eq!(check(forge(0, 0, b"")), Ok(0));
}

#[test]
fn offsets_and_timestamps_at_their_ends() {
    for (base, delta, fits) in [
        (i64::MAX, 0, true),
        (i64::MAX, 1, false),
        (0, -1, false),
        (0, i32::MIN, false),
        (-5, 4, true),
        (0, i32::MAX, true),
    ] {
        let mut bytes = seal(BatchBuilder::new(), 1);
        put(&mut bytes, 0, &base.to_be_bytes());
        put(&mut bytes, LAST_OFFSET_DELTA, &delta.to_be_bytes());
        mend(&mut bytes);
        match first(bytes) {
            Ok(batch) => assert!(fits && batch.last_offset() == base + i64::from(delta)),
            Err(error) => assert!(
                !fits
                    && error
                        == RecordError::OffsetRange {
                            base_offset: base,
                            last_offset_delta: delta
                        }
            ),
        }
    }
    // Deltas of records wrap around, as in Java, and so does what makes them.
    let mut builder = BatchBuilder::new().with_base_offset(i64::MAX - 1);
    let times = [i64::MAX, i64::MIN, -1, 0, i64::MAX];
    for time in times {
        builder.append(time, None, None, []).unwrap();
    }
    let bytes = builder.seal(&mut Compressor::new()).unwrap().to_vec();
    let mut bytes = bytes;
    put(&mut bytes, LAST_OFFSET_DELTA, &0i32.to_be_bytes());
    mend(&mut bytes);
    let set = first(bytes)
        .unwrap()
        .records(&mut Decompressor::new())
        .unwrap();
    let records: Vec<Record<'_>> = set.iter().map(Result::unwrap).collect();
    assert_eq!(
        records
            .iter()
            .map(|record| record.timestamp)
            .collect::<Vec<_>>(),
        times
    );
    assert_eq!(records[0].offset, i64::MAX - 1);
    assert_eq!(records[2].offset, i64::MIN, "as Java's");
}

#[test]
fn malformed_records() {
    let long = [0xff; 11];
    assert_eq!(fault(&long), RecordFault::VarintTooLong);
    // Length, attributes, then a timestamp delta of more than ten bytes.
    assert_eq!(
        fault(&[&[40, 0][..], &[0x80; 10], &[0; 9]].concat()),
        RecordFault::VarintTooLong
    );
    // ... an offset delta of more than five.
    assert_eq!(
        fault(&[&[40, 0, 0][..], &[0x80; 5], &[0; 13]].concat()),
        RecordFault::VarintTooLong
    );
    assert_eq!(fault(&[1, 0, 0, 0, 1, 1, 0]), RecordFault::NegativeLength);
    // Longer than the batch, by one and by nearly 2 GiB.
    assert_eq!(fault(&[14, 0, 0, 0, 1, 1, 0]), RecordFault::Truncated);
    assert_eq!(
        fault(&[0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0]),
        RecordFault::Truncated
    );
    // A key and a value longer than the record, though not than the batch.
    assert_eq!(
        fault(&[12, 0, 0, 0, 8, 1, 0, 0, 0, 0, 0]),
        RecordFault::Truncated
    );
    assert_eq!(
        fault(&[12, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0]),
        RecordFault::Truncated
    );
    // Too short for its fields; too long for them.
    assert_eq!(fault(&[0, 0, 0, 0, 0, 0, 0]), RecordFault::Truncated);
    assert_eq!(
        fault(&[14, 0, 0, 0, 1, 1, 0, 0]),
        RecordFault::LongerThanItsFields
    );
    // Headers: a negative number, more than there are, a key that is null, a key and a value too long.
    assert_eq!(
        fault(&[12, 0, 0, 0, 1, 1, 1]),
        RecordFault::NegativeHeaderCount
    );
    assert_eq!(
        fault(&[20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]),
        RecordFault::Truncated
    );
    assert_eq!(
        fault(&[16, 0, 0, 0, 1, 1, 2, 1, 1]),
        RecordFault::NegativeLength
    );
    assert_eq!(fault(&[16, 0, 0, 0, 1, 1, 2, 4, 1]), RecordFault::Truncated);
    assert_eq!(fault(&[16, 0, 0, 0, 1, 1, 2, 0, 2]), RecordFault::Truncated);
    // Any negative length of key, value and header value is null, as in Java.
    assert_eq!(check(forge(0, 1, &[16, 0, 0, 0, 3, 5, 2, 0, 7])), Ok(1));
    // The error comes once, after the good ones.
    let records = [
        &[12, 0, 0, 0, 1, 1, 0][..],
        &[12, 0, 0, 2, 1, 1, 0],
        &[12, 0, 0, 2, 8, 1, 0],
    ]
    .concat();
    let set = first(forge(0, 3, &records))
        .unwrap()
        .records(&mut Decompressor::new())
        .unwrap();
    let mut iter = set.iter();
    assert!(iter.next().unwrap().is_ok() && iter.next().unwrap().is_ok());
    assert_eq!(
        iter.next(),
        Some(Err(RecordError::Malformed {
            base_offset: 100,
            record: 2,
            fault: RecordFault::Truncated
        }))
    );
    assert_eq!((iter.next(), iter.next()), (None, None));
}

#[test]
fn header_keys_that_are_not_utf8_do_not_stop_a_consumer() {
    let set = first(forge(0, 1, &[18, 0, 0, 0, 1, 1, 2, 2, 0xff, 1]))
        .unwrap()
        .records(&mut Decompressor::new())
        .unwrap();
    let record = set.iter().next().unwrap().unwrap();
    let header = record.headers.iter().next().unwrap();
    assert_eq!(
        (header.key().as_ref(), header.key_bytes(), header.value()),
        ("\u{fffd}", &[0xff][..], None)
    );
}

#[test]
fn every_byte_of_a_batch_changed_never_panics() {
    for codec in Codec::ALL
        .into_iter()
        .filter(|codec| codec.check_writable().is_ok())
    {
        let good = seal(BatchBuilder::new().with_compression(codec.into()), 5);
        let mut decompressor = Decompressor::new().with_limit(1 << 20);
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, good[at] ^ 0x10] {
                let mut bytes = good.clone();
                bytes[at] = value;
                for batch in Batches::new(Bytes::from(bytes)).flatten() {
                    if let Ok(set) = batch.records_unverified(&mut decompressor) {
                        let walked = set.iter().take_while(Result::is_ok).count();
                        match set.check() {
                            Ok(checked) => assert_eq!(
                                (walked, checked.len()),
                                (checked.len(), checked.iter().count())
                            ),
                            Err(error) => assert!(!error.to_string().is_empty()),
                        }
                    }
                }
            }
        }
    }
}

#[test]
#[cfg(feature = "gzip")]
fn a_bomb_in_a_batch() {
    let mut bytes = Vec::new();
    Compressor::new()
        .compress(Compression::gzip(), &vec![0; 2 << 20], &mut bytes)
        .unwrap();
    let mut decompressor = Decompressor::new().with_limit(1 << 20);
    let error = check_with(&mut decompressor, forge(1, 1, &bytes)).unwrap_err();
    assert_eq!(
        error,
        RecordError::Compression {
            base_offset: 100,
            source: CompressionError::TooLarge {
                codec: Codec::Gzip,
                limit: 1 << 20
            }
        }
    );
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "gzip data inflates beyond the limit of 1048576 bytes"
    );
}

/// One message of magic 1 with a codec and a value.
#[cfg(feature = "gzip")]
fn wrapper(codec: u8, offset: i64, value: Option<&[u8]>) -> Bytes {
    let mut builder = MessageSetBuilder::magic_1().with_base_offset(offset);
    builder.append(1, None, value).unwrap();
    let mut bytes = builder.seal(&mut Compressor::new()).unwrap().to_vec();
    bytes[17] = codec;
    let crc = crc32(&bytes[16..]);
    put(&mut bytes, 12, &crc.to_be_bytes());
    Bytes::from(bytes)
}

#[test]
#[cfg(feature = "gzip")]
fn wrappers() {
    let gzip = |bytes: &[u8]| {
        let mut out = Vec::new();
        Compressor::new()
            .compress(Compression::gzip(), bytes, &mut out)
            .unwrap();
        out
    };
    let mut builder = MessageSetBuilder::magic_1();
    for _ in 0..3 {
        builder.append(5, None, Some(b"x")).unwrap();
    }
    let inner = builder.seal(&mut Compressor::new()).unwrap();
    // A wrapper in a wrapper in a wrapper is refused at the first step: nothing recurses.
    let mut nested = wrapper(1, 9, Some(&gzip(&inner)));
    assert_eq!(check(nested.clone()), Ok(3));
    for _ in 0..10 {
        nested = wrapper(1, 9, Some(&gzip(&nested)));
        assert_eq!(
            check(nested.clone()),
            Err(RecordError::NestedCompression { offset: 9 })
        );
    }
    assert_eq!(
        check(wrapper(1, 9, None)),
        Err(RecordError::EmptyWrapper { offset: 9 })
    );
    assert_eq!(
        check(wrapper(1, 9, Some(&gzip(b"")))),
        Err(RecordError::EmptyWrapper { offset: 9 })
    );
    assert_eq!(
        check(wrapper(1, 1, Some(&gzip(&inner)))),
        Err(RecordError::WrapperOffset {
            offset: 1,
            last_relative: 2
        })
    );
    assert!(matches!(
        check(wrapper(1, i64::MIN, Some(&gzip(&inner)))),
        Err(RecordError::WrapperOffset { .. })
    ));
    assert_eq!(
        check(wrapper(6, 9, Some(&gzip(&inner)))),
        Err(RecordError::UnknownCodec {
            base_offset: 9,
            id: 6
        })
    );
    // Offset 0 is that of a producer that leaves it to the broker.
    let set = first(wrapper(1, 0, Some(&gzip(&inner))))
        .unwrap()
        .records(&mut Decompressor::new())
        .unwrap();
    assert_eq!(
        set.iter()
            .map(|record| record.unwrap().offset)
            .collect::<Vec<_>>(),
        [0, 1, 2]
    );
    // Inside, nothing may be cut short, unlike at the end of an answer.
    for cut in 1..inner.len() {
        let checked = check(wrapper(1, 9, Some(&gzip(&inner[..cut]))));
        if cut % (inner.len() / 3) != 0 {
            assert!(
                matches!(
                    checked,
                    Err(RecordError::Malformed {
                        base_offset: 9,
                        fault: RecordFault::Truncated,
                        ..
                    })
                ),
                "cut at {cut}: {checked:?}"
            );
        }
    }
    // A wrapper of magic 2 is no message.
    let mut strange = inner.to_vec();
    strange[16] = 2;
    assert!(matches!(
        check(wrapper(1, 9, Some(&gzip(&strange)))),
        Err(RecordError::Malformed {
            fault: RecordFault::UnknownMagic,
            ..
        })
    ));
    // Lengths of key and value beyond the message.
    for at in [26, 30] {
        for length in [2i32, i32::MAX, 0x0100_0000] {
            let mut bytes = inner.slice(..inner.len() / 3).to_vec();
            put(&mut bytes, at, &length.to_be_bytes());
            let crc = crc32(&bytes[16..]);
            put(&mut bytes, 12, &crc.to_be_bytes());
            assert!(
                matches!(check(bytes), Err(RecordError::Malformed { record: 0, .. })),
                "{at} {length}"
            );
        }
    }
}
