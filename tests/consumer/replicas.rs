//! Replicas that are nearer than the leader (KIP-392, fault row 27).

use std::time::Duration;

use bytes::Bytes;
use milena::Client;
use milena::consumer::{Consumer, ConsumerBuilder, OffsetReset, Start};
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;
use milena_broker::{Action, ApiKey, Cluster, ClusterBuilder, Fault};

use crate::support::{LONG, all_of, nothing_comes, numbered, read, tapped, write};
use crate::tap::{Fetch, Tap};

/// Node 1 leads and stands in rack a, node 2 stands in b and node 3 in c.
fn racks() -> ClusterBuilder {
    Cluster::builder().nodes(3).racks(["a", "b", "c"])
}

fn in_rack_b(client: &Client) -> ConsumerBuilder {
    all_of(client, 0..1)
        .rack("b")
        .offset_reset(OffsetReset::Earliest)
}

/// Who has sent the batches of partition 0; each of them was sent once.
fn senders(tap: &Tap) -> Vec<i32> {
    let sent = tap.sent(0);
    assert!(sent.is_sorted_by(|one, other| one.1 < other.1), "{sent:?}");
    let mut nodes: Vec<_> = sent.iter().map(|sent| sent.0).collect();
    nodes.dedup();
    nodes
}

/// How many Fetches a node was sent.
fn count(tap: &Tap, node: i32) -> usize {
    let fetches = tap.fetches();
    fetches.iter().filter(|fetch| fetch.node == node).count()
}

/// Nothing was thrown away.
fn once(tap: &Tap, consumer: &Consumer) {
    assert_eq!(consumer.control().discarded(), 0);
    assert_eq!(tap.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_reads_from_the_replica_in_its_rack() {
    for (rack, node) in [("a", 1), ("b", 2), ("c", 3), ("elsewhere", 1)] {
        let (_cluster, client, tap) = tapped(racks(), 1).await;
        let producer = client.producer().build().unwrap();
        let builder = all_of(&client, 0..1).rack(rack);
        let mut consumer = builder.build().await.unwrap();
        for round in 0..5 {
            let numbers = round * 10..(round + 1) * 10;
            write(&producer, "orders", 0, numbers.clone(), 5).await;
            assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        }
        assert_eq!(senders(&tap), [node], "{rack}");
        if node != 1 {
            // The leader is not asked again; if at all, that it may forget the partition.
            nothing_comes(&mut consumer, Duration::from_secs(10)).await;
            assert_eq!(count(&tap, 1), 1);
        }
        once(&tap, &consumer);
        client.close().await;
    }
}

/// The rack of the client counts if the consumer has none of its own.
#[tokio::test(start_paused = true)]
async fn where_a_client_is_its_consumers_are() {
    let (cluster, _, tap) = tapped(racks(), 1).await;
    let (dialer, seen) = (cluster.dialer(), tap.clone());
    let builder = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| seen.clone().dial(dialer.clone(), address));
    let client = builder.rack("c").build().await.unwrap();
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    let mut consumer = all_of(&client, 0..1).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    assert_eq!(senders(&tap), [3]);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn when_the_replica_goes_the_leader_is_read_and_nothing_twice() {
    let (cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    for round in 0..3 {
        let numbers = round * 20..round * 20 + 10;
        write(&producer, "orders", 0, numbers.clone(), 5).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        assert_eq!(tap.sent(0).last().unwrap().0, 2);
        cluster.stop_node(2).await.unwrap();
        let numbers = round * 20 + 10..round * 20 + 20;
        write(&producer, "orders", 0, numbers.clone(), 5).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        assert_eq!(tap.sent(0).last().unwrap().0, 1);
        cluster.restart_node(2).await.unwrap();
        // The leader answers itself for a while, and then sends to the replica again.
        let before = count(&tap, 2);
        nothing_comes(&mut consumer, Duration::from_secs(15)).await;
        assert!(count(&tap, 2) > before);
    }
    assert_eq!(senders(&tap), [2, 1, 2, 1, 2, 1]);
    once(&tap, &consumer);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_moves_the_new_one_is_asked_who_is_near() {
    let (cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    for (round, leader) in [3, 1, 2, 3].into_iter().enumerate() {
        let numbers = round * 10..(round + 1) * 10;
        write(&producer, "orders", 0, numbers.clone(), 5).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        cluster.move_leader("orders", 0, leader).unwrap();
    }
    // Wherever the leader is, it is read in rack b.
    assert_eq!(senders(&tap), [2]);
    once(&tap, &consumer);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_offset_that_a_replica_does_not_have_is_asked_of_the_leader_and_not_reset() {
    let (cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 5).await;
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    assert_eq!(senders(&tap), [2]);
    let code = ErrorCode::OFFSET_OUT_OF_RANGE;
    let fault = Fault::on(ApiKey::FETCH, Action::Error(code));
    let fault = cluster.inject(fault.partition("orders", 0).node(2));
    assert!(fault.until_hits(1).await);
    // With the policy `Earliest` a reset would show.
    write(&producer, "orders", 0, 10..20, 5).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(10..20));
    assert_eq!(senders(&tap), [2, 1]);
    // It is not sent there and back all the time.
    let before = tap.fetches().len();
    nothing_comes(&mut consumer, Duration::from_secs(60)).await;
    assert!((1..=8).contains(&fault.hits()), "{}", fault.hits());
    assert!(tap.fetches().len() - before <= 140);
    drop(fault);
    nothing_comes(&mut consumer, Duration::from_secs(15)).await;
    write(&producer, "orders", 0, 20..30, 5).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(20..30));
    assert_eq!(senders(&tap), [2, 1, 2]);
    once(&tap, &consumer);
    client.close().await;
}

/// A follower that is behind, and a leader that has not noticed.
#[tokio::test(start_paused = true)]
async fn a_replica_that_is_behind_is_left_until_it_has_caught_up() {
    let (cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 5).await;
    let held = cluster.hold_replica("orders", 0, 2).unwrap();
    write(&producer, "orders", 0, 10..20, 5).await;
    tap.edit(|request, response| {
        if &*request.rack_id == "b" {
            sent_to(2, response);
        }
    });
    let builder = client
        .consumer()
        .rack("b")
        .offset_reset(OffsetReset::Earliest);
    let assigned = builder.assign([("orders", 0, Start::Offset(15))]);
    let mut consumer = assigned.build().await.unwrap();
    let expected = numbered(15..20);
    assert_eq!(read(&mut consumer, 5).await, expected);
    assert_eq!(tap.sent(0), [(1, 15)]);
    let of_2 = |fetch: &&Fetch| fetch.node == 2;
    let code = ErrorCode::OFFSET_OUT_OF_RANGE;
    assert_eq!(tap.fetches().iter().find(of_2).unwrap().codes(), [code]);
    drop(held);
    tap.edit(|_, _| {});
    nothing_comes(&mut consumer, Duration::from_secs(15)).await;
    write(&producer, "orders", 0, 20..30, 5).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(20..30));
    assert_eq!(senders(&tap), [1, 2]);
    client.close().await;
}

/// What a leader says that sends elsewhere: nothing else.
fn sent_to(node: i32, response: &mut milena::wire::messages::FetchResponse) {
    let topics = response.responses.iter_mut();
    for told in topics.flat_map(|topic| &mut topic.partitions) {
        if told.error_code.is_ok() {
            told.preferred_read_replica = node;
            told.records = Some(Bytes::new());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_unknown_is_read_from_the_leader() {
    let (_cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 5).await;
    tap.edit(|request, response| {
        if !request.rack_id.is_empty() {
            sent_to(99, response);
        }
    });
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    let fetches = tap.fetches();
    assert_eq!(senders(&tap), [1]);
    assert!(fetches.iter().all(|fetch| fetch.node == 1));
    // The leader is told to answer itself.
    let racks: Vec<_> = fetches
        .iter()
        .map(|fetch| &*fetch.request.rack_id)
        .collect();
    assert_eq!(racks[..2], ["b", ""]);
    let before = fetches.len();
    nothing_comes(&mut consumer, Duration::from_secs(60)).await;
    assert!(tap.fetches().len() - before <= 140);
    client.close().await;
}

/// A leader that sends everybody away whatever they say, as a selector of replicas of somebody's own may: neither is it asked without end, nor is the
/// partition given up.
#[tokio::test(start_paused = true)]
async fn a_leader_that_insists_on_an_unknown_replica_is_not_asked_without_a_pause() {
    let (cluster, client, tap) = tapped(racks(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 5).await;
    let guard = cluster.prefer_replica("orders", 0, 99).unwrap();
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    nothing_comes(&mut consumer, Duration::from_secs(60)).await;
    let fetches = tap.fetches().len();
    assert!((2..=300).contains(&fetches), "{fetches} Fetches");
    drop(guard);
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    assert_eq!(senders(&tap), [1]);
    client.close().await;
}

/// After the age of metadata the leader is asked again.
#[tokio::test(start_paused = true)]
async fn a_replica_is_preferred_for_as_long_as_metadata_counts() {
    let (cluster, _, tap) = tapped(racks(), 1).await;
    let (dialer, seen) = (cluster.dialer(), tap.clone());
    let builder = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .metadata_max_age(Duration::from_secs(30))
        .dialer(move |address: String| seen.clone().dial(dialer.clone(), address));
    let client = builder.build().await.unwrap();
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 5).await;
    let mut consumer = in_rack_b(&client).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    cluster.set_rack_aware(false);
    nothing_comes(&mut consumer, Duration::from_secs(20)).await;
    write(&producer, "orders", 0, 10..20, 5).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(10..20));
    assert_eq!(senders(&tap), [2]);
    nothing_comes(&mut consumer, Duration::from_secs(20)).await;
    write(&producer, "orders", 0, 20..30, 5).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(20..30));
    assert_eq!(senders(&tap), [2, 1]);
    once(&tap, &consumer);
    client.close().await;
}

/// A leader that does not have the offset is believed.
#[tokio::test(start_paused = true)]
async fn an_offset_that_nobody_has_is_out_of_range_in_every_rack() {
    let (_cluster, client, _tap) = tapped(racks(), 1).await;
    let builder = client.consumer().rack("b").offset_reset(OffsetReset::None);
    let assigned = builder.assign([("orders", 0, Start::Offset(15))]);
    let mut consumer = assigned.build().await.unwrap();
    let next = tokio::time::timeout(LONG, consumer.next()).await.unwrap();
    let error = next.unwrap().unwrap_err();
    let ErrorKind::OffsetOutOfRange {
        topic,
        partition,
        offset,
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((&**topic, *partition, *offset), ("orders", 0, 15));
    client.close().await;
}
