//! The log as a whole, against a list of what was appended.

use bytes::Bytes;
use milena_wire::compression::{Compression, Compressor, Decompressor, GzipLevel};
use milena_wire::records::{BatchBuilder, Batches};

use super::check::{Destination, Rules, Scrutiny, check};
use super::log::{Log, OffsetOutOfRange, ReadSize, Stamp};

const NOW: i64 = 1_000_000;
const HERE: Destination<'_> = Destination {
    topic: "orders",
    partition: 0,
};

fn rules() -> Rules {
    Rules {
        max_batch_bytes: 1 << 20,
        log_append_time: false,
        before_max_ms: i64::MAX,
        after_max_ms: 1000,
        deletes: true,
        compacted: false,
        scrutiny: Scrutiny {
            every_record: true,
            checksums: true,
        },
    }
}

fn stamp() -> Stamp {
    Stamp {
        leader_epoch: 3,
        log_append_time: None,
        now: NOW,
    }
}

fn batch(times: &[i64], value: &[u8], compression: Compression) -> Bytes {
    let mut builder = BatchBuilder::new().with_compression(compression);
    for &time in times {
        builder.append(time, None, Some(value), []).unwrap();
    }
    builder.seal(&mut Compressor::new()).unwrap()
}

fn append(log: &mut Log, records: Bytes) -> i64 {
    log.append(
        check(records, HERE, &rules(), NOW).unwrap().adoptable(),
        stamp(),
    )
}

fn size(max_bytes: usize) -> ReadSize {
    ReadSize {
        max_bytes,
        min_bytes: 1,
        whole_first: true,
    }
}

/// Offsets and times of all records from `offset` on.
fn read(log: &mut Log, mut offset: i64, max_bytes: usize) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    while offset < log.end_offset() {
        let bytes = log.read(offset, i64::MAX, size(max_bytes)).unwrap();
        for batch in Batches::new(bytes) {
            let batch = batch.unwrap();
            assert_eq!(batch.partition_leader_epoch(), 3);
            for record in &batch
                .records(&mut Decompressor::new())
                .unwrap()
                .check()
                .unwrap()
            {
                if record.offset >= offset {
                    found.push((record.offset, record.timestamp));
                }
            }
            offset = batch.last_offset() + 1;
        }
    }
    found
}

/// A log with batches of all sizes, some of them read between, and what it holds.
fn filled() -> (Log, Vec<(i64, i64)>) {
    let mut log = Log::new(false, 0);
    let mut expected = Vec::new();
    let mut seed = 7u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    for round in 0..400 {
        let times: Vec<_> = (0..=random(5))
            .map(|_| i64::try_from(random(900_000)).unwrap())
            .collect();
        let value = vec![
            b'v';
            if round % 50 == 0 {
                60_000
            } else {
                usize::try_from(random(700)).unwrap()
            }
        ];
        let gzip = Compression::Gzip(GzipLevel::default());
        let compression = if round % 7 == 0 {
            gzip
        } else {
            Compression::None
        };
        let base = append(&mut log, batch(&times, &value, compression));
        expected.extend((base..).zip(times));
        if round % 3 == 0 {
            log.read(base, i64::MAX, size(100_000)).unwrap();
        }
    }
    (log, expected)
}

#[test]
fn every_offset_is_found() {
    let (mut log, expected) = filled();
    assert_eq!(log.end_offset(), i64::try_from(expected.len()).unwrap());
    for max_bytes in [1, 10_000, 1 << 20] {
        assert_eq!(read(&mut log, 0, max_bytes), expected);
    }
    for start in (0..expected.len()).step_by(37) {
        let offset = i64::try_from(start).unwrap();
        assert_eq!(read(&mut log, offset, 5_000), expected[start..]);
    }
    let end = log.end_offset();
    assert!(log.read(end, i64::MAX, size(100)).unwrap().is_empty());
    assert_eq!(
        log.read(end + 1, i64::MAX, size(100)),
        Err(OffsetOutOfRange)
    );
    assert_eq!(log.read(-1, i64::MAX, size(100)), Err(OffsetOutOfRange));
}

#[test]
fn every_time_is_found() {
    let (mut log, expected) = filled();
    for time in (0..900_000).step_by(1_777).chain([899_999, 900_000]) {
        let found = log
            .first_at_or_after(time)
            .map(|found| (found.offset, found.timestamp));
        let first = expected.iter().find(|(_, other)| *other >= time).copied();
        assert_eq!(found, first, "{time}");
    }
    let latest = log.latest_timestamp().unwrap();
    let largest = expected.iter().map(|(_, time)| *time).max().unwrap();
    let first = expected.iter().find(|(_, time)| *time == largest).unwrap();
    assert_eq!((latest.offset, latest.timestamp), *first);
}

#[test]
fn a_large_batch_that_nobody_shares_is_not_copied() {
    let mut log = Log::new(false, 0);
    append(&mut log, batch(&[1], b"small", Compression::None));
    // A copy of its own, as a frame of the server is.
    let large = Bytes::from(batch(&[1], &[7; 100_000], Compression::None).to_vec());
    let place = large.as_ptr();
    append(&mut log, large);
    assert_eq!(
        log.read(1, i64::MAX, size(1 << 20)).unwrap().as_ptr(),
        place
    );

    let shared = Bytes::from(batch(&[1], &[7; 100_000], Compression::None).to_vec());
    append(&mut log, shared.clone());
    assert_ne!(
        log.read(2, i64::MAX, size(1 << 20)).unwrap().as_ptr(),
        shared.as_ptr()
    );
    assert_eq!(shared[..8], [0; 8]);
}

#[test]
fn the_brokers_clock_counts_where_it_is_to() {
    let mut log = Log::new(false, 0);
    let rules = Rules {
        log_append_time: true,
        ..rules()
    };
    let stamp = Stamp {
        log_append_time: Some(NOW),
        ..stamp()
    };
    // A time that would be refused if it counted.
    let records = batch(&[i64::MAX / 2, 5], b"v", Compression::None);
    log.append(check(records, HERE, &rules, NOW).unwrap(), stamp);
    assert_eq!(read(&mut log, 0, 1000), [(0, NOW), (1, NOW)]);
    assert_eq!(log.latest_timestamp().unwrap().timestamp, NOW);
}

#[test]
fn what_is_cut_short_at_the_end_is_left_away() {
    let mut two = batch(&[1], b"v", Compression::None).to_vec();
    let whole = two.len();
    two.extend_from_within(..whole - 1);
    let checked = check(two.into(), HERE, &rules(), NOW).unwrap();
    assert_eq!(checked.size(), whole);
}

#[test]
fn a_log_that_discards_knows_only_how_much_has_come() {
    let mut log = Log::new(true, 0);
    log.begin_epoch(3);
    for round in 0..5 {
        let base = append(&mut log, batch(&[1, 2], &[7; 50_000], Compression::None));
        assert_eq!(base, 2 * round);
    }
    assert_eq!((log.start_offset(), log.end_offset()), (10, 10));
    assert_eq!(log.size(), 0);
    assert!(log.read(10, i64::MAX, size(100)).unwrap().is_empty());
    assert_eq!(log.read(9, i64::MAX, size(100)), Err(OffsetOutOfRange));
    assert_eq!(log.epoch_at(10), Some(3));
    assert_eq!(log.latest_timestamp(), None);
    assert_eq!(log.first_at_or_after(0), None);
}

#[test]
fn a_truncated_log_goes_on_where_it_was_cut() {
    for offset in [0, 1, 7, 300, 555] {
        let (mut log, mut expected) = filled();
        let end = log.truncate(offset).unwrap();
        // The batch that has the offset goes as a whole.
        assert!(end <= offset && offset - end < 6, "{offset} {end}");
        expected.truncate(usize::try_from(end).unwrap());
        assert_eq!(log.end_offset(), end);
        assert_eq!(read(&mut log, 0, 10_000), expected);
        for time in [5, 500_000] {
            let base = append(&mut log, batch(&[time], b"v", Compression::None));
            expected.push((base, time));
        }
        assert_eq!(read(&mut log, 0, 10_000), expected);
        let largest = expected.iter().map(|(_, time)| *time).max().unwrap();
        assert_eq!(log.latest_timestamp().unwrap().timestamp, largest);
        assert_eq!(log.truncate(end + 3), Err(OffsetOutOfRange));
    }
}

#[test]
fn nothing_is_read_behind_the_end_that_is_given() {
    let (mut log, expected) = filled();
    for end in [0, 3, 100, 700] {
        let all = ReadSize {
            min_bytes: 1 << 20,
            ..size(1 << 20)
        };
        let bytes = log.read(0, end, all).unwrap();
        let read: usize = Batches::new(bytes)
            .map(|batch| usize::try_from(batch.unwrap().record_count().unwrap()).unwrap())
            .sum();
        let end = usize::try_from(end).unwrap();
        assert!(read <= end && end - read < 6, "{read} {end}");
    }
    assert!(expected.len() > 700);
    assert!(log.read(5, 5, size(100)).unwrap().is_empty());
}
