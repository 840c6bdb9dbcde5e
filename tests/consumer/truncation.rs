//! Logs that end earlier than what was read, or go on otherwise (KIP-320).

use std::time::Duration;

use milena::Client;
use milena::consumer::{Consumer, ConsumerBuilder, OffsetReset, Start};
use milena::error::ErrorKind;
use milena::producer::Record;
use milena_broker::Cluster;

use crate::support::{LONG, all_of, next, nothing_comes, numbered, read, tapped, write};

/// Writes records that are told from those before: `new-20` and so on. By a producer of its own, as the log has lost what the other one knows of it.
async fn write_new(client: &Client, numbers: std::ops::Range<usize>) -> Vec<(i64, String)> {
    let mut written = Vec::new();
    let producer = client.producer().build().unwrap();
    for number in numbers {
        let value = format!("new-{number}");
        let record = Record::to("orders").partition(0).value(&value);
        let delivery = producer.send(record).await.unwrap();
        producer.flush().await;
        let offset = delivery.await.unwrap().offset.unwrap();
        assert_eq!(offset, i64::try_from(number).unwrap());
        written.push((offset, value));
    }
    written
}

/// Waits for the error; gives where the caller was and where the log is another one.
async fn truncated(consumer: &mut Consumer) -> (i64, Option<i64>) {
    let next = tokio::time::timeout(LONG, consumer.next()).await.unwrap();
    let error = next.unwrap().unwrap_err();
    let ErrorKind::LogTruncated {
        topic,
        partition,
        offset,
        diverges_at,
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((&**topic, *partition), ("orders", 0));
    (*offset, *diverges_at)
}

/// Takes all from offset 20 on away, as an election does that is not clean: of a replica that had no more, on another node or the same.
fn truncate(cluster: &Cluster, moves: bool) {
    assert_eq!(cluster.truncate_partition("orders", 0, 20).unwrap(), 20);
    if moves {
        let leader = cluster.leader("orders", 0).unwrap();
        cluster.move_leader("orders", 0, 3 - leader).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_truncated_is_an_error_without_a_reset_policy() {
    for (moves, grows) in [(false, false), (true, false), (false, true), (true, true)] {
        let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 2).await;
        cluster.move_leader("orders", 1, 1).unwrap();
        let producer = client.producer().build().unwrap();
        write(&producer, "orders", 0, 0..30, 10).await;
        let builder = all_of(&client, 0..2).offset_reset(OffsetReset::None);
        let mut consumer = builder.build().await.unwrap();
        assert_eq!(read(&mut consumer, 30).await, numbered(0..30));
        truncate(&cluster, moves);
        // Shorter than what was read; or longer again, and another one.
        let end = if grows { 40 } else { 20 };
        let new = write_new(&client, 20..end).await;
        assert_eq!(
            truncated(&mut consumer).await,
            (30, Some(20)),
            "{moves} {grows}"
        );
        // It is told once, and not read on; another partition is.
        nothing_comes(&mut consumer, Duration::from_secs(5)).await;
        write(&producer, "orders", 1, 0..10, 10).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
        let control = consumer.control();
        assert_eq!(control.position(("orders", 0)).unwrap(), Some(30));
        control.seek(("orders", 0), Start::Offset(20)).unwrap();
        assert_eq!(read(&mut consumer, new.len()).await, new);
        let more = write_new(&client, end..end + 5).await;
        assert_eq!(read(&mut consumer, 5).await, more);
        assert_eq!(tap.most_in_flight(), 1);
        client.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_truncated_is_read_on_where_it_diverges_with_a_reset_policy() {
    for (moves, grows) in [(false, false), (true, false), (false, true), (true, true)] {
        for reset in [OffsetReset::Earliest, OffsetReset::Latest] {
            let (cluster, client, _tap) = tapped(Cluster::builder().nodes(2), 1).await;
            let producer = client.producer().build().unwrap();
            write(&producer, "orders", 0, 0..30, 10).await;
            let builder = all_of(&client, 0..1).offset_reset(reset);
            let mut consumer = builder.build().await.unwrap();
            assert_eq!(read(&mut consumer, 30).await, numbered(0..30));
            truncate(&cluster, moves);
            let end = if grows { 40 } else { 23 };
            let new = write_new(&client, 20..end).await;
            assert_eq!(read(&mut consumer, new.len()).await, new);
            nothing_comes(&mut consumer, Duration::from_secs(2)).await;
            client.close().await;
        }
    }
}

/// The caller has had nothing of what was truncated: it was fetched ahead, and is not handed out.
#[tokio::test(start_paused = true)]
async fn what_was_fetched_ahead_and_truncated_is_never_seen() {
    type Terms = fn(ConsumerBuilder) -> ConsumerBuilder;
    let terms: [Terms; 2] = [
        |builder| builder.offset_reset(OffsetReset::None),
        |builder| builder.offset_reset(OffsetReset::Earliest),
    ];
    for terms in terms {
        let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 1).await;
        let producer = client.producer().build().unwrap();
        write(&producer, "orders", 0, 0..30, 10).await;
        let builder = terms(all_of(&client, 0..1));
        let mut consumer = builder.build().await.unwrap();
        let first = next(&mut consumer).await;
        assert_eq!((first.base_offset(), first.next_offset()), (0, 10));
        assert_eq!(tap.sent(0).len(), 3);
        truncate(&cluster, true);
        let new = write_new(&client, 20..25).await;
        // The consumer has found out: it asks the other node, from where the caller is.
        tap.until(|fetches| {
            fetches
                .iter()
                .any(|fetch| fetch.node == 2 && fetch.response.is_some())
        })
        .await;
        let mut expected = numbered(10..20);
        expected.extend(new);
        assert_eq!(read(&mut consumer, 15).await, expected);
        nothing_comes(&mut consumer, Duration::from_secs(2)).await;
        client.close().await;
    }
}

/// A new leader that has all of it costs nothing.
#[tokio::test(start_paused = true)]
async fn a_clean_election_is_no_truncation() {
    let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 1).await;
    let producer = client.producer().build().unwrap();
    let builder = all_of(&client, 0..1).offset_reset(OffsetReset::None);
    let mut consumer = builder.build().await.unwrap();
    for round in 0..6 {
        let numbers = round * 10..(round + 1) * 10;
        write(&producer, "orders", 0, numbers.clone(), 5).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        match round % 2 {
            0 => drop(cluster.raise_leader_epoch("orders", 0).unwrap()),
            _ => truncate_nothing(&cluster),
        }
    }
    let sent: Vec<_> = tap.sent(0).iter().map(|sent| sent.1).collect();
    assert!(sent.is_sorted_by(|one, other| one < other), "{sent:?}");
    assert_eq!(consumer.control().discarded(), 0);
    client.close().await;
}

fn truncate_nothing(cluster: &Cluster) {
    let leader = cluster.leader("orders", 0).unwrap();
    cluster.move_leader("orders", 0, 3 - leader).unwrap();
}
