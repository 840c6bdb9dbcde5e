//! Fetch sessions (KIP-227).

use std::time::Duration;

use milena::consumer::{Consumer, Start};
use milena::wire::error_code::ErrorCode;
use milena_broker::{Action, ApiKey, Cluster, Fault};

use crate::support::{all_of, next, nothing_comes, numbered, read, tapped, write};
use crate::tap::{Fetch, Tap};

/// The session that an answer is of.
fn given(fetch: &Fetch) -> i32 {
    fetch.answer().session_id
}

/// Nothing was thrown away or sent twice, and no node had two Fetches at a time.
fn once(tap: &Tap, consumer: &Consumer, partition: i32) {
    let sent: Vec<_> = tap.sent(partition).iter().map(|sent| sent.1).collect();
    assert!(sent.is_sorted_by(|one, other| one < other), "{sent:?}");
    assert_eq!(consumer.control().discarded(), 0);
    assert_eq!(tap.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_names_only_what_has_changed() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 3).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    let mut consumer = all_of(&client, 0..3).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    // One that asks for what has changed, one that has nothing to say and waits.
    nothing_comes(&mut consumer, Duration::from_secs(1)).await;
    let fetches = tap.until(|fetches| fetches.len() >= 3).await;
    let session = given(&fetches[0]);
    assert_ne!(session, 0);
    assert_eq!(fetches[0].session(), (0, 0));
    assert_eq!(fetches[0].asked(), [(0, 0), (1, 0), (2, 0)]);
    assert_eq!(fetches[1].session(), (session, 1));
    assert_eq!(fetches[1].asked(), [(0, 10)]);
    assert_eq!(fetches[2].session(), (session, 2));
    assert_eq!(
        (fetches[2].asked(), fetches[2].forgotten()),
        (vec![], vec![])
    );

    write(&producer, "orders", 1, 0..10, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    consumer.control().unassign([("orders", 2)]);
    nothing_comes(&mut consumer, Duration::from_secs(1)).await;
    let fetches = tap.fetches();
    let asked: Vec<_> = fetches[3..].iter().flat_map(Fetch::asked).collect();
    let forgotten: Vec<_> = fetches[3..].iter().flat_map(Fetch::forgotten).collect();
    assert_eq!((asked, forgotten), (vec![(1, 10)], vec![2]));
    for (epoch, fetch) in (1..).zip(&fetches[1..]) {
        assert_eq!(fetch.session(), (session, epoch));
    }
    assert_eq!(cluster.fetch_sessions(1), 1);
    once(&tap, &consumer, 0);
    once(&tap, &consumer, 1);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_refused_begins_anew() {
    for code in [
        ErrorCode::FETCH_SESSION_ID_NOT_FOUND,
        ErrorCode::INVALID_FETCH_SESSION_EPOCH,
        ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR,
    ] {
        let (cluster, client, tap) = tapped(Cluster::builder(), 2).await;
        let producer = client.producer().build().unwrap();
        let mut consumer = all_of(&client, 0..2).build().await.unwrap();
        write(&producer, "orders", 0, 0..10, 10).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
        let fault = Fault::on(ApiKey::FETCH, Action::Error(code)).times(1);
        let fault = cluster.inject(fault);
        write(&producer, "orders", 0, 10..20, 10).await;
        write(&producer, "orders", 0, 20..30, 10).await;
        assert_eq!(read(&mut consumer, 20).await, numbered(10..30));
        assert!(fault.until_hits(1).await);
        write(&producer, "orders", 1, 0..10, 10).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(0..10));

        let is_refused = |fetch: &Fetch| fetch.codes().contains(&code);
        let fetches = tap.until(|fetches| {
            let refused = fetches.iter().position(is_refused);
            refused.is_some_and(|place| fetches.len() > place + 2)
        });
        let fetches = fetches.await;
        let place = fetches.iter().position(is_refused).unwrap();
        let old = given(&fetches[0]);
        assert_eq!(fetches[place].session().0, old);
        let full = &fetches[place + 1];
        // The broker forgets the session that is named, if it has it.
        let closed = match code {
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND => 0,
            _ => old,
        };
        assert_eq!(full.session(), (closed, 0), "{code:?}");
        let mut named: Vec<_> = full.asked().iter().map(|asked| asked.0).collect();
        named.sort_unstable();
        assert_eq!(named, [0, 1]);
        let new = given(full);
        assert!(new != 0 && new != old);
        assert_eq!(fetches[place + 2].session(), (new, 1));
        once(&tap, &consumer, 0);
        once(&tap, &consumer, 1);
        client.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_broker_has_forgotten_begins_anew() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = all_of(&client, 0..1).build().await.unwrap();
    for round in 0..5 {
        let numbers = round * 10..(round + 1) * 10;
        write(&producer, "orders", 0, numbers.clone(), 10).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        let count = tap.fetches().len();
        assert_eq!(cluster.expire_fetch_sessions(1), 1);
        let is_refused = |fetch: &Fetch| fetch.codes() == [ErrorCode::FETCH_SESSION_ID_NOT_FOUND];
        tap.until(|fetches| {
            let refused = fetches[count..].iter().position(is_refused);
            refused.is_some_and(|place| fetches[count + place..].len() > 2)
        })
        .await;
    }
    assert_eq!(cluster.fetch_sessions(1), 1);
    once(&tap, &consumer, 0);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_takes_its_session_along() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 2).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = all_of(&client, 0..2).build().await.unwrap();
    for round in 0..5 {
        let numbers = round * 10..(round + 1) * 10;
        write(&producer, "orders", 0, numbers.clone(), 10).await;
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        nothing_comes(&mut consumer, Duration::from_secs(1)).await;
        let before = tap.fetches();
        let last = before.last().unwrap();
        assert!(last.session().1 > 0 && last.response.is_none());
        assert!(cluster.drop_connections(1) > 0);
        let fetches = tap.until(|fetches| fetches.len() > before.len() + 1).await;
        let full = &fetches[before.len()];
        assert_eq!(full.session(), (last.session().0, 0));
        let mut named = full.asked();
        named.sort_unstable();
        let offset = i64::try_from((round + 1) * 10).unwrap();
        assert_eq!(named, [(0, offset), (1, 0)]);
        assert_eq!(fetches[before.len() + 1].session(), (given(full), 1));
        // The old one is not left behind.
        assert_eq!(cluster.fetch_sessions(1), 1);
    }
    once(&tap, &consumer, 0);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_session_all_is_named_each_time() {
    let builder = Cluster::builder().fetch_session_slots(0);
    let (cluster, client, tap) = tapped(builder, 2).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = all_of(&client, 0..2).build().await.unwrap();
    for round in 0..5 {
        let numbers = round * 10..(round + 1) * 10;
        for partition in 0..2 {
            write(&producer, "orders", partition, numbers.clone(), 10).await;
            let batch = next(&mut consumer).await;
            assert_eq!((batch.partition(), batch.len()), (partition, 10));
        }
    }
    nothing_comes(&mut consumer, Duration::from_secs(1)).await;
    let fetches = tap.fetches();
    assert!(fetches.len() > 10);
    for fetch in &fetches {
        assert_eq!(fetch.session(), (0, 0));
        assert_eq!(fetch.asked().len(), 2);
    }
    assert_eq!(given(&fetches[0]), 0);
    assert_eq!(cluster.fetch_sessions(1), 0);
    once(&tap, &consumer, 0);
    once(&tap, &consumer, 1);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn each_broker_has_one_fetch_at_a_time_whatever_is_steered() {
    let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 8).await;
    let producer = client.producer().build().unwrap();
    let mut consumer = all_of(&client, 0..4).build().await.unwrap();
    let control = consumer.control();
    for round in 0..20_i32 {
        let partition = round % 4;
        let numbers = usize::try_from(round / 4).unwrap();
        let numbers = numbers * 10..(numbers + 1) * 10;
        write(&producer, "orders", partition, numbers.clone(), 10).await;
        control.pause([("orders", 3)]).unwrap();
        control
            .assign([("orders", 4 + partition, Start::Latest)])
            .await
            .unwrap();
        control.resume([("orders", 3)]).unwrap();
        let to = i64::try_from(numbers.start).unwrap();
        control
            .seek(("orders", partition), Start::Offset(to))
            .unwrap();
        assert_eq!(read(&mut consumer, 10).await, numbered(numbers));
        control.unassign([("orders", 4 + partition)]);
    }
    let nodes = tap.fetches();
    assert!((1..=2).all(|node| nodes.iter().any(|fetch| fetch.node == node)));
    assert_eq!(tap.most_in_flight(), 1);
    for node in 1..=2 {
        // None was answered that the broker did not expect.
        let of = nodes.iter().filter(|fetch| fetch.node == node);
        assert!(of.clone().all(|fetch| fetch.codes().is_empty()));
        assert_eq!(of.filter(|fetch| fetch.session().1 == 0).count(), 1);
        assert_eq!(cluster.fetch_sessions(node), 1);
    }
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_moves_leaves_one_session_for_another() {
    let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 2).await;
    cluster.move_leader("orders", 1, 1).unwrap();
    let producer = client.producer().build().unwrap();
    let mut consumer = all_of(&client, 0..2).build().await.unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    cluster.move_leader("orders", 0, 2).unwrap();
    write(&producer, "orders", 0, 10..20, 10).await;
    assert_eq!(read(&mut consumer, 10).await, numbered(10..20));
    let moved = |fetches: &[Fetch]| {
        let mut forgotten = fetches.iter().filter(|fetch| fetch.node == 1);
        forgotten.any(|fetch| fetch.forgotten() == [0])
    };
    let fetches = tap.until(moved).await;
    let mut new = fetches.iter().filter(|fetch| fetch.node == 2);
    assert_eq!(new.next().unwrap().asked(), [(0, 10)]);
    let mut full = fetches.iter().filter(|fetch| fetch.session().1 == 0);
    assert_eq!(
        [full.next().unwrap().node, full.next().unwrap().node],
        [1, 2]
    );
    assert!(full.next().is_none());
    once(&tap, &consumer, 0);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_dropped_takes_leave_of_its_sessions() {
    let (cluster, client, tap) = tapped(Cluster::builder().nodes(2), 4).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    let mut consumer = all_of(&client, 0..4).build().await.unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    tap.until(|fetches| fetches.len() > 4).await;
    assert_eq!([1, 2].map(|node| cluster.fetch_sessions(node)), [1, 1]);
    drop(consumer);
    let is_last = |fetch: &&Fetch| fetch.session().1 == -1 && fetch.response.is_some();
    let fetches = tap.until(|fetches| fetches.iter().filter(is_last).count() == 2);
    for last in fetches.await.iter().filter(is_last) {
        assert!(last.session().0 != 0 && last.asked().is_empty());
        assert_eq!((last.codes(), given(last)), (vec![], 0));
    }
    assert_eq!([1, 2].map(|node| cluster.fetch_sessions(node)), [0, 0]);
    assert_eq!(tap.most_in_flight(), 1);
    client.close().await;
}
