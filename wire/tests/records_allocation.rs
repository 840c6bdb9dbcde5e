//! Reading and writing take no allocation for each record.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::compression::{Codec, Compressor, Decompressor};
use milena_wire::records::{BatchBuilder, Batches};

const RECORDS: usize = 10_000;

fn fill(builder: &mut BatchBuilder) {
    let value = [7; 100];
    for at in 0..RECORDS {
        builder
            .append(
                1_000 + at as i64,
                Some(b"key"),
                Some(&value),
                [("trace", Some(b"1".as_slice())), ("trace", None)],
            )
            .unwrap();
    }
}

fn sealed(codec: Codec) -> Bytes {
    let mut builder = BatchBuilder::new().with_compression(codec.into());
    fill(&mut builder);
    builder.seal(&mut Compressor::new()).unwrap()
}

#[test]
fn appending_takes_none() {
    let mut builder = BatchBuilder::new().with_capacity(2 << 20);
    assert_eq!(measure(|| fill(&mut builder)).count_total, 0);
    // Sealing gives the buffer away as it lies; what `Bytes` keeps of it is the one allocation.
    let mut compressor = Compressor::new();
    let mut sealed = None;
    assert!(measure(|| sealed = Some(builder.seal(&mut compressor).unwrap())).count_total <= 1);
    // And it comes back.
    builder.recycle(sealed.take().unwrap());
    assert_eq!(measure(|| fill(&mut builder)).count_total, 0);
}

#[test]
fn iterating_takes_none() {
    let batch = Batches::new(sealed(Codec::None)).next().unwrap().unwrap();
    let mut decompressor = Decompressor::new();
    let mut checked = None;
    let opened = measure(|| {
        let set = batch.records(&mut decompressor).unwrap();
        let mut seen = 0;
        for record in &set {
            let record = record.unwrap();
            seen += record
                .headers
                .iter()
                .filter(|header| header.key() == "trace")
                .count();
            assert!(record.headers.last("trace").unwrap().value().is_none());
        }
        assert_eq!(seen, 2 * RECORDS);
        checked = Some(set.check().unwrap());
    });
    // The set borrows the fetched bytes; the first share of a `Bytes` that was a `Vec` allocates its count.
    assert!(opened.count_total <= 1, "{opened:?}");
    let checked = checked.unwrap();
    assert_eq!(
        measure(|| assert_eq!(
            checked
                .iter()
                .map(|record| record.headers.len())
                .sum::<usize>(),
            2 * RECORDS
        ))
        .count_total,
        0
    );
}

#[test]
fn compressed_batches_take_a_few_and_reuse_what_comes_back() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        if codec.check_writable().is_err() {
            continue;
        }
        let batch = Batches::new(sealed(codec)).next().unwrap().unwrap();
        let mut decompressor = Decompressor::new();
        for round in 0..5 {
            let info = measure(|| {
                let checked = batch.records(&mut decompressor).unwrap().check().unwrap();
                assert_eq!(checked.len(), RECORDS);
                decompressor.recycle(checked.into_bytes());
            });
            // The context once, a buffer that grows by doubling; then nothing but what `Bytes` itself keeps.
            let most = if round < 2 { 40 } else { 4 };
            assert!(info.count_total <= most, "{codec}, round {round}: {info:?}");
        }
    }
}
