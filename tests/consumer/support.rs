//! What the tests share.

use std::time::Duration;

use milena::Client;
use milena::admin::NewTopic;
use milena::consumer::{Batch, Consumer};
use milena::producer::{Producer, Record};
use milena_broker::Cluster;

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
