//! milena beside other clients and codecs: what the measurements in `benches/` share.

use bytes::Bytes;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{Record, TimestampType};
use milena_wire::codec::Message as _;
use milena_wire::compression::Compressor;
use milena_wire::messages::metadata::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use milena_wire::records::BatchBuilder;

/// Records in a batch.
pub const RECORDS: usize = 1000;
/// Bytes of a record's value.
pub const VALUE_SIZE: usize = 100;

const HEADERS: [(&str, &[u8]); 2] = [("trace-id", b"0123456789abcdef"), ("source", b"checkout")];

/// The first `count` headers of each record.
pub fn header_slices(
    count: usize,
) -> impl Iterator<Item = (&'static str, Option<&'static [u8]>)> + Clone {
    HEADERS
        .into_iter()
        .take(count)
        .map(|(key, value)| (key, Some(value)))
}

/// A batch of records with `headers` headers each.
pub fn batch(headers: usize) -> Bytes {
    let mut builder = BatchBuilder::new();
    for n in 0..RECORDS {
        let headers = header_slices(headers);
        builder
            .append(
                1_700_000_000_000 + n as i64,
                None,
                Some(&[7; VALUE_SIZE]),
                headers,
            )
            .unwrap();
    }
    builder.seal(&mut Compressor::new()).unwrap()
}

/// The same records as kafka-protocol has them.
pub fn other_records(headers: usize) -> Vec<Record> {
    let headers: IndexMap<StrBytes, Option<Bytes>> = header_slices(headers)
        .map(|(key, value)| {
            (
                StrBytes::from_static_str(key),
                value.map(Bytes::from_static),
            )
        })
        .collect();
    (0..RECORDS as i64)
        .map(|n| Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: -1,
            producer_epoch: -1,
            timestamp_type: TimestampType::Creation,
            offset: n,
            sequence: n as i32,
            timestamp: 1_700_000_000_000 + n,
            key: None,
            value: Some(Bytes::from_static(&[7; VALUE_SIZE])),
            headers: headers.clone(),
        })
        .collect()
}

/// A Metadata answer of 1,000 topics with 12 partitions of three replicas each.
pub fn metadata_body(version: i16) -> Bytes {
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(index % 3)
            .with_leader_epoch(5)
            .with_replica_nodes(vec![0, 1, 2])
            .with_isr_nodes(vec![0, 1, 2])
    };
    let topic = |number| {
        MetadataResponseTopic::default()
            .with_name(format!("topic-number-{number}"))
            .with_partitions((0..12).map(partition).collect::<Vec<_>>())
    };
    let broker = |id| {
        MetadataResponseBroker::default()
            .with_node_id(id)
            .with_host("broker.example.com")
            .with_port(9092)
    };
    MetadataResponse::default()
        .with_brokers((0..3).map(broker).collect::<Vec<_>>())
        .with_topics((0..1000).map(topic).collect::<Vec<_>>())
        .encode(version)
        .unwrap()
        .into_bytes()
}
