//! Records come, once each and in order.

use std::collections::BTreeMap;

use milena::consumer::Start;
use milena::producer::Record;

use crate::support::{LONG, begin, next, numbered, read, write};

#[tokio::test(flavor = "multi_thread")]
async fn records_of_all_partitions_come_once_and_in_order() {
    let (_cluster, client) = begin(3, "orders", 6).await;
    let producer = client.producer().build().unwrap();
    for number in 0..6_000 {
        let value = format!("value-{number}");
        let record = Record::to("orders").key(&value).value(&value);
        drop(producer.send(record).await.unwrap());
    }
    producer.flush().await;
    let assigned = [("orders", Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    let mut seen = BTreeMap::new();
    let mut positions = [0_i64; 6];
    while seen.len() < 6_000 {
        let batch = next(&mut consumer).await;
        let position = &mut positions[usize::try_from(batch.partition()).unwrap()];
        assert_eq!(batch.base_offset(), *position);
        for record in &batch {
            assert_eq!(record.offset, *position);
            assert_eq!(record.key, record.value);
            *position += 1;
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            assert_eq!(seen.insert(value, record.offset), None);
        }
        assert_eq!(batch.next_offset(), *position);
    }
    let control = consumer.control();
    for (partition, position) in (0..).zip(positions) {
        assert_eq!(
            control.position(("orders", partition)).unwrap(),
            Some(position)
        );
        assert_eq!(control.lag(("orders", partition)).unwrap(), Some(0));
    }
    assert_eq!(control.discarded(), 0);
    client.close().await;
    assert!(consumer.next().await.unwrap().is_err());
    assert!(consumer.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_it_is_read_comes() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    let assigned = [("orders", 0, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    for round in 0..10 {
        let numbers = round * 100..(round + 1) * 100;
        write(&producer, "orders", 0, numbers.clone(), 30).await;
        assert_eq!(read(&mut consumer, 100).await, numbered(numbers));
    }
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_asked_for_whole_so_that_nothing_comes_twice() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    let value = [7; 1000];
    for _ in 0..60 {
        for _ in 0..300 {
            let record = Record::to("orders").value(&value);
            drop(producer.send(record).await.unwrap());
        }
        producer.flush().await;
    }
    let received = || {
        let brokers = client.metrics().unwrap().brokers;
        brokers.iter().map(|one| one.bytes_received).sum::<u64>()
    };
    let before = received();
    let assigned = [("orders", 0, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    let (mut bytes, mut end) = (0, 0);
    while end < 18_000 {
        let batch = next(&mut consumer).await;
        bytes += batch.size() as u64;
        end = batch.next_offset();
    }
    let received = received() - before;
    // A broker that cuts at 1 MiB would send half a batch of 300 KB again with every third.
    assert!(bytes > 18_000_000);
    assert!(
        received < bytes + bytes / 50,
        "{received} for {bytes} bytes"
    );
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_can_be_kept() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    for number in 0..1000 {
        let (key, value) = (format!("key-{number}"), format!("value-{number}"));
        let text = number.to_string();
        let record = Record::to("orders").key(&key).value(&value);
        let record = record.header("number", &text);
        drop(producer.send(record).await.unwrap());
    }
    let tombstone = Record::to("orders").key("gone");
    drop(producer.send(tombstone).await.unwrap());
    producer.flush().await;
    let assigned = [("orders", 0, Start::Earliest)];
    let consumer = client.consumer().assign(assigned).build().await.unwrap();
    let mut records = consumer.records();
    let mut kept = Vec::new();
    while kept.len() < 1001 {
        let next = tokio::time::timeout(LONG, records.next()).await;
        kept.push(next.unwrap().unwrap().unwrap());
    }
    drop(records);
    client.close().await;
    let tombstone = kept.pop().unwrap();
    assert_eq!(
        (tombstone.key(), tombstone.value()),
        (Some(&b"gone"[..]), None)
    );
    for (number, record) in kept.iter().enumerate() {
        assert_eq!((record.topic(), record.partition()), ("orders", 0));
        assert_eq!(record.offset(), i64::try_from(number).unwrap());
        assert_eq!(record.key_bytes().unwrap(), format!("key-{number}"));
        assert_eq!(record.value_bytes().unwrap(), format!("value-{number}"));
        let header = record.headers().last("number").unwrap();
        assert_eq!(header.value().unwrap(), number.to_string().as_bytes());
    }
}
