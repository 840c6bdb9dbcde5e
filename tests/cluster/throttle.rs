//! Brokers that ask for silence (KIP-219).

use std::time::Duration;

use milena::cluster::breaker::{BreakerSettings, BreakerState};
use milena::cluster::{ClientEvent, Purpose};
use milena::error::ErrorKind;
use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Requests};
use tokio::time::Instant;

use crate::requests::{cluster, codes, create, ends, fetch, produce, produced};
use crate::support::client;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Statement 17, and row 11 of the faults.
#[tokio::test(start_paused = true)]
async fn silence_is_for_one_purpose_of_one_broker() {
    let (cluster, topic) = cluster(3).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends(0..3)).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    client.send(produce(topic, 0, None)).await.unwrap();
    let throttled = Fault::on(
        Requests::of(ApiKey::LIST_OFFSETS).node(leader),
        Action::Throttle(ms(2000)),
    );
    let throttled = cluster.inject(throttled.times(1));
    let began = Instant::now();
    client.send(ends([0])).await.unwrap();
    assert_eq!(throttled.hits(), 1);
    // The answer itself is there at once.
    assert!(began.elapsed() < ms(10), "{:?}", began.elapsed());

    let log = cluster.log_requests();
    // Another purpose of this broker, and this purpose of the others.
    let written = client.send(produce(topic, 0, None)).await.unwrap();
    assert_eq!(produced(&written), ErrorCode::NONE);
    let others = (1..3).filter(|index| cluster.leader("t", *index) != Some(leader));
    client.send(ends(others)).await.unwrap();
    assert!(began.elapsed() < ms(20), "{:?}", began.elapsed());
    // The silence is the broker's due: nothing is sent before.
    let answer = client.send(ends([0])).await.unwrap();
    assert_eq!(codes(&answer), [(0, ErrorCode::NONE)]);
    let took = began.elapsed();
    assert!((ms(1990)..ms(2050)).contains(&took), "{took:?}");
    let seen = log.seen(Requests::of(ApiKey::LIST_OFFSETS).node(leader));
    assert_eq!(seen.len(), 1);
    assert!(seen[0].at >= began + ms(1990));
}

/// Statement 17: a deadline within the silence is kept, and nothing is sent.
#[tokio::test(start_paused = true)]
async fn a_deadline_within_the_silence_is_kept() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let throttled = Fault::on(ApiKey::LIST_OFFSETS, Action::Throttle(ms(5000)));
    let _throttled = cluster.inject(throttled.times(1));
    client.send(ends([0])).await.unwrap();
    let log = cluster.log_requests();
    let began = Instant::now();
    let error = client.send(ends([0])).deadline(ms(300)).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    assert!(!error.may_have_been_sent());
    assert!((ms(300)..ms(310)).contains(&began.elapsed()));
    assert!(log.seen(ApiKey::LIST_OFFSETS).is_empty());
}

/// Statement 17: before these versions the broker holds the answer back, and the client has waited already.
#[tokio::test(start_paused = true)]
async fn old_versions_are_not_followed_by_silence() {
    let cluster = Cluster::builder().in_memory();
    let cluster = cluster
        .cap_api(ApiKey::LIST_OFFSETS, 2)
        .start()
        .await
        .unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let throttled = Fault::on(ApiKey::LIST_OFFSETS, Action::Throttle(ms(2000)));
    let throttled = cluster.inject(throttled.times(1));
    let log = cluster.log_requests();
    client.send(ends([0])).await.unwrap();
    let answered = Instant::now();
    assert_eq!(throttled.hits(), 1);
    let next = tokio::spawn(client.send(ends([0])));
    let seen = log.until_seen(ApiKey::LIST_OFFSETS, 2).await;
    assert_eq!(seen[0].version, 2);
    // Whenever the broker takes it from the socket: the client did not wait on top of that.
    assert!(seen[1].at <= answered + ms(2010), "{:?}", seen[1].at);
    next.await.unwrap().unwrap();
    let metrics = client.metrics().unwrap();
    assert_eq!(metrics.api(ApiKey::LIST_OFFSETS).unwrap().throttles, 1);
}

/// Statement 17: silence is neither rest nor a broker that leaves a request unanswered.
#[tokio::test(start_paused = true)]
async fn silence_is_neither_idle_time_nor_a_time_out() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster)
        .connections_max_idle(ms(3000))
        .request_timeout(ms(1000))
        .build()
        .await
        .unwrap();
    client.send(ends([0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    let throttled = Fault::on(ApiKey::LIST_OFFSETS, Action::Throttle(ms(8000)));
    let _throttled = cluster.inject(throttled.times(1));
    client.send(ends([0])).await.unwrap();
    let before = cluster.connection_counts();
    let began = Instant::now();
    let waiting = tokio::spawn(client.send(ends([0])));
    tokio::time::sleep(ms(7000)).await;
    let description = client.describe();
    let broker = description
        .brokers
        .iter()
        .find(|broker| broker.id == leader);
    let connections = &broker.unwrap().connections;
    assert!(
        connections
            .iter()
            .any(|one| one.purpose == Purpose::General)
    );
    waiting.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!((ms(7990)..ms(8050)).contains(&took), "{took:?}");
    // Over the connection that was there.
    assert_eq!(cluster.connection_counts().accepted, before.accepted);
    assert!(
        client
            .describe()
            .brokers
            .iter()
            .all(|broker| broker.last_error.is_none())
    );
}

/// Statement 17.
#[tokio::test(start_paused = true)]
async fn an_exceeded_quota_is_waited_for() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    let code = ErrorCode::THROTTLING_QUOTA_EXCEEDED;
    let exceeded = cluster.inject(Fault::on(ApiKey::CREATE_TOPICS, Action::Error(code)).times(3));
    let log = cluster.log_requests();
    let answer = client.send(create("u")).await.unwrap();
    assert_eq!(answer.topics[0].error_code, ErrorCode::NONE);
    assert_eq!(
        (exceeded.hits(), log.seen(ApiKey::CREATE_TOPICS).len()),
        (3, 4)
    );
}

/// Statements 13 and 17: who has to be silent does not keep the place of those who may try a broker whose circuit is open.
#[tokio::test(start_paused = true)]
async fn who_is_silent_leaves_it_to_others_to_try_the_broker() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster)
        .circuit_breaker(BreakerSettings::default().failure_threshold(1))
        .build()
        .await
        .unwrap();
    client.send(ends([0])).await.unwrap();
    client.send(fetch(topic, 0, ms(0))).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    let throttle = Fault::on(ApiKey::LIST_OFFSETS, Action::Throttle(ms(4000)));
    let _throttle = cluster.inject(throttle.times(1));
    let mut events = client.events();
    let began = Instant::now();
    client.send_to(leader, ends([0])).await.unwrap();
    let lost = Fault::on(ApiKey::FETCH, Action::Close(Moment::AfterReading));
    let _lost = cluster.inject(lost.times(1));
    let call = client.send_to(leader, fetch(topic, 0, ms(0)));
    call.deadline(ms(20)).await.unwrap_err();
    let event = events.next().await.unwrap();
    assert!(
        matches!(event, ClientEvent::CircuitChanged { to, .. } if to == BreakerState::Open),
        "{event:?}"
    );
    let silent = tokio::spawn(client.send_to(leader, ends([0])));
    // By then the circuit lets one by, and the one who waits for the silence was there first.
    tokio::time::sleep(ms(1300)).await;
    let before = Instant::now();
    client
        .send_to(leader, fetch(topic, 0, ms(0)))
        .await
        .unwrap();
    assert!(before.elapsed() < ms(50), "{:?}", before.elapsed());
    silent.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!((ms(3990)..ms(4100)).contains(&took), "{took:?}");
}
