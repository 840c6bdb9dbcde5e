//! Topics and partitions that come and go, and their leaders: rows 15 and 22 of docs/faults.md.

use milena::error::ErrorKind;
use milena::producer::Record;
use milena_broker::{Action, ApiKey, ErrorCode, Fault};
use tokio::time::Instant;

use crate::support::{
    TOPIC, all, client, cluster, eager, hit, log, ms, numbers, offsets, send, send_apart, values,
};

/// Row 22.
#[tokio::test(start_paused = true)]
async fn when_a_leader_crashes_the_next_one_is_written_to() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let leader = cluster.leader(TOPIC, 0).unwrap();
    cluster.stop_node(leader).await.unwrap();
    let began = Instant::now();
    let deliveries = send_apart(&producer, 1..=3).await;
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [1, 2, 3]);
    assert!(began.elapsed() < ms(1000), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(4));
}

/// Row 22: it dies with batches in flight, and stays dead.
#[tokio::test(start_paused = true)]
async fn what_is_in_flight_to_a_leader_that_crashes_goes_to_the_next_one() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let leader = cluster.leader(TOPIC, 0).unwrap();
    cluster.set_latency(leader, ms(200));
    let deliveries = send_apart(&producer, 1..=5).await;
    cluster.stop_node(leader).await.unwrap();
    let began = Instant::now();
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [1, 2, 3, 4, 5]);
    assert!(began.elapsed() < ms(1000), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(6));
}

/// Row 22: nobody leads for a while after the crash, as an election takes its time.
#[tokio::test(start_paused = true)]
async fn a_leader_that_is_elected_late_is_written_to_at_once() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let leader = cluster.leader(TOPIC, 0).unwrap();
    let election = cluster.leaderless(TOPIC, 0).unwrap();
    cluster.stop_node(leader).await.unwrap();
    let deliveries = send_apart(&producer, 1..=3).await;
    tokio::time::sleep(ms(20_000)).await;
    drop(election);
    let began = Instant::now();
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [1, 2, 3]);
    assert!(began.elapsed() < ms(1500), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(4));
}
