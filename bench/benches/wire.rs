use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use kafka_protocol::messages as other;
use kafka_protocol::protocol::Decodable;
use milena_wire::codec::Message;
use milena_wire::messages::metadata::*;

fn metadata_body(version: i16) -> Bytes {
    let topics: Vec<_> = (0..1000)
        .map(|t| {
            let partitions: Vec<_> = (0..12)
                .map(|p| {
                    MetadataResponsePartition::default()
                        .with_partition_index(p)
                        .with_leader_id(p % 3)
                        .with_leader_epoch(5)
                        .with_replica_nodes(vec![0, 1, 2])
                        .with_isr_nodes(vec![0, 1, 2])
                })
                .collect();
            MetadataResponseTopic::default()
                .with_name(format!("topic-number-{t}"))
                .with_partitions(partitions)
        })
        .collect();
    let brokers: Vec<_> = (0..3)
        .map(|id| MetadataResponseBroker::default().with_node_id(id).with_host("broker.example.com").with_port(9092))
        .collect();
    MetadataResponse::default().with_brokers(brokers).with_topics(topics).encode(version).unwrap().into_bytes()
}

fn metadata(c: &mut Criterion) {
    let body = metadata_body(12);
    let mut group = c.benchmark_group("metadata_1000x12_decode_and_drop");
    group.bench_function("milena", |b| b.iter(|| MetadataResponse::decode(&body, 12).unwrap()));
    group.bench_function("kafka-protocol", |b| {
        b.iter(|| other::MetadataResponse::decode(&mut body.clone(), 12).unwrap())
    });
    group.finish();
}

criterion_group!(benches, metadata);
criterion_main!(benches);
