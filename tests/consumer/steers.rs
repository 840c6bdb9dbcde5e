//! Where reading begins, and where it goes on when the caller says so or the offset is not there.

use std::time::Duration;

use milena::admin::RecordsToDelete;
use milena::consumer::{Consumer, OffsetReset, Start};
use milena::error::ErrorKind;
use milena::producer::Record;
use milena::wire::compression::{Codec, Compression};
use milena::{Client, TopicPartition};

use crate::support::{LONG, begin, next, numbered, read, write};

async fn reader(client: &Client, start: Start) -> Consumer {
    let assigned = [("orders", 0, start)];
    client.consumer().assign(assigned).build().await.unwrap()
}

/// Waits until it is known where a consumer begins.
async fn position(consumer: &Consumer) -> i64 {
    let control = consumer.control();
    let known = async {
        loop {
            if let Some(position) = control.position(("orders", 0)).unwrap() {
                return position;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(LONG, known).await.unwrap()
}

async fn error(consumer: &mut Consumer) -> ErrorKind {
    let next = tokio::time::timeout(LONG, consumer.next()).await.unwrap();
    next.unwrap().unwrap_err().kind().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_begins_where_it_is_told_to() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    for number in 0..10 {
        let value = format!("value-{number}");
        let record = Record::to("orders")
            .value(&value)
            .timestamp(1_000 + number * 100);
        drop(producer.send(record).await.unwrap());
        producer.flush().await;
    }
    for (start, offset) in [
        (Start::Earliest, 0),
        (Start::Offset(4), 4),
        (Start::Timestamp(1_250), 3),
        (Start::Timestamp(1_300), 3),
        (Start::Ago(Duration::from_secs(1 << 34)), 0),
    ] {
        let mut consumer = reader(&client, start).await;
        let (offset, from) = (offset, usize::try_from(offset).unwrap());
        assert_eq!(
            read(&mut consumer, 10 - from).await,
            numbered(from..10),
            "{start:?}"
        );
        assert_eq!(
            consumer.control().position(("orders", 0)).unwrap(),
            Some(10),
            "{offset}"
        );
    }
    // Nothing is as new: from the end on.
    for start in [
        Start::Latest,
        Start::Timestamp(9_000),
        Start::Ago(Duration::from_secs(60)),
    ] {
        let consumer = reader(&client, start).await;
        assert_eq!(position(&consumer).await, 10, "{start:?}");
    }
    let mut consumer = reader(&client, Start::Latest).await;
    assert_eq!(position(&consumer).await, 10);
    write(&producer, "orders", 0, 10..12, 1).await;
    assert_eq!(read(&mut consumer, 2).await, numbered(10..12));
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_begins_before_the_offset_gives_what_is_behind_it() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..100, 100).await;
    let mut consumer = reader(&client, Start::Offset(40)).await;
    let batch = next(&mut consumer).await;
    assert_eq!(
        (batch.base_offset(), batch.len(), batch.next_offset()),
        (40, 60, 100)
    );
    assert_eq!(batch.iter().next().unwrap().offset, 40);
    assert_eq!(batch.into_iter().next().unwrap().offset(), 40);
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seek_goes_on_elsewhere_at_once() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..200, 20).await;
    let mut consumer = reader(&client, Start::Earliest).await;
    let control = consumer.control();
    for from in [100_usize, 0, 180, 20] {
        control
            .seek(("orders", 0), Start::Offset(i64::try_from(from).unwrap()))
            .unwrap();
        assert_eq!(read(&mut consumer, 20).await, numbered(from..from + 20));
    }
    control.seek(("orders", 0), Start::Earliest).unwrap();
    assert_eq!(read(&mut consumer, 200).await, numbered(0..200));
    let unknown = control.seek(("orders", 1), Start::Latest).unwrap_err();
    assert!(matches!(
        unknown.kind(),
        ErrorKind::NotAssigned { partition: 1, .. }
    ));
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_waits_and_what_is_unassigned_is_gone() {
    let (_cluster, client) = begin(1, "orders", 2).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = client.consumer().build().await.unwrap();
    let control = consumer.control();
    control.assign([("orders", Start::Earliest)]).await.unwrap();
    let both = [
        TopicPartition::new("orders", 0),
        TopicPartition::new("orders", 1),
    ];
    assert_eq!(control.assignment(), both);
    control.pause([("orders", 0)]).unwrap();
    assert_eq!(control.paused(), both[..1]);
    write(&producer, "orders", 0, 0..10, 10).await;
    write(&producer, "orders", 1, 0..10, 1).await;
    for _ in 0..10 {
        assert_eq!(next(&mut consumer).await.partition(), 1);
    }
    control.unassign([("orders", 1)]);
    control.resume([("orders", 0)]).unwrap();
    write(&producer, "orders", 1, 10..20, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    assert!(control.position(("orders", 1)).is_err());
    write(&producer, "orders", 0, 10..20, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(10..20));
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_that_is_not_there_is_told_or_reset() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..30, 10).await;
    let before = [(("orders", 0), RecordsToDelete::BeforeOffset(20))];
    client.admin().delete_records(before).await.all().unwrap();

    let builder = client.consumer().offset_reset(OffsetReset::None);
    let assigned = [("orders", 0, Start::Offset(5))];
    let mut consumer = builder.assign(assigned).build().await.unwrap();
    let ErrorKind::OffsetOutOfRange {
        topic,
        partition,
        offset,
    } = error(&mut consumer).await
    else {
        panic!("another error");
    };
    assert_eq!((&*topic, partition, offset), ("orders", 0, 5));
    consumer
        .control()
        .seek(("orders", 0), Start::Offset(20))
        .unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(20..30));

    for (reset, position_after) in [(OffsetReset::Earliest, 20), (OffsetReset::Latest, 30)] {
        for start in [5, 31] {
            let builder = client.consumer().offset_reset(reset);
            let assigned = [("orders", 0, Start::Offset(start))];
            let consumer = builder.assign(assigned).build().await.unwrap();
            let control = consumer.control();
            let moved = async {
                while control.position(("orders", 0)).unwrap() != Some(position_after) {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            };
            tokio::time::timeout(LONG, moved).await.unwrap();
        }
    }
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_cannot_be_assigned() {
    let (_cluster, client) = begin(1, "orders", 2).await;
    let of = |partition| {
        client
            .consumer()
            .assign([("orders", partition, Start::Latest)])
    };
    for partition in [2, -1] {
        let refused = of(partition).build().await.unwrap_err();
        let ErrorKind::UnknownPartition {
            topic,
            partition: told,
        } = refused.kind()
        else {
            panic!("{refused}");
        };
        assert_eq!((&**topic, *told), ("orders", partition));
    }
    let nowhere = client.consumer().assign([("nowhere", Start::Latest)]);
    let refused = nowhere.build().await.unwrap_err();
    assert!(refused.to_string().contains("UNKNOWN_TOPIC"), "{refused}");
    for (builder, option) in [
        (client.consumer().prefetch(0), "prefetch"),
        (
            client.consumer().max_partition_bytes(1 << 40),
            "max_partition_bytes",
        ),
        (client.consumer().min_bytes(60 << 20), "min_bytes"),
        (
            client.consumer().request_timeout(Duration::ZERO),
            "request_timeout",
        ),
    ] {
        let refused = builder.build().await.unwrap_err();
        let ErrorKind::Config(error) = refused.kind() else {
            panic!("{refused}");
        };
        assert_eq!(error.option, option);
    }
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_are_told() {
    let (_cluster, client) = begin(3, "orders", 3).await;
    let producer = client.producer().build().unwrap();
    for number in 0..10 {
        let record = Record::to("orders")
            .partition(1)
            .value("v")
            .timestamp(1_000 + number);
        drop(producer.send(record).await.unwrap());
    }
    producer.flush().await;
    let before = [(("orders", 1), RecordsToDelete::BeforeOffset(3))];
    client.admin().delete_records(before).await.all().unwrap();
    let consumer = client.consumer().build().await.unwrap();
    let control = consumer.control();
    let all = [("orders", 0), ("orders", 1), ("orders", 2)];
    let ends = control.end_offsets(all).await.unwrap();
    assert_eq!(ends.into_values().collect::<Vec<_>>(), [0, 10, 0]);
    let begins = control.beginning_offsets(all).await.unwrap();
    assert_eq!(begins.into_values().collect::<Vec<_>>(), [0, 3, 0]);
    let times = [(("orders", 1), 1_005), (("orders", 0), 0)];
    let found = control.offsets_for_times(times).await.unwrap();
    let offsets: Vec<_> = found.into_values().map(|listed| listed.offset).collect();
    assert_eq!(offsets, [None, Some(5)]);
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_batches_are_read() {
    let (_cluster, client) = begin(1, "orders", 1).await;
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4];
    for (round, codec) in codecs.into_iter().enumerate() {
        let compression = Compression::from(codec);
        let producer = client.producer().compression(compression).build().unwrap();
        write(&producer, "orders", 0, round * 500..(round + 1) * 500, 500).await;
    }
    let mut consumer = reader(&client, Start::Earliest).await;
    let mut seen = Vec::new();
    let mut records = Vec::new();
    while records.len() < 2000 {
        let batch = next(&mut consumer).await;
        seen.push(batch.codec());
        for record in batch {
            let value = String::from_utf8(record.value().unwrap().to_vec()).unwrap();
            records.push((record.offset(), value));
        }
    }
    assert_eq!(records, numbered(0..2000));
    seen.dedup();
    assert_eq!(seen, codecs);
    client.close().await;
}
