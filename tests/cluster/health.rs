//! Statement 10: which brokers are up, and who is told.

use std::time::Duration;

use milena::Client;
use milena::cluster::breaker::BreakerSettings;
use milena::cluster::selection::RoundRobin;
use milena::cluster::{ClientEvent, Events};
use milena::metrics::Health;
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{AcceptAction, Action, ApiKey, Fault, FaultGuard, Requests};
use tokio::time::{Instant, sleep};

use crate::support::{client, in_memory, timed};

fn ask() -> DescribeClusterRequest {
    DescribeClusterRequest::default()
}

/// The breaker has tests of its own.
fn no_breaker() -> BreakerSettings {
    let settings = BreakerSettings::default();
    settings
        .failure_threshold(10_000)
        .failure_rate(1.0)
        .min_requests(10_000)
}

fn is_down(client: &Client, broker: usize) -> bool {
    client.describe().brokers[broker - 1].is_down
}

async fn next_of_health(events: &mut Events) -> ClientEvent {
    loop {
        let event = events.next().await.unwrap();
        if !matches!(event, ClientEvent::CircuitChanged { .. }) {
            return event;
        }
    }
}

/// Statement 10.
#[tokio::test(start_paused = true)]
async fn three_failures_in_a_row_are_down_and_one_success_is_up() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .circuit_breaker(no_breaker())
        .build()
        .await
        .unwrap();
    let mut events = client.events();
    let fault = Fault::at_accept(AcceptAction::Close).node(2);
    // Each attempt is two accepts: with the newest version, and then with the oldest.
    let twice = cluster.inject(fault.clone().times(4));
    client.send_to(2, ask()).await.unwrap();
    assert_eq!(twice.hits(), 4);
    assert_eq!(events.try_next(), None, "two in a row are not enough");
    let dead = cluster.inject(fault);
    cluster.drop_connections(2);
    let call = client.send_to(2, ask()).deadline(Duration::from_secs(5));
    call.await.unwrap_err();
    assert_eq!(
        events.try_next(),
        Some(ClientEvent::BrokerDown { broker: 2 })
    );
    assert_eq!(events.try_next(), None, "it is told once");
    assert!(is_down(&client, 2) && !is_down(&client, 1));
    let describe = client.describe().to_string();
    assert!(
        describe.contains("broker 2") && describe.contains("down"),
        "{describe}"
    );
    let metrics = client.metrics().unwrap();
    let broker = metrics.broker(2).unwrap();
    assert_eq!(broker.health, Health::Down);
    assert!(broker.failures >= 3);
    drop(dead);
    client.send_to(2, ask()).await.unwrap();
    assert_eq!(events.try_next(), Some(ClientEvent::BrokerUp { broker: 2 }));
    assert_eq!(events.try_next(), None);
    let metrics = client.metrics().unwrap();
    let broker = metrics.broker(2).unwrap();
    assert_eq!(broker.health, Health::Up);
    let changes: Vec<_> = broker.health_changes.clone();
    assert_eq!(changes, [(Health::Up, 1), (Health::Down, 1)]);
    client.close().await;
}

/// Statement 10: what a broker says, good or bad, and what callers do are no failures of it.
#[tokio::test(start_paused = true)]
async fn errors_of_brokers_and_impatient_callers_are_no_failures() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(2).await;
    let mut events = client.events();
    let code = milena_broker::ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let refused = cluster.inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Error(code)));
    for _ in 0..10 {
        let answer = client.send_to(2, ask()).await.unwrap();
        assert_eq!(answer.error_code, code);
    }
    drop(refused);
    let delay = Action::Delay(Duration::from_secs(1));
    let slow = cluster.inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, delay).node(2));
    for _ in 0..10 {
        let call = client.send_to(2, ask()).deadline(Duration::from_millis(10));
        call.await.unwrap_err();
        let call = tokio::time::timeout(Duration::from_millis(10), client.send_to(2, ask()));
        call.await.unwrap_err();
    }
    drop(slow);
    assert_eq!(events.try_next(), None);
    assert_eq!(client.metrics().unwrap().broker(2).unwrap().failures, 0);
    client.close().await;
}

/// Statement 10: a broker that leaves a request unanswered has failed, even if whoever asked has gone away long since.
#[tokio::test(start_paused = true)]
async fn an_unanswered_connection_is_a_failure_even_if_nobody_waits_any_more() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster)
        .request_timeout(Duration::from_secs(5))
        .build()
        .await
        .unwrap();
    client.warm_up(2).await;
    let _silent = cluster.inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Silence).node(2));
    let call = client.send_to(2, ask()).deadline(Duration::from_secs(1));
    call.await.unwrap_err();
    let failures = |client: &Client| {
        let metrics = client.metrics().unwrap();
        metrics.broker(2).unwrap().failures
    };
    assert_eq!(failures(&client), 0);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(failures(&client), 1);
    client.close().await;
}

/// Statement 10: however many requests are lost with a connection, that is one failure.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_one_failure() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(2).await;
    let delay = Action::Delay(Duration::from_secs(1));
    cluster
        .inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, delay).node(2).times(1))
        .keep();
    let log = cluster.log_requests();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        calls.spawn(client.send_to(2, ask()));
    }
    log.until_seen(Requests::of(ApiKey::DESCRIBE_CLUSTER).node(2), 1)
        .await;
    cluster.drop_connections(2);
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(client.metrics().unwrap().broker(2).unwrap().failures, 1);
    client.close().await;
}

/// Statement 10: nobody is asked unasked.
#[tokio::test(start_paused = true)]
async fn idle_brokers_are_not_probed_by_default() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(2).await;
    let log = cluster.log_requests();
    sleep(Duration::from_secs(200)).await;
    assert!(log.seen(Requests::any()).is_empty());
    client.close().await;
}

/// Node 2 neither answers nor takes connections; what it has is lost.
fn kill(cluster: &milena_broker::Cluster) -> FaultGuard {
    let dead = cluster.inject(Fault::at_accept(AcceptAction::Close).node(2));
    cluster.drop_connections(2);
    dead
}

/// Statement 10: a broker that is down is asked whether it is back, though what any broker may answer goes past it, and is used again when it is.
#[tokio::test(start_paused = true)]
async fn a_broker_that_comes_back_is_used_again_by_itself() {
    let cluster = in_memory(2).start().await.unwrap();
    for breaker in [BreakerSettings::default(), no_breaker()] {
        let client = client(&cluster)
            .selection(RoundRobin::new())
            .circuit_breaker(breaker)
            .build()
            .await
            .unwrap();
        let mut events = client.events();
        let dead = kill(&cluster);
        let log = cluster.log_requests();
        while !is_down(&client, 2) {
            client.send(ask()).await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(
            next_of_health(&mut events).await,
            ClientEvent::BrokerDown { broker: 2 }
        );
        let before = dead.hits();
        for _ in 0..600 {
            let (answer, time) = timed(client.send(ask())).await;
            answer.unwrap();
            assert!(time < Duration::from_millis(10), "nobody pays: {time:?}");
            sleep(Duration::from_millis(100)).await;
        }
        // A minute: after 1 s, 2, and then each 4 s, a fifth more or less; each attempt is two accepts.
        let tried = (dead.hits() - before) / 2;
        assert!((10..=25).contains(&tried), "{tried}");
        assert!(log.seen(Requests::any().node(2)).is_empty());
        drop(dead);
        let began = Instant::now();
        while log
            .seen(Requests::of(ApiKey::DESCRIBE_CLUSTER).node(2))
            .is_empty()
        {
            client.send(ask()).await.unwrap();
            sleep(Duration::from_millis(100)).await;
            assert!(began.elapsed() < Duration::from_secs(10));
        }
        assert_eq!(
            next_of_health(&mut events).await,
            ClientEvent::BrokerUp { broker: 2 }
        );
        log.clear();
        // Nobody is down any more: nobody is asked.
        sleep(Duration::from_secs(60)).await;
        assert!(log.seen(ApiKey::API_VERSIONS).is_empty());
        client.close().await;
    }
}

/// Statement 10.
#[tokio::test(start_paused = true)]
async fn with_a_health_check_an_idle_broker_is_found_down_and_up_again() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster)
        .health_check_interval(Duration::from_secs(2))
        .build()
        .await
        .unwrap();
    let mut events = client.events();
    let log = cluster.log_requests();
    sleep(Duration::from_secs(60)).await;
    // Over the connection for general requests, and not more often than that.
    let probes = log.seen(Requests::of(ApiKey::API_VERSIONS).node(2));
    assert!((20..=32).contains(&probes.len()), "{}", probes.len());
    assert!(cluster.connection_counts().open <= 2);
    let dead = kill(&cluster);
    let (event, time) = timed(next_of_health(&mut events)).await;
    assert_eq!(event, ClientEvent::BrokerDown { broker: 2 });
    assert!(time <= Duration::from_secs(10), "{time:?}");
    drop(dead);
    let (event, time) = timed(next_of_health(&mut events)).await;
    assert_eq!(event, ClientEvent::BrokerUp { broker: 2 });
    assert!(time <= Duration::from_secs(10), "{time:?}");
    client.close().await;
}

/// Statement 10: a busy broker tells enough by itself.
#[tokio::test(start_paused = true)]
async fn a_busy_broker_is_not_probed() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = client(&cluster)
        .health_check_interval(Duration::from_secs(2))
        .build()
        .await
        .unwrap();
    client.send_to(1, ask()).await.unwrap();
    let log = cluster.log_requests();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        client.send_to(1, ask()).await.unwrap();
        sleep(Duration::from_millis(500)).await;
    }
    assert!(log.seen(ApiKey::API_VERSIONS).is_empty());
    client.close().await;
}

/// Statement 10: a probe that is not answered is the only one.
#[tokio::test(start_paused = true)]
async fn a_silent_broker_is_probed_once_at_a_time() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster)
        .health_check_interval(Duration::from_secs(1))
        .request_timeout(Duration::from_secs(20))
        .build()
        .await
        .unwrap();
    client.warm_up(2).await;
    let silent = Fault::on(ApiKey::API_VERSIONS, Action::NoAnswer);
    let silent = cluster.inject(silent.node(2));
    sleep(Duration::from_secs(19)).await;
    assert_eq!(silent.hits(), 1);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(client.metrics().unwrap().broker(2).unwrap().failures, 1);
    client.close().await;
}
