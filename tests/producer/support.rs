//! What the tests share.

use std::time::Duration;

use milena::cluster::ClientBuilder;
use milena::producer::{Delivery, Producer, ProducerBuilder, Record, RecordPosition};
use milena::wire::compression::Decompressor;
use milena::wire::messages::FetchRequest;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::records::Batches;
use milena::{Client, Error};
use milena_broker::{Cluster, FaultGuard};

pub(crate) const TOPIC: &str = "t";

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Three nodes without sockets, with the topic `t`, which has so many partitions on all three.
pub(crate) async fn cluster(partitions: i32) -> Cluster {
    let cluster = Cluster::builder().nodes(3).in_memory();
    let cluster = cluster.start().await.unwrap();
    cluster.create_topic(TOPIC, partitions, 3).unwrap();
    cluster
}

pub(crate) async fn client(cluster: &Cluster) -> Client {
    client_of(cluster, Client::builder()).await
}

pub(crate) async fn client_of(cluster: &Cluster, builder: ClientBuilder) -> Client {
    let dialer = cluster.dialer();
    let client = builder
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move { dialer.connect(&address).await }
        });
    client.build().await.unwrap()
}

/// A producer that does not wait for more records.
pub(crate) fn eager(client: &Client) -> ProducerBuilder {
    client.producer().linger(Duration::ZERO)
}

/// Sends a record to the first partition of the topic `t`.
pub(crate) async fn send(producer: &Producer, value: &str) -> Delivery {
    let record = Record::to(TOPIC).partition(0).value(value);
    producer.send(record).await.unwrap()
}

/// Sends records from these numbers to the first partition, each in a batch of its own, and all of them as long as there is room in flight.
pub(crate) async fn send_apart(
    producer: &Producer,
    numbers: impl IntoIterator<Item = usize>,
) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for number in numbers {
        deliveries.push(send(producer, &number.to_string()).await);
        // Time is paused: it goes on when all that could be done is done.
        tokio::time::sleep(ms(1)).await;
    }
    deliveries
}

pub(crate) async fn all(deliveries: Vec<Delivery>) -> Result<Vec<RecordPosition>, Error> {
    let mut positions = Vec::new();
    for delivery in deliveries {
        positions.push(delivery.await?);
    }
    Ok(positions)
}

/// The offsets, which must be known.
pub(crate) fn offsets(positions: &[RecordPosition]) -> Vec<i64> {
    positions.iter().map(|at| at.offset.unwrap()).collect()
}

/// A batch in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InLog {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) sequence: i32,
    pub(crate) values: Vec<String>,
}

/// What is in the log of a partition of the topic `t`.
pub(crate) async fn log(client: &Client, partition: i32) -> Vec<InLog> {
    let mut next = 0;
    let mut found = Vec::new();
    loop {
        let asked = FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(next)
            .with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(TOPIC)
            .with_partitions(vec![asked]);
        let request = FetchRequest::default()
            .with_replica_id(-1)
            .with_max_bytes(8 << 20)
            .with_topics(vec![topic]);
        let answer = client.send(request).await.unwrap();
        let partition = &answer.responses[0].partitions[0];
        assert!(partition.error_code.is_ok(), "{:?}", partition.error_code);
        let records = partition.records.clone().unwrap_or_default();
        if records.is_empty() {
            return found;
        }
        for batch in Batches::new(records) {
            let batch = batch.unwrap();
            let records = batch.records(&mut Decompressor::new()).unwrap();
            let records = records.check().unwrap();
            let values = records.iter().map(|record| {
                let value = record.value.unwrap_or_default();
                String::from_utf8(value.to_vec()).unwrap()
            });
            found.push(InLog {
                producer_id: batch.producer_id(),
                epoch: batch.producer_epoch(),
                sequence: batch.base_sequence(),
                values: values.collect(),
            });
            next = batch.last_offset() + 1;
        }
    }
}

/// The values in the log of the first partition.
pub(crate) async fn values(client: &Client) -> Vec<String> {
    let batches = log(client, 0).await.into_iter();
    batches.flat_map(|batch| batch.values).collect()
}

/// The numbers below `count`, as they are written.
pub(crate) fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

/// Waits until a fault has happened so often.
pub(crate) async fn hit(fault: &FaultGuard, times: u64) {
    assert!(fault.until_hits(times).await);
}
