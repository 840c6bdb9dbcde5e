//! Topics and partitions that come and go, and their leaders: rows 15 and 22 of docs/faults.md.

use milena::error::ErrorKind;
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

/// Row 22.
#[tokio::test(start_paused = true)]
async fn without_any_leader_records_are_kept_until_the_delivery_timeout() {
    let cluster = cluster(2).await;
    let client = client(&cluster).await;
    let producer = eager(&client).delivery_timeout(ms(5000)).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let nobody = [0, 1].map(|partition| cluster.leaderless(TOPIC, partition).unwrap());
    let began = Instant::now();
    let error = send(&producer, "late").await.await.unwrap_err();
    let took = began.elapsed();
    assert!((ms(5000)..ms(6000)).contains(&took), "{took:?}");
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    let kept = send(&producer, "1").await;
    tokio::time::sleep(ms(3000)).await;
    drop(nobody);
    assert_eq!(kept.await.unwrap().offset, Some(1));
    assert_eq!(values(&client).await, numbers(2));
}

/// Row 22.
#[tokio::test(start_paused = true)]
async fn a_topic_that_is_deleted_and_made_anew_is_written_to_again() {
    let cluster = cluster(2).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    let before = all(send_apart(&producer, 0..3).await).await.unwrap();
    assert_eq!(offsets(&before), [0, 1, 2]);
    cluster.recreate_topic(TOPIC).unwrap();
    let began = Instant::now();
    let after = all(send_apart(&producer, 0..7).await).await.unwrap();
    assert_eq!(offsets(&after), [0, 1, 2, 3, 4, 5, 6]);
    assert!(began.elapsed() < ms(2000), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(7));
}

/// Row 22: what is sent while there is no such topic waits for it.
#[tokio::test(start_paused = true)]
async fn while_a_topic_is_gone_records_wait_for_it_until_the_delivery_timeout() {
    let cluster = cluster(2).await;
    let client = client(&cluster).await;
    let producer = eager(&client).delivery_timeout(ms(10_000)).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    cluster.delete_topic(TOPIC).unwrap();
    let began = Instant::now();
    let error = send(&producer, "lost").await.await.unwrap_err();
    let took = began.elapsed();
    assert!(took < ms(11_000), "{took:?}");
    assert!(!error.may_have_been_sent(), "{error}");
    let waiting = send(&producer, "0").await;
    tokio::time::sleep(ms(2000)).await;
    cluster.create_topic(TOPIC, 2, 3).unwrap();
    assert_eq!(waiting.await.unwrap().offset, Some(0));
    assert_eq!(values(&client).await, ["0"]);
}

/// Row 15: a broker that has just started does not tell of the topic.
#[tokio::test(start_paused = true)]
async fn numbers_go_on_when_metadata_omits_the_topic_for_a_while() {
    for part in [None, Some(0)] {
        let cluster = cluster(2).await;
        let client = client(&cluster).await;
        let producer = eager(&client).build().unwrap();
        send(&producer, "0").await.await.unwrap();
        let omitted = match part {
            None => cluster.omit_topic(TOPIC),
            Some(partition) => cluster.omit_partition(TOPIC, partition),
        };
        // So that it is asked for.
        let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
        let stale = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(3));
        let requests = cluster.log_requests();
        let deliveries = send_apart(&producer, 1..=3).await;
        hit(&stale, 3).await;
        requests.until_seen(ApiKey::METADATA, 2).await;
        let more = send_apart(&producer, 4..=6).await;
        tokio::time::sleep(ms(10_000)).await;
        drop(omitted);
        let deliveries = deliveries.into_iter().chain(more).collect();
        let positions = all(deliveries).await.unwrap();
        assert_eq!(offsets(&positions), [1, 2, 3, 4, 5, 6], "{part:?}");
        let found = log(&client, 0).await;
        assert!(
            found.iter().all(|batch| batch.epoch == 0),
            "{part:?}: {found:?}"
        );
        assert_eq!(values(&client).await, numbers(7), "{part:?}");
    }
}

/// The first batch of a partition comes back, and Kafka would take those behind it, as it does not know the producer yet.
#[tokio::test(start_paused = true)]
async fn the_first_batch_is_not_overtaken_when_it_comes_back() {
    let cluster = cluster(2).await;
    let client = client(&cluster).await;
    for node in 1..=3 {
        cluster.set_latency(node, ms(50));
    }
    let producer = eager(&client).build().unwrap();
    let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
    let deliveries = send_apart(&producer, 0..6).await;
    let positions = all(deliveries).await.unwrap();
    assert_eq!(fault.hits(), 1);
    assert_eq!(offsets(&positions), [0, 1, 2, 3, 4, 5]);
    assert!(log(&client, 0).await.iter().all(|batch| batch.epoch == 0));
    assert_eq!(values(&client).await, numbers(6));
}

/// Row 22: a leader that is frozen holds its socket open and answers nothing. Others elect another one; nobody waits for the time-out of the request, which
/// is 30 s.
#[tokio::test(start_paused = true)]
async fn a_leader_that_is_frozen_is_left_when_another_one_is_elected() {
    let cluster = cluster(3).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let old = cluster.leader(TOPIC, 0).unwrap();
    let frozen = Fault::on(ApiKey::PRODUCE, Action::NoAnswer).node(old);
    let frozen = cluster.inject(frozen);
    // More than may be in flight: the rest waits behind those that are not answered.
    let deliveries = send_apart(&producer, 1..=8).await;
    hit(&frozen, 1).await;
    tokio::time::sleep(ms(9000)).await;
    cluster.move_leader(TOPIC, 0, old % 3 + 1).unwrap();
    let began = Instant::now();
    assert_eq!(
        offsets(&all(deliveries).await.unwrap()),
        [1, 2, 3, 4, 5, 6, 7, 8]
    );
    assert!(began.elapsed() < ms(5000), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(9));
}
