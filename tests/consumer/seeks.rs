//! A seek meets what is under way (fault row 26).

use std::time::Duration;

use milena::consumer::Start;
use milena_broker::{Action, ApiKey, Cluster, Fault, Moment};

use crate::support::{all_of, nothing_comes, numbered, read, tapped, write};

#[tokio::test(start_paused = true)]
async fn a_seek_beats_the_fetch_that_is_under_way() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..100, 10).await;
    // Applied, and answered when the fault is removed: the answer has all records from 0 on.
    let stall = Action::Stall(Moment::AfterApplying);
    let fault = cluster.inject(Fault::on(ApiKey::FETCH, stall).times(1));
    let mut consumer = all_of(&client, 0..1).build().await.unwrap();
    assert!(fault.until_hits(1).await);
    let control = consumer.control();
    control.seek(("orders", 0), Start::Offset(50)).unwrap();
    assert_eq!(control.position(("orders", 0)).unwrap(), Some(50));
    nothing_comes(&mut consumer, Duration::from_secs(1)).await;
    drop(fault);
    assert_eq!(read(&mut consumer, 50).await, numbered(50..100));
    nothing_comes(&mut consumer, Duration::from_secs(2)).await;
    let sent: Vec<_> = tap.sent(0).iter().map(|sent| sent.1).collect();
    let expected: Vec<_> = (0..10).chain(5..10).map(|batch| batch * 10).collect();
    assert_eq!(sent, expected);
    assert!(control.discarded() > 0);
    assert_eq!(tap.most_in_flight(), 1);
    client.close().await;
}

/// Behind what was asked for, so that the late answer could be taken for the new one; and to the very same place.
#[tokio::test(start_paused = true)]
async fn a_seek_to_where_it_was_reads_again_from_there() {
    let (_cluster, client, _tap) = tapped(Cluster::builder(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..20, 10).await;
    let mut consumer = all_of(&client, 0..1).build().await.unwrap();
    let control = consumer.control();
    for round in 0..10 {
        assert_eq!(read(&mut consumer, 10).await, numbered(0..10), "{round}");
        control.seek(("orders", 0), Start::Offset(10)).unwrap();
        assert_eq!(read(&mut consumer, 10).await, numbered(10..20), "{round}");
        control.seek(("orders", 0), Start::Offset(0)).unwrap();
    }
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_seek_beats_the_question_for_an_offset_that_is_under_way() {
    let (cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..100, 10).await;
    let stall = Action::Stall(Moment::AfterApplying);
    let fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, stall).times(1));
    let assigned = [("orders", 0, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    assert!(fault.until_hits(1).await);
    let control = consumer.control();
    assert_eq!(control.position(("orders", 0)).unwrap(), None);
    control.seek(("orders", 0), Start::Offset(50)).unwrap();
    // The answer is not waited for.
    assert_eq!(read(&mut consumer, 50).await, numbered(50..100));
    drop(fault);
    nothing_comes(&mut consumer, Duration::from_secs(2)).await;
    assert_eq!(control.position(("orders", 0)).unwrap(), Some(100));
    assert_eq!(control.discarded(), 0);
    let sent: Vec<_> = tap.sent(0).iter().map(|sent| sent.1).collect();
    assert_eq!(sent, [50, 60, 70, 80, 90]);
    client.close().await;
}
