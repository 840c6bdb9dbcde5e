//! What a caller is told in the end, and brokers that do what no broker should.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use milena::error::ErrorKind;
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{
    AcceptAction, Action, ApiKey, Coordination, ErrorCode, Fault, Moment, Requests,
};
use tokio::time::Instant;

use crate::requests::{cluster, codes, commit, committed, ends};
use crate::support::{client, timed};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Statement 19.
#[tokio::test(start_paused = true)]
async fn the_final_error_holds_the_attempts() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    let close = Action::Close(Moment::AfterReading);
    let _fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, close).times(3));
    let silent = Fault::on(ApiKey::LIST_OFFSETS, Action::NoAnswer);
    let _silent = cluster.inject(silent);
    let before = SystemTime::now();
    let error = client.send(ends([0])).deadline(ms(3000)).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    assert_eq!(error.api(), Some(ApiKey::LIST_OFFSETS));
    assert_eq!(error.broker(), Some(leader));
    assert!(error.may_have_been_sent());
    let attempts = error.attempts();
    assert_eq!(attempts.len(), 3);
    for attempt in attempts {
        assert_eq!(attempt.broker, Some(leader));
        assert!(matches!(attempt.error.kind(), ErrorKind::Closed(_)));
        assert!(attempt.at >= before && attempt.at <= SystemTime::now());
    }
    let text = error.to_string();
    assert!(text.starts_with("ListOffsets"), "{text}");
    for part in [
        "not answered within the deadline",
        &format!("broker {leader}"),
        "attempts: 3, the last: ",
        "connection broken",
        "may have been carried out",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!text.contains('\n') && text.len() < 500, "{text}");
    // What is behind it is there for who follows the sources.
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("connection broken"), "{source}");
}

/// Statement 19: those of a part are the part's.
#[tokio::test(start_paused = true)]
async fn each_part_has_the_attempts_of_its_own() {
    let (cluster, _) = cluster(3).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends(0..3)).await.unwrap();
    let dead = cluster.leader("t", 1).unwrap();
    let close = Action::Close(Moment::AfterReading);
    let requests = Requests::of(ApiKey::LIST_OFFSETS).node(dead);
    let _fault = cluster.inject(Fault::on(requests, close));
    let scattered = client.scatter(ends(0..3)).deadline(ms(1000)).await;
    assert_eq!(scattered.answers.len(), 2);
    assert_eq!(scattered.failures.len(), 1);
    let error = &scattered.failures[0].error;
    assert!(error.attempts().len() >= 2, "{error}");
    assert!(error.attempts().iter().all(|one| one.broker == Some(dead)));
    assert_eq!(
        scattered.failures[0].request.topics[0].partitions[0].partition_index,
        1
    );
    // As one, it is an error, and says so.
    assert!(scattered.merged().is_err());
}

/// Bad input: brokers of which each says that it is another.
#[tokio::test(start_paused = true)]
async fn brokers_that_send_everybody_on_are_given_up_at_the_deadline() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    let redirect = |api, code| cluster.inject(Fault::on(api, Action::Error(code)));
    let _leader = redirect(ApiKey::LIST_OFFSETS, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let _coordinator = redirect(ApiKey::OFFSET_COMMIT, ErrorCode::NOT_COORDINATOR);
    let log = cluster.log_requests();
    let began = Instant::now();
    let (asked, committing) = tokio::join!(
        client.send(ends([0])).deadline(ms(10_000)),
        client.send(commit(topic)).deadline(ms(10_000)),
    );
    let took = began.elapsed();
    assert!(took < ms(11_000), "{took:?}");
    // The last answer is as good as any.
    let expected = [(0, ErrorCode::NOT_LEADER_OR_FOLLOWER)];
    assert_eq!(codes(&asked.unwrap()), expected);
    assert_eq!(committed(&committing.unwrap()), ErrorCode::NOT_COORDINATOR);
    for (api, most) in [
        (ApiKey::LIST_OFFSETS, 16),
        (ApiKey::OFFSET_COMMIT, 16),
        (ApiKey::METADATA, 40),
        (ApiKey::FIND_COORDINATOR, 20),
    ] {
        let seen = log.seen(api).len();
        assert!((1..=most).contains(&seen), "{api}: {seen}");
    }
}

/// Statement 19: what was answered last is told, too, when the deadline comes while nobody else is found to ask.
#[tokio::test(start_paused = true)]
async fn the_last_answer_is_told_though_nobody_else_was_found() {
    let (cluster, topic) = cluster(3).await;
    // One of its own for the second half: over a connection with a question that is never answered no later answer is in turn.
    let other = client(&cluster).build().await.unwrap();
    other.send(ends(0..3)).await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(commit(topic)).await.unwrap();
    let moved = |api, code| Fault::on(api, Action::Error(code)).times(1);
    let _coordinator = cluster.inject(moved(ApiKey::OFFSET_COMMIT, ErrorCode::NOT_COORDINATOR));
    let _nobody = cluster.inject(Fault::on(ApiKey::FIND_COORDINATOR, Action::NoAnswer));
    let (answer, time) = timed(client.send(commit(topic)).deadline(ms(3000))).await;
    assert_eq!(committed(&answer.unwrap()), ErrorCode::NOT_COORDINATOR);
    assert!((ms(3000)..ms(3050)).contains(&time), "{time:?}");
    // Of a request of which others were answered well, the rest.
    let leaderless = cluster.leaderless("t", 1).unwrap();
    let (answer, time) = timed(other.send(ends(0..3)).deadline(ms(3000))).await;
    let answer = answer.unwrap();
    let codes = codes(&answer);
    assert_eq!(codes.len(), 3, "{codes:?}");
    assert!(codes[0].1.is_ok() && codes[2].1.is_ok(), "{codes:?}");
    assert_eq!(codes[1], (1, ErrorCode::NOT_LEADER_OR_FOLLOWER));
    assert!((ms(3000)..ms(3050)).contains(&time), "{time:?}");
    drop(leaderless);
}

/// Bad input: a leader that has moved each time that it is asked. Where it is known at once who leads now, nobody spins either.
#[tokio::test(start_paused = true)]
async fn a_leader_that_is_always_elsewhere_keeps_nobody_busy() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let log = cluster.log_requests();
    let call = tokio::spawn(client.send(ends([0])).deadline(ms(5000)));
    let began = Instant::now();
    let mut seen = 0;
    // Each request that comes finds that the partition has just been moved.
    let stale = Action::Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let _stale = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, stale));
    while !call.is_finished() {
        let now = log.seen(ApiKey::LIST_OFFSETS).len();
        if now > seen {
            seen = now;
            let leader = cluster.leader("t", 0).unwrap();
            cluster.move_leader("t", 0, leader % 3 + 1).unwrap();
        }
        tokio::time::sleep(ms(1)).await;
    }
    assert!(began.elapsed() < ms(6000));
    assert!((3..=20).contains(&seen), "{seen}");
    let _ = call.await.unwrap();
}

/// Bad input, and row 10 of the faults.
#[tokio::test(start_paused = true)]
async fn brokers_that_accept_and_never_answer_hold_nobody_beyond_the_deadline() {
    let (cluster, _) = cluster(3).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends(0..3)).await.unwrap();
    let _dead = cluster.inject(Fault::at_accept(AcceptAction::Stall));
    let _silent = cluster.inject(Fault::on(Requests::any(), Action::Silence));
    let log = cluster.log_requests();
    let calls: Vec<_> = (0..100)
        .map(|index| {
            let client = client.clone();
            tokio::spawn(async move {
                let began = Instant::now();
                let error = match index % 2 {
                    0 => client
                        .send(ends(0..3))
                        .deadline(ms(5000))
                        .await
                        .unwrap_err(),
                    _ => {
                        let call = client.send(DescribeClusterRequest::default());
                        call.deadline(ms(5000)).await.unwrap_err()
                    }
                };
                (began.elapsed(), error)
            })
        })
        .collect();
    for call in calls {
        let (took, error) = call.await.unwrap();
        assert!(took < ms(6000), "{took:?} {error}");
    }
    // Each was sent once, to each of the three leaders.
    assert!(log.seen(ApiKey::LIST_OFFSETS).len() <= 150);
    let began = Instant::now();
    client.close().await;
    assert!(began.elapsed() < ms(11_000));
}

/// Bad input.
#[tokio::test(start_paused = true)]
async fn garbage_ends_the_connection_and_not_the_client() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    for action in [
        Action::Garbage(Bytes::from_static(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        Action::Garbage(Bytes::from_static(&[0; 64])),
        Action::WrongCorrelationId,
        Action::Length(-1),
        Action::Length(i32::MAX),
        Action::Length(3),
        Action::Duplicate,
        Action::Unsolicited,
        Action::Close(Moment::AfterBytes(5)),
    ] {
        let name = format!("{action:?}");
        let log = cluster.log_requests();
        let fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, action).times(2));
        let began = Instant::now();
        for _ in 0..3 {
            let answer = client.send(ends([0])).deadline(ms(5000)).await;
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(codes(&answer), [(0, ErrorCode::NONE)], "{name}");
        }
        assert!(began.elapsed() < ms(5000), "{name}: {:?}", began.elapsed());
        assert_eq!(fault.hits(), 2, "{name}");
        assert!(log.seen(ApiKey::LIST_OFFSETS).len() <= 5, "{name}");
    }
    // For ever: an error that says what came, by the deadline.
    let garbage = Action::Garbage(Bytes::from_static(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let _fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, garbage));
    let log = cluster.log_requests();
    let began = Instant::now();
    let error = client.send(ends([0])).deadline(ms(5000)).await.unwrap_err();
    assert!(began.elapsed() < ms(6000));
    assert!(!error.attempts().is_empty(), "{error}");
    assert!(log.seen(ApiKey::LIST_OFFSETS).len() <= 12);
}

/// Bad input: what an idle client costs when every broker is down.
#[tokio::test(start_paused = true)]
async fn a_client_without_any_broker_does_little() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    for node in 1..=3 {
        cluster.stop_node(node).await.unwrap();
    }
    let error = client
        .send(ends([0]))
        .deadline(ms(60_000))
        .await
        .unwrap_err();
    let attempts = error.attempts().len();
    assert!((5..=80).contains(&attempts), "{attempts}");
    let metrics = client.metrics().unwrap();
    let failed: u64 = metrics
        .connect_failures
        .iter()
        .map(|(_, count)| count)
        .sum();
    // Once a second to each broker and each bootstrap address, when nothing has helped for a while.
    assert!(failed < 600, "{failed}");
    for node in 1..=3 {
        cluster.restart_node(node).await.unwrap();
    }
    let began = Instant::now();
    let answer = client.send(ends([0])).await.unwrap();
    assert_eq!(codes(&answer), [(0, ErrorCode::NONE)], "broker {leader}");
    assert!(began.elapsed() < ms(6000), "{:?}", began.elapsed());
}

/// Row 10 of the faults, for who coordinates: a group's requests are never refused, and bounded by their deadline.
#[tokio::test(start_paused = true)]
async fn a_silent_coordinator_is_waited_for_until_the_deadline() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(commit(topic)).await.unwrap();
    let coordinator = cluster.coordinator(Coordination::Group, "g").unwrap();
    let requests = Requests::any().node(coordinator);
    let silent = cluster.inject(Fault::on(requests, Action::Silence));
    let began = Instant::now();
    let error = client
        .send(commit(topic))
        .deadline(ms(2000))
        .await
        .unwrap_err();
    assert!(began.elapsed() < ms(3000), "{:?}", began.elapsed());
    assert!(error.may_have_been_sent(), "{error}");
    drop(silent);
    cluster.drop_connections(coordinator);
    let answer = client.send(commit(topic)).await.unwrap();
    assert_eq!(committed(&answer), ErrorCode::NONE);
}
