//! Records arrive, once each and in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use milena::Client;
use milena::admin::{NewTopic, OffsetSpec};
use milena::producer::Record;
use milena_broker::Cluster;

use crate::support::{TOPIC, client, cluster, send};

#[tokio::test(flavor = "multi_thread")]
async fn records_arrive_and_their_positions_are_told() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let bootstrap = cluster.bootstrap().to_vec();
    let client = Client::builder()
        .bootstrap(bootstrap)
        .build()
        .await
        .unwrap();
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("orders").partitions(4))
        .await
        .unwrap();
    let producer = client.producer().build().unwrap();
    let mut deliveries = Vec::new();
    for number in 0..10_000 {
        let value = format!("value-{number}");
        let record = Record::to("orders").key(&value).value(&value);
        deliveries.push(producer.send(record).await.unwrap());
    }
    let mut counts = [0_i64; 4];
    for delivery in deliveries {
        let position = delivery.await.unwrap();
        let count = &mut counts[usize::try_from(position.partition).unwrap()];
        assert_eq!(position.offset, Some(*count));
        *count += 1;
    }
    for (partition, count) in (0..).zip(counts) {
        let listed = admin
            .list_offsets([(("orders", partition), OffsetSpec::Latest)])
            .await;
        let listed = listed.all().unwrap();
        assert_eq!(listed.values().next().unwrap().offset, Some(count));
    }
    assert!(producer.close(Duration::from_secs(10)).await);
    client.close().await;
}

#[tokio::test]
async fn who_sends_without_end_lets_others_have_their_turn() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = client.producer().linger(Duration::from_secs(60));
    let producer = producer.build().unwrap();
    drop(send(&producer, "the topic is known from here on").await);
    let turns = Arc::new(AtomicU32::new(0));
    let others = tokio::spawn({
        let turns = Arc::clone(&turns);
        async move {
            loop {
                turns.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }
    });
    // 4 MB, of which none has to wait for room.
    for _ in 0..20_000 {
        let record = Record::to(TOPIC).partition(0).value(&[7; 200]);
        drop(producer.send(record).await.unwrap());
    }
    let had = turns.load(Ordering::Relaxed);
    assert!((20..2_000).contains(&had), "{had} turns");
    others.abort();
}
