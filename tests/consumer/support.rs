//! What the tests share.

use std::time::Duration;

use milena::Client;
use milena::admin::NewTopic;
use milena::consumer::{Batch, Consumer, ConsumerBuilder, Start};
use milena::producer::{Producer, Record};
use milena_broker::{Cluster, ClusterBuilder};

use crate::tap::Tap;

/// No test waits longer.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) async fn client(cluster: &Cluster) -> Client {
    let bootstrap = cluster.bootstrap().to_vec();
    let builder = Client::builder().bootstrap(bootstrap);
    builder.build().await.unwrap()
}

/// A client of a cluster with a topic.
pub(crate) async fn begin(nodes: u16, topic: &str, partitions: i32) -> (Cluster, Client) {
    let cluster = Cluster::builder().nodes(nodes).start().await.unwrap();
    let client = client(&cluster).await;
    let replicas = i16::try_from(nodes).unwrap();
    let topic = NewTopic::new(topic)
        .partitions(partitions)
        .replication_factor(replicas);
    client.admin().create_topic(topic).await.unwrap();
    (cluster, client)
}

/// A client whose Fetches are seen, of a cluster without sockets: time may be paused. There is a topic `orders` with so many partitions on all nodes, of
/// which node 1 leads the first.
pub(crate) async fn tapped(cluster: ClusterBuilder, partitions: i32) -> (Cluster, Client, Tap) {
    let cluster = cluster.in_memory().start().await.unwrap();
    let replicas = i16::try_from(cluster.nodes().len()).unwrap();
    cluster
        .create_topic("orders", partitions, replicas)
        .unwrap();
    cluster.move_leader("orders", 0, 1).unwrap();
    let tap = Tap::default();
    let (dialer, seen) = (cluster.dialer(), tap.clone());
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| seen.clone().dial(dialer.clone(), address));
    (cluster, client.build().await.unwrap(), tap)
}

/// A reader of partitions of the topic `orders`, each from its first record on.
pub(crate) fn all_of(client: &Client, partitions: std::ops::Range<i32>) -> ConsumerBuilder {
    let assigned = partitions.map(|partition| ("orders", partition, Start::Offset(0)));
    client.consumer().assign(assigned)
}

/// Waits for so long, in paused time, and makes sure that nothing comes.
pub(crate) async fn nothing_comes(consumer: &mut Consumer, time: Duration) {
    let next = tokio::time::timeout(time, consumer.next()).await;
    assert!(next.is_err(), "{next:?}");
}

/// Writes numbered records to a partition, `value-0` on, one batch of so many at a time.
pub(crate) async fn write(
    producer: &Producer,
    topic: &str,
    partition: i32,
    numbers: std::ops::Range<usize>,
    batch: usize,
) {
    let mut deliveries = Vec::new();
    for number in numbers {
        let value = format!("value-{number}");
        let record = Record::to(topic).partition(partition).value(&value);
        deliveries.push(producer.send(record).await.unwrap());
        if deliveries.len() == batch {
            producer.flush().await;
            for delivery in deliveries.drain(..) {
                delivery.await.unwrap();
            }
        }
    }
    producer.flush().await;
    for delivery in deliveries {
        delivery.await.unwrap();
    }
}

pub(crate) async fn next(consumer: &mut Consumer) -> Batch {
    let next = tokio::time::timeout(LONG, consumer.next()).await;
    next.expect("a batch comes").unwrap().unwrap()
}

/// Reads so many records of one partition; gives their offsets and values.
pub(crate) async fn read(consumer: &mut Consumer, count: usize) -> Vec<(i64, String)> {
    let mut records = Vec::new();
    while records.len() < count {
        let batch = next(consumer).await;
        for record in &batch {
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            records.push((record.offset, value));
        }
    }
    records
}

/// The records from one number to another, as they were written from offset 0 on.
pub(crate) fn numbered(numbers: std::ops::Range<usize>) -> Vec<(i64, String)> {
    let record = |number| (i64::try_from(number).unwrap(), format!("value-{number}"));
    numbers.map(record).collect()
}
