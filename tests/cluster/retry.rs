//! What is sent again, when, and what is not.

use std::time::Duration;

use milena::error::ErrorKind;
use milena::wire::messages::{DescribeClusterRequest, MetadataRequest};
use milena::wire::records::Producer;
use milena_broker::{Action, ApiKey, Cluster, Coordination, ErrorCode, Fault, Moment};
use tokio::time::Instant;

use crate::requests::{cluster, codes, commit, committed, create, ends, fetch, produce, produced};
use crate::support::client;

const NOT_LEADER: ErrorCode = ErrorCode::NOT_LEADER_OR_FOLLOWER;
const UNKNOWN: ErrorCode = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;

/// With an id the broker can tell a record that comes twice.
const PRODUCER: Option<Producer> = Some(Producer {
    id: 7,
    epoch: 0,
    base_sequence: 0,
});

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Statement 2.
#[tokio::test(start_paused = true)]
async fn a_new_leader_in_an_answer_is_followed_at_once_and_without_metadata() {
    let cluster = Cluster::builder().nodes(3).in_memory();
    let cluster = cluster.start().await.unwrap();
    // One replica, as others would answer a Fetch, too.
    let topic = cluster.create_topic("t", 1, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    let written = client.send(produce(topic, 0, PRODUCER)).await.unwrap();
    assert_eq!(produced(&written), ErrorCode::NONE);
    let fetched = client.send(fetch(topic, 0, ms(0))).await.unwrap();
    assert!(fetched.responses[0].partitions[0].error_code.is_ok());
    for _ in 0..3 {
        let old = cluster.leader("t", 0).unwrap();
        let new = old % 3 + 1;
        cluster.move_leader("t", 0, new).unwrap();
        let log = cluster.log_requests();
        let began = Instant::now();
        let written = client.send(produce(topic, 0, PRODUCER)).await.unwrap();
        assert_eq!(produced(&written), ErrorCode::NONE);
        let asked: Vec<_> = log.seen(ApiKey::PRODUCE).iter().map(|r| r.node).collect();
        assert_eq!(asked, [old, new]);
        assert!(log.seen(ApiKey::METADATA).is_empty());
        // The time that a new connection takes, if one is needed, and no back-off.
        assert!(began.elapsed() < ms(20), "{:?}", began.elapsed());

        let old = new;
        let new = old % 3 + 1;
        cluster.move_leader("t", 0, new).unwrap();
        log.clear();
        let fetched = client.send(fetch(topic, 0, ms(0))).await.unwrap();
        assert!(fetched.responses[0].partitions[0].error_code.is_ok());
        let asked: Vec<_> = log.seen(ApiKey::FETCH).iter().map(|r| r.node).collect();
        assert_eq!(asked, [old, new]);
        assert!(log.seen(ApiKey::METADATA).is_empty());
    }
}

/// Statement 2: an answer without new leaders leads to metadata, and not to a wait of its own.
#[tokio::test(start_paused = true)]
async fn a_leader_that_moved_is_found_within_one_back_off() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let old = cluster.leader("t", 0).unwrap();
    // The last metadata is to be older than the back-off.
    tokio::time::sleep(ms(2000)).await;
    cluster.move_leader("t", 0, old % 3 + 1).unwrap();
    let log = cluster.log_requests();
    let began = Instant::now();
    let answer = client.send(ends([0])).await.unwrap();
    assert_eq!(codes(&answer), [(0, ErrorCode::NONE)]);
    assert!(began.elapsed() < ms(150), "{:?}", began.elapsed());
    assert_eq!(log.seen(ApiKey::LIST_OFFSETS).len(), 2);
    assert_eq!(log.seen(ApiKey::METADATA).len(), 1);
}

/// Statement 18: the class of a code is by API.
#[tokio::test(start_paused = true)]
async fn an_unknown_topic_is_asked_for_again_where_records_are_and_final_in_admin() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    for api in [ApiKey::LIST_OFFSETS, ApiKey::FETCH, ApiKey::PRODUCE] {
        let unknown = cluster.inject(Fault::on(api, Action::Error(UNKNOWN)).times(2));
        let log = cluster.log_requests();
        let code = match api {
            ApiKey::LIST_OFFSETS => codes(&client.send(ends([0])).await.unwrap())[0].1,
            ApiKey::FETCH => {
                let fetched = client.send(fetch(topic, 0, ms(0))).await.unwrap();
                fetched.responses[0].partitions[0].error_code
            }
            _ => produced(&client.send(produce(topic, 0, None)).await.unwrap()),
        };
        assert_eq!(code, ErrorCode::NONE, "{api}");
        assert_eq!((unknown.hits(), log.seen(api).len()), (2, 3), "{api}");
    }
    for code in [UNKNOWN, ErrorCode::POLICY_VIOLATION] {
        let _fault = cluster.inject(Fault::on(ApiKey::CREATE_TOPICS, Action::Error(code)));
        let log = cluster.log_requests();
        let answer = client.send(create("u")).await.unwrap();
        assert_eq!(answer.topics[0].error_code, code);
        assert_eq!(log.seen(ApiKey::CREATE_TOPICS).len(), 1);
    }
}

/// Statement 18.
#[tokio::test(start_paused = true)]
async fn what_cannot_get_better_is_not_asked_again() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    for code in [
        ErrorCode::TOPIC_AUTHORIZATION_FAILED,
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
        ErrorCode::SASL_AUTHENTICATION_FAILED,
        ErrorCode::UNSUPPORTED_VERSION,
        ErrorCode::INVALID_REQUEST,
        ErrorCode::UNKNOWN_SERVER_ERROR,
        // The epoch is the caller's.
        ErrorCode::FENCED_LEADER_EPOCH,
    ] {
        let faults = [ApiKey::LIST_OFFSETS, ApiKey::PRODUCE];
        let faults = faults.map(|api| cluster.inject(Fault::on(api, Action::Error(code))));
        let log = cluster.log_requests();
        let began = Instant::now();
        let answer = client.send(ends([0])).await.unwrap();
        assert_eq!(codes(&answer), [(0, code)]);
        let answer = client.send(produce(topic, 0, None)).await.unwrap();
        assert_eq!(produced(&answer), code);
        assert_eq!(log.seen(ApiKey::LIST_OFFSETS).len(), 1, "{code:?}");
        assert_eq!(log.seen(ApiKey::PRODUCE).len(), 1, "{code:?}");
        assert!(began.elapsed() < ms(100), "{code:?}");
        drop(faults);
    }
}

/// Statement 18: only the parts of a request that failed are asked again.
#[tokio::test(start_paused = true)]
async fn one_partition_is_asked_again_and_the_others_are_not() {
    let (cluster, _) = cluster(12).await;
    let client = client(&cluster).build().await.unwrap();
    let stale = Fault::on(ApiKey::LIST_OFFSETS, Action::Error(NOT_LEADER));
    let stale = cluster.inject(stale.partition("t", 7).times(2));
    let log = cluster.log_requests();
    let scattered = client.scatter(ends(0..12)).await;
    assert!(scattered.failures.is_empty());
    // Three brokers, of which one has answered for most, and for the seventh partition later.
    let sizes = scattered.answers.iter().map(|answered| {
        let topics = &answered.request.topics;
        topics[0].partitions.len()
    });
    let mut sizes: Vec<_> = sizes.collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 3, 4, 4]);
    let merged = scattered.merged().unwrap();
    let expected: Vec<_> = (0..12).map(|index| (index, ErrorCode::NONE)).collect();
    assert_eq!(codes(&merged), expected);
    assert_eq!((stale.hits(), log.seen(ApiKey::LIST_OFFSETS).len()), (2, 5));
}

/// Statement 18.
#[tokio::test(start_paused = true)]
async fn records_are_written_again_after_a_lost_answer_only_if_the_broker_can_tell() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let lost = || {
        let close = Action::Close(Moment::AfterApplying);
        cluster.inject(Fault::on(ApiKey::PRODUCE, close).times(1))
    };
    let (fault, log) = (lost(), cluster.log_requests());
    let error = client.send(produce(topic, 0, None)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{error}");
    assert!(error.may_have_been_sent());
    assert_eq!((fault.hits(), log.seen(ApiKey::PRODUCE).len()), (1, 1));
    drop((fault, log));

    let (fault, log) = (lost(), cluster.log_requests());
    let answer = client.send(produce(topic, 0, PRODUCER)).await;
    assert_eq!(produced(&answer.unwrap()), ErrorCode::NONE);
    assert_eq!((fault.hits(), log.seen(ApiKey::PRODUCE).len()), (1, 2));
}

/// Statement 18: what was surely not sent is sent again, whatever it is.
#[tokio::test(start_paused = true)]
async fn records_that_never_left_are_sent_when_the_broker_is_back() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    for node in 1..=3 {
        cluster.stop_node(node).await.unwrap();
    }
    let call = tokio::spawn(client.send(produce(topic, 0, PRODUCER)));
    tokio::time::sleep(ms(3000)).await;
    assert!(!call.is_finished());
    for node in 1..=3 {
        cluster.restart_node(node).await.unwrap();
    }
    let answer = call.await.unwrap().unwrap();
    assert_eq!(produced(&answer), ErrorCode::NONE, "leader was {leader}");
    let ends = client.send(ends([0])).await.unwrap();
    assert_eq!(ends.topics[0].partitions[0].offset, 1);
}

/// Statement 17: 100 ms, 200, 400, 800, then 1 s, each a fifth more or less, and never beyond the deadline.
#[tokio::test(start_paused = true)]
async fn the_wait_doubles_up_to_a_second_and_ends_with_the_deadline() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let again = Action::Error(ErrorCode::NOT_ENOUGH_REPLICAS);
    let _fault = cluster.inject(Fault::on(ApiKey::PRODUCE, again));
    let log = cluster.log_requests();
    let began = Instant::now();
    let answer = client
        .send(produce(topic, 0, None))
        .deadline(ms(6000))
        .await;
    // The last answer is better than none.
    assert_eq!(produced(&answer.unwrap()), ErrorCode::NOT_ENOUGH_REPLICAS);
    let took = began.elapsed();
    assert!((ms(6000)..ms(6050)).contains(&took), "{took:?}");
    let seen = log.seen(ApiKey::PRODUCE);
    let waits = seen.windows(2).map(|two| two[1].at - two[0].at);
    for (index, wait) in waits.enumerate() {
        let middle = ms(100 << index.min(4)).min(ms(1000));
        let range = middle.mul_f64(0.79)..middle.mul_f64(1.25);
        assert!(range.contains(&wait), "{index}: {wait:?}");
    }
    assert!((8..=10).contains(&seen.len()), "{}", seen.len());
}

/// Statement 18: beyond ten a second, and what was saved, retries wait for their turn; none fails for it.
#[tokio::test(start_paused = true)]
async fn the_budget_delays_retries_and_fails_none() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let again = || Action::Error(ErrorCode::OFFSET_NOT_AVAILABLE);
    let _fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, again()).times(200));
    let began = Instant::now();
    let calls: Vec<_> = (0..200)
        .map(|_| tokio::spawn(client.send(ends([0]))))
        .collect();
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        assert_eq!(codes(&answer), [(0, ErrorCode::NONE)]);
    }
    let took = began.elapsed();
    // 200 retries: 10 were there, 20 were earned by the requests, and the rest comes at 10 a second, and as many as the rate of requests allows.
    assert!((ms(4000)..ms(20_000)).contains(&took), "{took:?}");
}

/// Statement 18: who waits for a turn in vain, or goes away, keeps nobody else waiting.
#[tokio::test(start_paused = true)]
async fn who_does_not_take_his_turn_gives_it_back() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster)
        .retry_budget(0.0)
        .retry_budget_floor(1)
        .build()
        .await
        .unwrap();
    client.send(ends([0])).await.unwrap();
    let again = Action::Error(ErrorCode::OFFSET_NOT_AVAILABLE);
    let fault = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, again));
    // The first of them takes the only turn that there is.
    let calls: Vec<_> = (0..100)
        .map(|_| tokio::spawn(client.send(ends([0])).deadline(ms(300))))
        .collect();
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        assert_eq!(
            codes(&answer),
            [(0, ErrorCode::OFFSET_NOT_AVAILABLE)],
            "the last answer is better than none"
        );
    }
    let calls: Vec<_> = (0..100)
        .map(|_| tokio::spawn(client.send(ends([0]))))
        .collect();
    tokio::time::sleep(ms(300)).await;
    for call in calls {
        call.abort();
        let _ = call.await;
    }
    drop(fault);
    let once = Fault::on(
        ApiKey::LIST_OFFSETS,
        Action::Error(ErrorCode::OFFSET_NOT_AVAILABLE),
    );
    let _fault = cluster.inject(once.times(1));
    let began = Instant::now();
    let answer = client.send(ends([0])).await.unwrap();
    assert_eq!(codes(&answer), [(0, ErrorCode::NONE)]);
    // At one a second the two hundred would have had more than three minutes' worth of turns.
    assert!(began.elapsed() < ms(2500), "{:?}", began.elapsed());
}

/// Statement 18: what must not wait is exempt: records both ways, coordination, and metadata.
#[tokio::test(start_paused = true)]
async fn fetches_coordination_and_metadata_are_exempt_from_the_budget() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster)
        .retry_budget(0.0)
        .retry_budget_floor(1)
        .build()
        .await
        .unwrap();
    client.send(ends([0])).await.unwrap();
    client.send(commit(topic)).await.unwrap();
    client.send(fetch(topic, 0, ms(0))).await.unwrap();
    let faults = [
        (ApiKey::FETCH, ErrorCode::OFFSET_NOT_AVAILABLE),
        (
            ApiKey::OFFSET_COMMIT,
            ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ),
        (ApiKey::LIST_OFFSETS, ErrorCode::OFFSET_NOT_AVAILABLE),
    ];
    let faults =
        faults.map(|(api, code)| cluster.inject(Fault::on(api, Action::Error(code)).times(20)));
    // Twenty retries that are not exempt: the last of them waits for about that many seconds.
    let waiting: Vec<_> = (0..20)
        .map(|_| tokio::spawn(client.send(ends([0]))))
        .collect();
    tokio::time::sleep(ms(10)).await;
    let began = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let call = client.send(fetch(topic, 0, ms(0)));
        calls.spawn(async move {
            let fetched = call.await.unwrap();
            assert!(fetched.responses[0].partitions[0].error_code.is_ok());
        });
        let call = client.send(commit(topic));
        calls.spawn(async move {
            assert_eq!(committed(&call.await.unwrap()), ErrorCode::NONE);
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert!(began.elapsed() < ms(1500), "{:?}", began.elapsed());
    assert_eq!((faults[0].hits(), faults[1].hits()), (20, 20));
    let close = Action::Close(Moment::AfterReading);
    let _lost = cluster.inject(Fault::on(ApiKey::METADATA, close).times(3));
    let began = Instant::now();
    client.send(MetadataRequest::default()).await.unwrap();
    assert!(began.elapsed() < ms(1500), "{:?}", began.elapsed());
    let metrics = client.metrics().unwrap();
    assert!(metrics.api(ApiKey::METADATA).unwrap().retries > 0);
    assert!(waiting.iter().any(|call| !call.is_finished()));
    for call in waiting {
        call.await.unwrap().unwrap();
    }
}

/// Statement 18.
#[tokio::test(start_paused = true)]
async fn records_are_exempt_from_the_budget() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends([0])).await.unwrap();
    let again = Action::Error(ErrorCode::NOT_ENOUGH_REPLICAS);
    let _fault = cluster.inject(Fault::on(ApiKey::PRODUCE, again).times(200));
    let began = Instant::now();
    let calls: Vec<_> = (0..200)
        .map(|_| tokio::spawn(client.send(produce(topic, 0, None))))
        .collect();
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        assert_eq!(produced(&answer), ErrorCode::NONE);
    }
    // One back-off, and the time of a few hundred answers.
    assert!(began.elapsed() < ms(300), "{:?}", began.elapsed());
}

/// Statement 18, and row 29 of the faults: who is no member any more has to join again, which is not for this layer.
#[tokio::test(start_paused = true)]
async fn a_late_commit_is_refused_once_and_for_all() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    let coordinator = cluster.coordinator(Coordination::Group, "g").unwrap();
    for code in [
        ErrorCode::UNKNOWN_MEMBER_ID,
        ErrorCode::ILLEGAL_GENERATION,
        ErrorCode::REBALANCE_IN_PROGRESS,
        ErrorCode::FENCED_INSTANCE_ID,
    ] {
        let _fault = cluster.inject(Fault::on(ApiKey::OFFSET_COMMIT, Action::Error(code)));
        let log = cluster.log_requests();
        let answer = client.send(commit(topic)).await.unwrap();
        assert_eq!(committed(&answer), code);
        let seen = log.seen(ApiKey::OFFSET_COMMIT);
        assert_eq!(seen.len(), 1, "{code:?}");
        assert_eq!(seen[0].node, coordinator);
    }
    // The coordinator that has yet to load is asked again, and stays the one that is known.
    let loading = Action::Error(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
    let _fault = cluster.inject(Fault::on(ApiKey::OFFSET_COMMIT, loading).times(1));
    let log = cluster.log_requests();
    let answer = client.send(commit(topic)).await.unwrap();
    assert_eq!(committed(&answer), ErrorCode::NONE);
    assert_eq!(log.seen(ApiKey::OFFSET_COMMIT).len(), 2);
    assert!(log.seen(ApiKey::FIND_COORDINATOR).is_empty());
}

/// Statements 13 and 18: what any broker may answer does not wait for the one that cannot be reached.
#[tokio::test(start_paused = true)]
async fn what_anybody_may_answer_goes_on_to_the_next_at_once() {
    let (cluster, _) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    cluster.stop_node(2).await.unwrap();
    cluster.stop_node(3).await.unwrap();
    let began = Instant::now();
    for _ in 0..20 {
        let answer = client.send(DescribeClusterRequest::default()).await;
        assert!(answer.unwrap().error_code.is_ok());
    }
    assert!(began.elapsed() < ms(50), "{:?}", began.elapsed());
}
