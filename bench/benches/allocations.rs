//! What the codecs allocate, counted: `cargo bench --bench allocations`.

use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use kafka_protocol::records::{
    Compression, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions,
};
use milena_bench::{RECORDS, VALUE_SIZE, batch, header_slices, other_records};
use milena_wire::compression::Decompressor;
use milena_wire::encode_request;
use milena_wire::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use milena_wire::records::{BatchBuilder, Batches};

fn report(what: &str, count: u64, bytes: u64) {
    println!("{what:<58} {count:>6} allocations, {bytes:>9} bytes");
}

fn main() {
    println!("for {RECORDS} records:");
    for headers in [0, 2] {
        let mut builder = BatchBuilder::new().with_capacity(RECORDS * 160);
        builder
            .append(0, None, Some(&[7; VALUE_SIZE]), header_slices(headers))
            .unwrap();
        builder.clear();
        let ours = measure(|| {
            for n in 0..RECORDS as i64 {
                builder
                    .append(n, None, Some(&[7; VALUE_SIZE]), header_slices(headers))
                    .unwrap();
            }
        });
        report(
            &format!("milena append, {headers} headers"),
            ours.count_total,
            ours.bytes_total,
        );
        let records = other_records(headers);
        let mut buffer = BytesMut::with_capacity(RECORDS * 160);
        let options = RecordEncodeOptions {
            version: 2,
            compression: Compression::None,
        };
        let theirs =
            measure(|| RecordBatchEncoder::encode(&mut buffer, &records, &options).unwrap());
        report(
            &format!("kafka-protocol encode, {headers} headers"),
            theirs.count_total,
            theirs.bytes_total,
        );

        let bytes = batch(headers);
        let mut decompressor = Decompressor::new();
        let ours = measure(|| {
            let batch = Batches::new(bytes.clone()).next().unwrap().unwrap();
            let set = batch.records(&mut decompressor).unwrap();
            let mut sum = 0;
            for record in &set {
                let record = record.unwrap();
                sum += record.headers.iter().count() + record.value.map_or(0, <[u8]>::len);
            }
            assert_eq!(sum, RECORDS * (VALUE_SIZE + headers));
        });
        report(
            &format!("milena CRC and iterate, {headers} headers"),
            ours.count_total,
            ours.bytes_total,
        );
        let theirs = measure(|| drop(RecordBatchDecoder::decode(&mut bytes.clone()).unwrap()));
        report(
            &format!("kafka-protocol decode, {headers} headers"),
            theirs.count_total,
            theirs.bytes_total,
        );
    }
    let data = PartitionProduceData::default().with_records(Bytes::from(vec![7; 1 << 20]));
    let topic = TopicProduceData::default()
        .with_name("orders")
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_topic_data(vec![topic]);
    let ours = measure(|| drop(encode_request(Vec::new(), &request, 12, 1, None).unwrap()));
    println!("a Produce request around 1 MiB:");
    report("milena encode", ours.count_total, ours.bytes_total);
}
