//! The buffer, and what is done with its memory: rows 20 and 21 of docs/faults.md.

use std::time::Duration;

use milena::error::ErrorKind;
use milena::producer::Record;
use milena_broker::{Action, ApiKey, Fault, Moment};
use tokio::time::{Instant, timeout};

use crate::support::{TOPIC, client, cluster, eager, hit, log, ms, send, values};

fn large(byte: u8) -> String {
    char::from(byte).to_string().repeat(300_000)
}

/// Row 20. Batches that come later are built in memory that is used again; one that is on its way keeps its own.
#[tokio::test(start_paused = true)]
async fn the_bytes_of_a_batch_that_expires_in_flight_are_not_used_again() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = eager(&client).delivery_timeout(ms(500)).build().unwrap();
    let (here, there) = (0, 1);
    assert_ne!(cluster.leader(TOPIC, here), cluster.leader(TOPIC, there));
    // So that there is memory to be used again.
    let first = Record::to(TOPIC).partition(there);
    let value = large(b'-');
    producer
        .send(first.value(&value))
        .await
        .unwrap()
        .await
        .unwrap();
    // Most of it is still on the client's side when its time is over.
    let stall = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::BeforeReading)).times(1);
    let stall = cluster.inject(stall);
    let mut stuck = Vec::new();
    for byte in b"abc" {
        stuck.push(send(&producer, &large(*byte)).await);
    }
    hit(&stall, 1).await;
    let mut unsure = 0;
    for stuck in stuck {
        let error = stuck.await.unwrap_err();
        unsure += usize::from(error.may_have_been_sent());
    }
    assert!(unsure > 0, "none was on its way");
    for byte in b"ABCDEFGH" {
        let value = large(*byte);
        let record = Record::to(TOPIC).partition(there).value(&value);
        producer.send(record).await.unwrap().await.unwrap();
    }
    stall.clear();
    let value = "the last";
    let last = Record::to(TOPIC).partition(here).value(value);
    producer.send(last).await.unwrap().await.unwrap();
    // Whatever came of those that had expired, each is as it was sent, and there once at most.
    let found = values(&client).await;
    let mut sent: Vec<_> = b"abc".iter().map(|byte| large(*byte)).collect();
    sent.push(value.to_owned());
    sent.retain(|value| found.contains(value));
    assert!(
        found == sent,
        "{:?}",
        found.iter().map(|value| &value[..1]).collect::<Vec<_>>()
    );
    let elsewhere: Vec<_> = log(&client, there)
        .await
        .into_iter()
        .flat_map(|batch| batch.values)
        .collect();
    let expected: Vec<_> = b"-ABCDEFGH".iter().map(|byte| large(*byte)).collect();
    assert!(elsewhere == expected);
}

/// A buffer that is full for long, as the broker is far away: batches are as large as they may be all the same, so that five of them go each round trip.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_stay_large_while_the_buffer_is_full() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    for node in 1..=3 {
        cluster.set_latency(node, ms(20));
    }
    let producer = client
        .producer()
        .batch_size(16 << 10)
        .buffer_memory(1 << 20)
        .build()
        .unwrap();
    let value = "x".repeat(100);
    send(&producer, &value).await.await.unwrap();
    let produced = cluster.log_requests();
    for _ in 0..60_000 {
        drop(send(&producer, &value).await);
    }
    producer.flush().await;
    // About 150 records go into one.
    let batches = produced.seen(ApiKey::PRODUCE).len();
    assert!((380..600).contains(&batches), "{batches}");
}

/// The open batch of another partition has all the memory, and would wait for more records for long.
#[tokio::test(start_paused = true)]
async fn where_memory_is_short_nothing_lingers() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = client
        .producer()
        .linger(ms(60_000))
        .batch_size(32 << 10)
        .buffer_memory(32 << 10)
        .build()
        .unwrap();
    let value = "x".repeat(1000);
    let other = Record::to(TOPIC).partition(1).value(&value);
    // Until leaders are known, nothing waits.
    drop(send(&producer, &value).await);
    drop(producer.send(other.clone()).await.unwrap());
    producer.flush().await;
    for _ in 0..20 {
        drop(send(&producer, &value).await);
    }
    let began = Instant::now();
    drop(producer.send(other).await.unwrap());
    assert!(began.elapsed() < ms(1000), "{:?}", began.elapsed());
    assert!(producer.close(ms(1000)).await);
    assert_eq!(values(&client).await.len(), 21);
}

/// Row 21.
#[tokio::test(start_paused = true)]
async fn who_waits_for_room_gets_it_and_who_gives_up_keeps_nobody_from_it() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client)
        .batch_size(16 << 10)
        .buffer_memory(32 << 10)
        .build()
        .unwrap();
    let value = "x".repeat(8 << 10);
    send(&producer, &value).await.await.unwrap();
    let stall = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterReading));
    let stall = cluster.inject(stall);
    let record = Record::to(TOPIC).partition(0).value(&value);
    let mut taken = Vec::new();
    let refused = loop {
        match producer.try_send(&record) {
            Ok(delivery) => taken.push(delivery),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(
            refused.kind(),
            ErrorKind::BufferFull {
                buffer_memory: 32_768
            }
        ),
        "{refused}"
    );
    assert!(refused.is_retriable() && !refused.may_have_been_sent());
    assert!((2..4).contains(&taken.len()), "{}", taken.len());
    // Three wait; the one in the middle gives up.
    let wait = |time: Duration| {
        let (producer, record) = (producer.clone(), record.clone());
        async move { timeout(time, producer.send(record)).await }
    };
    let (first, second, third) = tokio::join!(wait(ms(60_000)), wait(ms(100)), async {
        tokio::time::sleep(ms(50)).await;
        let waiting = wait(ms(60_000));
        tokio::pin!(waiting);
        assert!(timeout(ms(100), &mut waiting).await.is_err());
        stall.clear();
        waiting.await
    },);
    assert!(second.is_err());
    for delivery in [first, third] {
        taken.push(delivery.unwrap().unwrap());
    }
    let count = taken.len();
    for delivery in taken {
        timeout(ms(60_000), delivery).await.unwrap().unwrap();
    }
    assert_eq!(values(&client).await.len(), count + 1);
}

/// Row 21.
#[tokio::test(start_paused = true)]
async fn without_room_within_max_block_the_record_is_refused() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client)
        .batch_size(1024)
        .buffer_memory(4096)
        .max_block(ms(700))
        .build()
        .unwrap();
    send(&producer, "0").await.await.unwrap();
    let stall = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterReading));
    let stall = cluster.inject(stall);
    let value = "x".repeat(3000);
    let taken = send(&producer, &value).await;
    let began = Instant::now();
    let record = Record::to(TOPIC).partition(0).value(&value);
    let error = producer.send(record).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BufferFull { .. }),
        "{error}"
    );
    assert_eq!(began.elapsed().as_millis() / 100, 7);
    stall.clear();
    taken.await.unwrap();
    assert_eq!(values(&client).await.len(), 2);
}

/// Row 21.
#[tokio::test(start_paused = true)]
async fn closing_settles_all_that_was_taken_and_takes_no_more() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    // It would wait for more records for a minute.
    let producer = client.producer().linger(ms(60_000)).build().unwrap();
    let mut taken = Vec::new();
    for number in 0..50 {
        taken.push(send(&producer, &number.to_string()).await);
    }
    let sending = {
        let producer = producer.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                match producer
                    .send(Record::to(TOPIC).partition(0).value("more"))
                    .await
                {
                    Ok(delivery) => taken.push(delivery),
                    Err(error) => return (taken, error),
                }
                tokio::task::yield_now().await;
            }
        })
    };
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert!(producer.close(ms(10_000)).await);
    assert!(began.elapsed() < ms(1000), "{:?}", began.elapsed());
    let (more, refused) = sending.await.unwrap();
    assert!(matches!(refused.kind(), ErrorKind::Shutdown), "{refused}");
    assert!(!refused.may_have_been_sent());
    let count = taken.len() + more.len();
    for delivery in taken.into_iter().chain(more) {
        timeout(ms(1), delivery).await.unwrap().unwrap();
    }
    assert_eq!(values(&client).await.len(), count);
    let refused = producer
        .try_send(&Record::to(TOPIC).partition(0))
        .unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Shutdown), "{refused}");
    // Nothing is left to be waited for.
    producer.flush().await;
    assert!(producer.close(ms(1)).await);
}

/// Row 21.
#[tokio::test(start_paused = true)]
async fn what_is_not_settled_when_closing_ends_has_failed() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let stall = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterReading));
    let stall = cluster.inject(stall);
    let taken = send(&producer, "1").await;
    hit(&stall, 1).await;
    let began = Instant::now();
    assert!(!producer.close(ms(300)).await);
    assert!(began.elapsed() < ms(1300), "{:?}", began.elapsed());
    let error = timeout(ms(1), taken).await.unwrap().unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error}");
}

/// Row 21: with the buffer full all the time, many send, many flush, and some give up.
#[tokio::test(start_paused = true)]
async fn senders_and_flushers_at_a_full_buffer_all_end() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    for node in 1..=3 {
        cluster.set_latency(node, ms(20));
    }
    let producer = client
        .producer()
        .batch_size(2048)
        .buffer_memory(8192)
        .build()
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..20_u64 {
        let producer = producer.clone();
        tasks.spawn(async move {
            let value = "x".repeat(700);
            let (mut deliveries, mut given_up) = (Vec::new(), 0);
            for number in 0..30_u64 {
                let partition = i32::try_from((task + number) % 3).unwrap();
                let record = Record::to(TOPIC).partition(partition).value(&value);
                let patience = if number % 5 == task % 5 {
                    ms(7)
                } else {
                    ms(600_000)
                };
                match timeout(patience, producer.send(record)).await {
                    Ok(delivery) => deliveries.push(delivery.unwrap()),
                    Err(_) => given_up += 1,
                }
                if number % 10 == task % 10 {
                    producer.flush().await;
                }
            }
            let count = deliveries.len();
            for delivery in deliveries {
                delivery.await.unwrap();
            }
            (count, given_up)
        });
    }
    let ended = timeout(ms(600_000), tasks.join_all()).await.unwrap();
    let (sent, given_up) = ended
        .into_iter()
        .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    assert_eq!(sent + given_up, 600);
    assert!(given_up > 0);
    assert!(producer.close(ms(1000)).await);
    let mut found = 0;
    for partition in 0..3 {
        found += log(&client, partition)
            .await
            .iter()
            .map(|batch| batch.values.len())
            .sum::<usize>();
    }
    assert_eq!(found, sent);
}
