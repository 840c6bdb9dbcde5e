//! The circuit breaker, as callers meet it.

use std::time::Duration;

use milena::Client;
use milena::cluster::ClientEvent;
use milena::cluster::breaker::{BreakerSettings, BreakerState, WhenOpen};
use milena::error::ErrorKind;
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, ErrorCode, Fault, Requests, Uuid};
use tokio::time::Instant;

use crate::requests::{cluster, codes, commit, committed, ends};
use crate::support::client;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn state(client: &Client, broker: i32) -> BreakerState {
    let description = client.describe();
    let broker = description.brokers.iter().find(|found| found.id == broker);
    broker.unwrap().circuit
}

/// A client whose requests wait half a second for an answer, and the broker that leads the only partition.
async fn start(settings: BreakerSettings) -> (Cluster, Client, i32, Uuid) {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster)
        .circuit_breaker(settings)
        .request_timeout(ms(500))
        .connect_timeout(ms(500))
        .build()
        .await
        .unwrap();
    let answer = client.send(ends([0])).await.unwrap();
    assert_eq!(codes(&answer), [(0, ErrorCode::NONE)]);
    let leader = cluster.leader("t", 0).unwrap();
    (cluster, client, leader, topic)
}

/// Sends to a broker that says nothing until its circuit is open.
async fn open(client: &Client, broker: i32) {
    let mut events = client.events();
    let call = tokio::spawn(client.send_to(broker, ends([0])).deadline(ms(60_000)));
    loop {
        if let Some(ClientEvent::CircuitChanged { to, .. }) = events.next().await {
            assert_eq!(to, BreakerState::Open);
            call.abort();
            return;
        }
    }
}

/// Statement 12, and row 10 of the faults.
#[tokio::test(start_paused = true)]
async fn a_broker_that_accepts_and_never_answers_is_left_alone_until_a_trial_shows_that_it_is_back()
{
    let (cluster, client, leader, _) = start(BreakerSettings::default()).await;
    let mut events = client.events();
    let silent = cluster.inject(Fault::on(Requests::any().node(leader), Action::Silence));
    let dead = cluster.inject(Fault::at_accept(AcceptAction::Stall).node(leader));
    let log = cluster.log_requests();
    let began = Instant::now();
    let error = client
        .send_to(leader, ends([0]))
        .deadline(ms(10_000))
        .await
        .unwrap_err();
    let took = began.elapsed();
    assert!(took <= ms(11_000), "{took:?}");
    assert!(!error.attempts().is_empty());
    assert_ne!(state(&client, leader), BreakerState::Closed);
    // Not hammered: its connection was asked once, and then it was connected to, backed off.
    assert!(
        log.seen(Requests::of(ApiKey::LIST_OFFSETS).node(leader))
            .len()
            <= 1
    );
    drop((silent, dead));
    cluster.drop_connections(leader);
    let began = Instant::now();
    let answer = client.send_to(leader, ends([0])).await.unwrap();
    assert_eq!(codes(&answer).len(), 1);
    client.send_to(leader, ends([0])).await.unwrap();
    // The longest that an open circuit lasts, and a fifth.
    assert!(began.elapsed() < ms(5000), "{:?}", began.elapsed());
    assert_eq!(state(&client, leader), BreakerState::Closed);
    let mut states = Vec::new();
    while let Some(event) = events.try_next() {
        if let ClientEvent::CircuitChanged { broker, from, to } = event {
            assert_eq!(broker, leader);
            assert!(states.last().is_none_or(|last| *last == from));
            states.push(to);
        }
    }
    assert_eq!(states.first(), Some(&BreakerState::Open));
    assert_eq!(states.last(), Some(&BreakerState::Closed));
    assert!(states.contains(&BreakerState::HalfOpen));
}

/// Statement 13.
#[tokio::test(start_paused = true)]
async fn a_request_bound_to_an_open_broker_waits_or_fails_at_once_as_configured() {
    for when_open in [WhenOpen::Wait, WhenOpen::Fail] {
        let settings = BreakerSettings::default()
            .failure_threshold(1)
            .when_open(when_open);
        let (cluster, client, leader, _) = start(settings).await;
        let silent = cluster.inject(Fault::on(
            Requests::of(ApiKey::LIST_OFFSETS).node(leader),
            Action::Silence,
        ));
        open(&client, leader).await;
        drop(silent);
        let began = Instant::now();
        let result = client.send_to(leader, ends([0])).await;
        let took = began.elapsed();
        match when_open {
            WhenOpen::Fail => {
                let error = result.unwrap_err();
                let ErrorKind::CircuitOpen { broker, retry_in } = error.kind() else {
                    panic!("{error}");
                };
                assert_eq!(*broker, leader);
                assert!((ms(1)..=ms(1200)).contains(retry_in), "{retry_in:?}");
                assert!(took < ms(5), "{took:?}");
                assert!(!error.may_have_been_sent());
            }
            _ => {
                assert!(result.is_ok());
                assert!((ms(700)..ms(1300)).contains(&took), "{took:?}");
            }
        }
        // Too short a deadline is known at once to be too short.
        if when_open == WhenOpen::Wait {
            continue;
        }
        let began = Instant::now();
        let error = client.send_to(leader, ends([0])).deadline(ms(100)).await;
        assert!(matches!(
            error.unwrap_err().kind(),
            ErrorKind::CircuitOpen { .. }
        ));
        assert!(began.elapsed() < ms(5));
    }
}

/// Statement 13.
#[tokio::test(start_paused = true)]
async fn what_anybody_may_answer_goes_elsewhere_while_a_circuit_is_open() {
    let settings = BreakerSettings::default().failure_threshold(1);
    let (cluster, client, leader, _) = start(settings).await;
    let _silent = cluster.inject(Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Silence,
    ));
    open(&client, leader).await;
    let log = cluster.log_requests();
    let began = Instant::now();
    for _ in 0..50 {
        let answer = client.send(DescribeClusterRequest::default()).await;
        assert!(answer.unwrap().error_code.is_ok());
    }
    assert!(began.elapsed() < ms(100), "{:?}", began.elapsed());
    let asked = log.seen(ApiKey::DESCRIBE_CLUSTER);
    assert_eq!(asked.len(), 50);
    assert!(asked.iter().all(|request| request.node != leader));
}

/// Statement 13: seen through a client of which one broker is to be tried by one request at a time.
#[tokio::test(start_paused = true)]
async fn a_trial_that_is_dropped_lets_the_next_one_try() {
    let settings = BreakerSettings::default().failure_threshold(1);
    let (cluster, client, leader, _) = start(settings).await;
    let silent = cluster.inject(Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Silence,
    ));
    open(&client, leader).await;
    drop(silent);
    let stalled = Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Delay(ms(400)),
    );
    let stalled = cluster.inject(stalled.times(1));
    let log = cluster.log_requests();
    let trial = tokio::spawn(client.send_to(leader, ends([0])));
    log.until_seen(ApiKey::LIST_OFFSETS, 1).await;
    assert_eq!(state(&client, leader), BreakerState::HalfOpen);
    let next = tokio::spawn(client.send_to(leader, ends([0])));
    tokio::time::sleep(ms(200)).await;
    assert_eq!(
        log.seen(ApiKey::LIST_OFFSETS).len(),
        1,
        "it is not its turn"
    );
    trial.abort();
    let dropped = Instant::now();
    let next = next.await.unwrap();
    assert!(next.is_ok());
    // At once, and then behind what the broker has to do before; not after the tenth of a second that a look would take.
    let seen = log.until_seen(ApiKey::LIST_OFFSETS, 2).await;
    assert!(
        seen[1].at <= dropped + ms(210),
        "{:?}",
        seen[1].at - dropped
    );
    drop(stalled);
    client.send_to(leader, ends([0])).await.unwrap();
    assert_eq!(state(&client, leader), BreakerState::Closed);
}

/// Statement 13: however many wait, one tries, and then the others go on.
#[tokio::test(start_paused = true)]
async fn a_thousand_who_wait_for_a_circuit_are_let_by_when_it_closes() {
    let settings = BreakerSettings::default().failure_threshold(1);
    let (cluster, client, leader, _) = start(settings).await;
    let silent = cluster.inject(Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Silence,
    ));
    open(&client, leader).await;
    drop(silent);
    let log = cluster.log_requests();
    let began = Instant::now();
    let calls: Vec<_> = (0..1000)
        .map(|_| tokio::spawn(client.send_to(leader, ends([0]))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let took = began.elapsed();
    assert!((ms(700)..ms(1300)).contains(&took), "{took:?}");
    assert_eq!(log.seen(ApiKey::LIST_OFFSETS).len(), 1000);
}

/// Statement 12: who does not send his heartbeat is put out of his group.
#[tokio::test(start_paused = true)]
async fn coordination_is_never_refused() {
    let settings = BreakerSettings::default().failure_threshold(1);
    let (cluster, client, leader, topic) = start(settings).await;
    let what = milena_broker::Coordination::Group;
    cluster.move_coordinator(what, "g", leader).unwrap();
    let answer = client.send(commit(topic)).await.unwrap();
    assert_eq!(committed(&answer), ErrorCode::NONE);
    let _silent = cluster.inject(Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Silence,
    ));
    open(&client, leader).await;
    let began = Instant::now();
    let answer = client.send(commit(topic)).await.unwrap();
    assert_eq!(committed(&answer), ErrorCode::NONE);
    assert!(began.elapsed() < ms(10), "{:?}", began.elapsed());
    // And what it learns counts.
    assert_eq!(state(&client, leader), BreakerState::HalfOpen);
    client.send(commit(topic)).await.unwrap();
    assert_eq!(state(&client, leader), BreakerState::Closed);
}

/// Statement 12.
#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_the_broker_does_not_count_against_it() {
    let settings = BreakerSettings::default().failure_threshold(1);
    let (cluster, client, leader, _) = start(settings).await;
    let codes_only = Action::Error(ErrorCode::UNKNOWN_SERVER_ERROR);
    let errors = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, codes_only).times(10));
    for _ in 0..10 {
        client.send_to(leader, ends([0])).await.unwrap();
    }
    assert_eq!(errors.hits(), 10);
    assert_eq!(state(&client, leader), BreakerState::Closed);
    let slow = Fault::on(ApiKey::LIST_OFFSETS, Action::Delay(ms(300)));
    let _slow = cluster.inject(slow);
    let error = client.send_to(leader, ends([0])).deadline(ms(50)).await;
    assert!(matches!(
        error.unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    ));
    let call = tokio::spawn(client.send_to(leader, ends([0])));
    tokio::time::sleep(ms(20)).await;
    call.abort();
    tokio::time::sleep(ms(1000)).await;
    assert_eq!(state(&client, leader), BreakerState::Closed);
    let description = client.describe();
    let broker = description.brokers.iter().find(|found| found.id == leader);
    assert!(broker.unwrap().transitions.is_empty());
}

/// Statement 11: one who waits for a circuit is told when the client ends.
#[tokio::test(start_paused = true)]
async fn closing_ends_those_who_wait_for_a_circuit() {
    let settings = BreakerSettings::default()
        .failure_threshold(1)
        .reset_timeout(ms(60_000))
        .max_reset_timeout(ms(60_000));
    let (cluster, client, leader, _) = start(settings).await;
    let _silent = cluster.inject(Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Silence,
    ));
    open(&client, leader).await;
    let call = client.send_to(leader, ends([0])).deadline(ms(120_000));
    let call = tokio::spawn(call);
    tokio::time::sleep(ms(10)).await;
    let began = Instant::now();
    client.close().await;
    // The time to drain.
    assert!(began.elapsed() < ms(5100), "{:?}", began.elapsed());
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error}");
}
