//! Batches that cannot be read (fault row 28).

use std::time::Duration;

use milena::Client;
use milena::consumer::{Consumer, ConsumerBuilder, Start};
use milena::error::ErrorKind;
use milena::wire::compression::{CompressionError, Compressor};
use milena::wire::messages::ProduceRequest;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::records::{BatchBuilder, RecordError};
use milena_broker::{Action, ApiKey, Cluster, Fault};

use crate::forge::as_if_compressed;
use crate::support::{LONG, all_of, next, nothing_comes, numbered, read, tapped, write};
use crate::tap::{Fetch, Tap};

/// The offset of what cannot be read, the offset behind it, and why, of partition 0.
async fn unreadable(consumer: &mut Consumer) -> (i64, Option<i64>, RecordError) {
    loop {
        let next = tokio::time::timeout(LONG, consumer.next()).await.unwrap();
        match next.unwrap() {
            Ok(batch) => assert_eq!(batch.partition(), 1),
            Err(error) => {
                let ErrorKind::UnreadableRecords {
                    topic,
                    partition,
                    offset,
                    next_offset,
                    error,
                } = error.kind()
                else {
                    panic!("{error}");
                };
                assert_eq!((&**topic, *partition), ("orders", 0));
                return (*offset, *next_offset, *error);
            }
        }
    }
}

/// How many of the Fetches, from one on, were told records of partition 0.
fn told_of_first(tap: &Tap, from: usize) -> usize {
    let fetches = tap.fetches();
    let had = |fetch: &&Fetch| {
        let mut told = fetch.told();
        told.any(|told| {
            told.partition_index == 0 && told.records.as_ref().is_some_and(|it| !it.is_empty())
        })
    };
    fetches[from..].iter().filter(had).count()
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_a_wrong_checksum_is_told_once_and_the_others_go_on() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 2).await;
    let producer = client.producer().build().unwrap();
    for partition in 0..2 {
        write(&producer, "orders", partition, 0..30, 10).await;
    }
    let fault = Fault::on(ApiKey::FETCH, Action::CorruptRecords).partition("orders", 0);
    let fault = cluster.inject(fault);
    let mut consumer = all_of(&client, 0..2).build().await.unwrap();
    let (offset, next_offset, error) = unreadable(&mut consumer).await;
    assert_eq!((offset, next_offset), (0, Some(10)));
    assert!(
        matches!(error, RecordError::Checksum { offset: 0, .. }),
        "{error:?}"
    );

    // It is left alone, and the other one is read.
    let count = tap.fetches().len();
    let control = consumer.control();
    control.seek(("orders", 1), Start::Offset(0)).unwrap();
    assert_eq!(read(&mut consumer, 30).await, numbered(0..30));
    write(&producer, "orders", 1, 30..40, 10).await;
    write(&producer, "orders", 0, 30..40, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(30..40));
    nothing_comes(&mut consumer, Duration::from_secs(10)).await;
    assert_eq!(told_of_first(&tap, count + 1), 0);
    assert_eq!(control.position(("orders", 0)).unwrap(), Some(0));
    assert_eq!(control.position(("orders", 1)).unwrap(), Some(40));

    // From the same place on it is as corrupt; behind it, and once it has been mended, all is well.
    control.seek(("orders", 0), Start::Offset(0)).unwrap();
    assert_eq!(unreadable(&mut consumer).await.0, 0);
    drop(fault);
    control.seek(("orders", 0), Start::Offset(10)).unwrap();
    assert_eq!(read(&mut consumer, 30).await, numbered(10..40));
    control.seek(("orders", 0), Start::Offset(0)).unwrap();
    assert_eq!(read(&mut consumer, 40).await, numbered(0..40));
    assert_eq!(tap.most_in_flight(), 1);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_a_wrong_checksum_is_left_out_or_believed_at_the_callers_word() {
    let (cluster, client, _tap) = tapped(Cluster::builder(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..30, 10).await;
    type Word = fn(ConsumerBuilder) -> ConsumerBuilder;
    let words: [(Word, usize); 2] = [
        (|builder| builder.skip_corrupt(true), 10),
        (|builder| builder.check_crcs(false), 0),
    ];
    for (word, first) in words {
        let fault = Fault::on(ApiKey::FETCH, Action::CorruptRecords).times(1);
        let fault = cluster.inject(fault);
        let builder = word(all_of(&client, 0..1));
        let mut consumer = builder.build().await.unwrap();
        assert_eq!(read(&mut consumer, 30 - first).await, numbered(first..30));
        nothing_comes(&mut consumer, Duration::from_secs(2)).await;
        assert_eq!(fault.hits(), 1);
        assert_eq!(
            consumer.control().position(("orders", 0)).unwrap(),
            Some(30)
        );
    }
    client.close().await;
}

/// Writes a batch of two records to partition 0 that says that it is compressed.
async fn write_broken(client: &Client) {
    let mut builder = BatchBuilder::new();
    for value in ["one", "two"] {
        builder
            .append(1_000, None, Some(value.as_bytes()), [])
            .unwrap();
    }
    let records = as_if_compressed(&builder.seal(&mut Compressor::new()).unwrap());
    let partition = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name("orders")
        .with_partition_data(vec![partition]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(10_000)
        .with_topic_data(vec![topic]);
    let produced = client.send(request).await.unwrap();
    let result = &produced.responses[0].partition_responses[0];
    assert!(result.error_code.is_ok(), "{:?}", result.error_code);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_does_not_decompress_is_told_once_and_not_asked_for_again() {
    let builder = Cluster::builder().check_every_record(false);
    let (_cluster, client, tap) = tapped(builder, 2).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    write_broken(&client).await;
    write(&producer, "orders", 0, 12..20, 8).await;
    let mut consumer = all_of(&client, 0..2).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    let (offset, next_offset, error) = unreadable(&mut consumer).await;
    assert_eq!((offset, next_offset), (10, Some(12)));
    let RecordError::Compression {
        base_offset: 10,
        source: CompressionError::Corrupt { .. },
    } = error
    else {
        panic!("{error:?}");
    };

    // One Fetch in each half a second, which is how long the broker waits for more; none of them brings it again.
    let count = tap.fetches().len();
    nothing_comes(&mut consumer, Duration::from_secs(30)).await;
    let fetches = tap.fetches().len() - count;
    assert!((50..=62).contains(&fetches), "{fetches} Fetches");
    assert_eq!(told_of_first(&tap, 0), 1);
    write(&producer, "orders", 1, 0..10, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));

    let control = consumer.control();
    assert_eq!(control.position(("orders", 0)).unwrap(), Some(10));
    control.seek(("orders", 0), Start::Offset(12)).unwrap();
    assert_eq!(read(&mut consumer, 8).await, numbered(12..20));

    let builder = all_of(&client, 0..1).skip_corrupt(true);
    let mut consumer = builder.build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    assert_eq!(next(&mut consumer).await.base_offset(), 12);
    client.close().await;
}
