//! The administration of embedded brokers: of those that are as they should be, that are old, and that fail.

mod cluster;
mod failures;
mod groups;
mod old;
mod partitions;
mod security;
mod topics;
mod transactions;

use std::time::Duration;

use milena::wire::compression::Compressor;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::ProduceRequest;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::records::BatchBuilder;
use milena::{Client, Error};
use milena_broker::{ApiKey, Cluster, ClusterBuilder, RequestLog};

/// Three brokers in memory.
fn three() -> ClusterBuilder {
    Cluster::builder().nodes(3).in_memory()
}

/// A client of this cluster.
async fn client(cluster: &Cluster) -> Client {
    let dialer = cluster.dialer();
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move { dialer.connect(&address).await }
        })
        .deadline(Duration::from_secs(10));
    client.build().await.unwrap()
}

/// Writes three records to a partition, of these timestamps.
async fn write(client: &Client, topic: &str, partition: i32, timestamps: [i64; 3]) {
    let mut batch = BatchBuilder::new();
    let headers: [(&str, Option<&[u8]>); 0] = [];
    for timestamp in timestamps {
        batch
            .append(timestamp, None, Some(b"value"), headers)
            .unwrap();
    }
    let records = batch.seal(&mut Compressor::new()).unwrap();
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(records);
    let topic = TopicProduceData::default()
        .with_name(topic.to_owned())
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data(vec![topic]);
    let answer = client.send(request).await.unwrap();
    assert!(
        answer.responses[0].partition_responses[0]
            .error_code
            .is_ok()
    );
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    let error = result.expect_err("an error code");
    error.broker_code().unwrap_or_else(|| panic!("{error}"))
}

/// Which nodes were asked, in order of their ids.
fn nodes(log: &RequestLog, api: ApiKey) -> Vec<i32> {
    let mut nodes: Vec<_> = log.seen(api).iter().map(|seen| seen.node).collect();
    nodes.sort_unstable();
    nodes
}
