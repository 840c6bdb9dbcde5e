//! The codec of milena beside kafka-protocol 0.18, in one run: `cargo bench --bench wire`.
//!
//! `allocations` counts what each allocates; an allocator that counts would slow this run.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kafka_protocol::messages as other;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use kafka_protocol::records::{
    Compression as OtherCompression, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions,
};
use milena_bench::{RECORDS, VALUE_SIZE, batch, header_slices, metadata_body, other_records};
use milena_wire::checksum;
use milena_wire::codec::Message;
use milena_wire::compression::{Compressor, Decompressor};
use milena_wire::encode_request;
use milena_wire::messages::metadata::MetadataResponse;
use milena_wire::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use milena_wire::records::{BatchBuilder, Batches};

const OPTIONS: RecordEncodeOptions = RecordEncodeOptions {
    version: 2,
    compression: OtherCompression::None,
};

/// Records of 100 bytes: written without a seal, with one (header and CRC-32C), and as the other crate does it, which seals.
fn write(c: &mut Criterion) {
    for headers in [0, 2] {
        let mut group = c.benchmark_group(format!("write_{headers}_headers"));
        group.throughput(Throughput::Elements(RECORDS as u64));
        let value = [7u8; VALUE_SIZE];
        let mut builder = BatchBuilder::new().with_capacity(RECORDS * 160);
        let append = |builder: &mut BatchBuilder| {
            for n in 0..RECORDS {
                let headers = header_slices(headers);
                builder
                    .append(1_700_000_000_000 + n as i64, None, Some(&value), headers)
                    .unwrap();
            }
        };
        group.bench_function("milena append", |b| {
            b.iter(|| {
                builder.clear();
                append(&mut builder);
            });
        });
        let mut compressor = Compressor::new();
        group.bench_function("milena append and seal", |b| {
            b.iter(|| {
                append(&mut builder);
                let sealed = builder.seal(&mut compressor).unwrap();
                builder.recycle(sealed);
            });
        });
        let records = other_records(headers);
        let mut buffer = BytesMut::with_capacity(RECORDS * 160);
        group.bench_function("kafka-protocol encode", |b| {
            b.iter(|| {
                buffer.clear();
                RecordBatchEncoder::encode(&mut buffer, &records, &OPTIONS).unwrap();
            });
        });
        group.finish();
    }
}

/// The same records read back.
fn read(c: &mut Criterion) {
    for headers in [0, 2] {
        let bytes = batch(headers);
        let mut group = c.benchmark_group(format!("read_{headers}_headers"));
        group.throughput(Throughput::Elements(RECORDS as u64));
        let mut decompressor = Decompressor::new();
        let first = Batches::new(bytes.clone()).next().unwrap().unwrap();
        let set = first.records_unverified(&mut decompressor).unwrap();
        group.bench_function("milena iterate", |b| {
            b.iter(|| {
                let mut sum = 0;
                for record in &set {
                    let record = record.unwrap();
                    sum += record.value.map_or(0, <[u8]>::len);
                    for header in record.headers.iter() {
                        sum += header.key_bytes().len() + header.value().map_or(0, <[u8]>::len);
                    }
                }
                assert!(sum >= RECORDS * VALUE_SIZE);
            });
        });
        let checked = first.records(&mut decompressor).unwrap().check().unwrap();
        group.bench_function("milena iterate, checked before", |b| {
            b.iter(|| {
                let mut sum = 0;
                for record in &checked {
                    sum += record.value.map_or(0, <[u8]>::len);
                    for header in record.headers.iter() {
                        sum += header.key_bytes().len() + header.value().map_or(0, <[u8]>::len);
                    }
                }
                assert!(sum >= RECORDS * VALUE_SIZE);
            });
        });
        group.bench_function("milena all: CRC, check, iterate", |b| {
            b.iter(|| {
                let batch = Batches::new(bytes.clone()).next().unwrap().unwrap();
                let set = batch.records(&mut decompressor).unwrap().check().unwrap();
                set.iter()
                    .map(|record| record.value.map_or(0, <[u8]>::len))
                    .sum::<usize>()
            });
        });
        group.bench_function("kafka-protocol decode", |b| {
            b.iter(|| RecordBatchDecoder::decode(&mut bytes.clone()).unwrap());
        });
        group.finish();
    }
}

fn crc(c: &mut Criterion) {
    for size in [1 << 10, 16 << 10, 1 << 20] {
        let bytes = vec![7u8; size];
        let mut group = c.benchmark_group(format!("crc32c_{size}"));
        group.throughput(Throughput::BytesDecimal(size as u64));
        group.bench_function("milena", |b| b.iter(|| checksum::crc32c(&bytes)));
        group.bench_function("crc32c 0.6", |b| b.iter(|| crc32c::crc32c(&bytes)));
        group.finish();
    }
}

/// The answer that a client of a large cluster decodes every few minutes.
fn metadata(c: &mut Criterion) {
    let body = metadata_body(12);
    let mut group = c.benchmark_group("metadata_1000x12");
    group.bench_function("milena decode and drop", |b| {
        b.iter(|| MetadataResponse::decode(&body, 12).unwrap());
    });
    group.bench_function("kafka-protocol decode and drop", |b| {
        b.iter(|| other::MetadataResponse::decode(&mut body.clone(), 12).unwrap());
    });
    let ours = MetadataResponse::decode(&body, 12).unwrap();
    let theirs = other::MetadataResponse::decode(&mut body.clone(), 12).unwrap();
    group.bench_function("milena encode", |b| b.iter(|| ours.encode(12).unwrap()));
    group.bench_function("kafka-protocol encode", |b| {
        b.iter_batched(
            BytesMut::new,
            |mut buffer| theirs.encode(&mut buffer, 12).unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// A Produce request around a batch of 1 MiB.
fn produce(c: &mut Criterion) {
    let records = Bytes::from(vec![7u8; 1 << 20]);
    let mut group = c.benchmark_group("produce_1MiB");
    let data = PartitionProduceData::default().with_records(records.clone());
    let topic = TopicProduceData::default()
        .with_name("orders")
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_topic_data(vec![topic]);
    let mut buffer = Vec::new();
    group.bench_function("milena encode", |b| {
        b.iter(|| {
            let frame = encode_request(std::mem::take(&mut buffer), &request, 12, 1, None).unwrap();
            assert!(!frame.is_contiguous());
            buffer = frame.into_parts().0;
        });
    });
    let partition =
        other::produce_request::PartitionProduceData::default().with_records(Some(records));
    let topic = other::produce_request::TopicProduceData::default()
        .with_name(other::TopicName(StrBytes::from_static_str("orders")))
        .with_partition_data(vec![partition]);
    let request = other::ProduceRequest::default()
        .with_acks(-1)
        .with_topic_data(vec![topic]);
    let mut buffer = BytesMut::with_capacity(2 << 20);
    group.bench_function("kafka-protocol encode", |b| {
        b.iter(|| {
            buffer.clear();
            request.encode(&mut buffer, 12).unwrap();
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40);
    targets = write, read, crc, metadata, produce
}
criterion_main!(benches);
