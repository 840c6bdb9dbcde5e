//! Statements 6 and 7: who has which socket, who connects, and how many there may be.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milena::Client;
use milena::cluster::breaker::BreakerSettings;
use milena::cluster::{ClientBuilder, Purpose};
use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::Plain;
use milena::wire::codec::VersionRange;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::{
    DescribeClusterRequest, DescribeClusterResponse, FetchRequest, FetchResponse, HeartbeatRequest,
    HeartbeatResponse, ProduceRequest, ProduceResponse,
};
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, Fault, Sasl};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::script::{Act, Ask, Script};
use crate::support::{client, in_memory, text, timed};

fn ask() -> DescribeClusterRequest {
    DescribeClusterRequest::default()
}

fn heartbeat() -> HeartbeatRequest {
    HeartbeatRequest::default().with_group_id("g")
}

fn count(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// The breaker has tests of its own.
fn no_breaker() -> BreakerSettings {
    let settings = BreakerSettings::default();
    settings
        .failure_threshold(10_000)
        .failure_rate(1.0)
        .min_requests(10_000)
}

/// The brokers that there are connections to, each with their number.
fn connected(client: &Client) -> BTreeMap<i32, usize> {
    let brokers = client.describe().brokers.into_iter();
    let connected = brokers.map(|broker| (broker.id, broker.connections.len()));
    connected.filter(|(_, count)| *count > 0).collect()
}

/// Statement 6.
#[tokio::test(start_paused = true)]
async fn of_a_thousand_callers_one_connects() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    let before = cluster.connection_counts().accepted;
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        callers.spawn(async move { client.send_to(2, ask()).await });
    }
    while let Some(answer) = callers.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(cluster.connection_counts().accepted, before + 1);
    client.close().await;
}

/// Statement 6: who waits for a connection does so until his own deadline, and neither shortens nor lengthens the others'.
#[tokio::test(start_paused = true)]
async fn each_who_waits_for_the_same_connection_has_his_own_deadline() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    let stalled = cluster.inject(Fault::at_accept(AcceptAction::Stall).node(2));
    let before = cluster.connection_counts().accepted;
    let mut callers = JoinSet::new();
    for seconds in 1..=6 {
        let client = client.clone();
        callers.spawn(async move {
            let call = client
                .send_to(2, ask())
                .deadline(Duration::from_secs(seconds));
            let (answer, time) = timed(call).await;
            (seconds, answer, time)
        });
    }
    sleep(Duration::from_millis(3500)).await;
    drop(stalled);
    while let Some(ended) = callers.join_next().await {
        let (seconds, answer, time) = ended.unwrap();
        if seconds <= 3 {
            let error = answer.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::DeadlineExceeded),
                "{error:?}"
            );
            assert!(!error.may_have_been_sent());
            let late = time - Duration::from_secs(seconds);
            assert!(late < Duration::from_millis(10), "{time:?}");
        } else {
            answer.unwrap();
            assert!(time < Duration::from_millis(3510), "{time:?}");
        }
    }
    assert_eq!(cluster.connection_counts().accepted, before + 1);
    client.close().await;
}

/// A node that holds fetches for five seconds.
fn slow_fetch(ask: &Ask) -> Act {
    match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1])),
        ApiKey::FIND_COORDINATOR => ask.answer(&ask.coordinator(1)),
        ApiKey::FETCH => {
            let answer = ask.frame(&FetchResponse::default());
            Act::Late(Duration::from_secs(5), answer)
        }
        ApiKey::PRODUCE => ask.answer(&ProduceResponse::default()),
        ApiKey::HEARTBEAT => ask.answer(&HeartbeatResponse::default()),
        _ => ask.answer(&DescribeClusterResponse::default()),
    }
}

fn purposes() -> Script {
    let apis = [
        (ApiKey::FETCH, VersionRange::new(4, 12)),
        (ApiKey::PRODUCE, VersionRange::new(3, 9)),
        (ApiKey::HEARTBEAT, VersionRange::new(0, 4)),
        (ApiKey::DESCRIBE_CLUSTER, VersionRange::new(0, 1)),
    ];
    Script::new(&apis, slow_fetch)
}

/// Statement 6.
#[tokio::test(start_paused = true)]
async fn a_long_poll_delays_nothing_that_has_another_purpose() {
    let script = purposes();
    let client = script.client().build().await.unwrap();
    let poll = tokio::spawn(client.send_to(1, FetchRequest::default()));
    sleep(Duration::from_millis(10)).await;
    let others = async {
        client.send(heartbeat()).await.unwrap();
        client.send(ask()).await.unwrap();
        let produce = ProduceRequest::default().with_acks(-1);
        client.send_to(1, produce).await.unwrap();
    };
    let ((), time) = timed(others).await;
    assert!(time < Duration::from_millis(10), "{time:?}");
    assert!(!poll.is_finished());
    let broker = client.describe().brokers.remove(0);
    let purposes: BTreeSet<_> = broker.connections.iter().map(|c| c.purpose).collect();
    let all = [
        Purpose::General,
        Purpose::Produce,
        Purpose::Fetch,
        Purpose::Coordination,
    ];
    assert_eq!(purposes, BTreeSet::from(all));
    assert_eq!(broker.connections.len(), 4);
    poll.await.unwrap().unwrap();
    client.close().await;
}

/// Statement 6: more sockets for a purpose, each made when those that are there are busy.
#[tokio::test(start_paused = true)]
async fn as_many_sockets_for_a_purpose_as_configured() {
    let script = purposes();
    let client = script
        .client()
        .connections_per_purpose(Purpose::Fetch, count(3))
        .build()
        .await
        .unwrap();
    // The second finds the first one's socket busy, and has another one made for those to come; so does the fourth.
    let mut polls = JoinSet::new();
    for _ in 0..4 {
        polls.spawn(client.send_to(1, FetchRequest::default()));
        sleep(Duration::from_millis(1)).await;
    }
    while let Some(answer) = polls.join_next().await {
        answer.unwrap().unwrap();
    }
    let fetches = |client: &Client| {
        let broker = client.describe().brokers.remove(0);
        let of = broker.connections.iter();
        of.filter(|c| c.purpose == Purpose::Fetch).count()
    };
    assert_eq!(fetches(&client), 3);
    let ((), time) = timed(async {
        let mut polls = JoinSet::new();
        for _ in 0..3 {
            polls.spawn(client.send_to(1, FetchRequest::default()));
        }
        while let Some(answer) = polls.join_next().await {
            answer.unwrap().unwrap();
        }
    })
    .await;
    assert!(time < Duration::from_millis(5010), "side by side: {time:?}");
    assert_eq!(fetches(&client), 3);
    client.close().await;
}

/// Which addresses were dialed, and when.
type Dialed = Arc<Mutex<Vec<(String, Instant)>>>;

/// Notes when each node is dialed; those in `dead` refuse.
fn noting(cluster: &Cluster, dead: &[i32]) -> (ClientBuilder, Dialed) {
    let dials = Arc::new(Mutex::new(Vec::new()));
    let (noted, dialer) = (Arc::clone(&dials), cluster.dialer());
    let dead: Vec<_> = dead
        .iter()
        .map(|node| format!("node-{node}.invalid:9092"))
        .collect();
    let builder = client(cluster).dialer(move |address: String| {
        noted
            .lock()
            .unwrap()
            .push((address.clone(), Instant::now()));
        let is_dead = dead.contains(&address);
        let dialer = dialer.clone();
        async move {
            if is_dead {
                return Err(std::io::ErrorKind::ConnectionRefused.into());
            }
            dialer.connect(&address).await
        }
    });
    (builder, dials)
}

/// Statement 6.
#[tokio::test(start_paused = true)]
async fn connects_back_off_from_50_ms_to_1_s_for_all_purposes_together() {
    let cluster = in_memory(2).start().await.unwrap();
    let (builder, dials) = noting(&cluster, &[2]);
    let client = builder.circuit_breaker(no_breaker()).build().await.unwrap();
    dials.lock().unwrap().clear();
    let mut callers = JoinSet::new();
    for caller in 0..100 {
        let client = client.clone();
        callers.spawn(async move {
            let time = Duration::from_secs(10);
            match caller % 4 {
                0 => client.send_to(2, ask()).deadline(time).await.map(drop),
                1 => client
                    .send_to(2, heartbeat())
                    .deadline(time)
                    .await
                    .map(drop),
                2 => {
                    let fetch = FetchRequest::default();
                    client.send_to(2, fetch).deadline(time).await.map(drop)
                }
                _ => {
                    let produce = ProduceRequest::default().with_acks(-1);
                    client.send_to(2, produce).deadline(time).await.map(drop)
                }
            }
        });
    }
    while let Some(answer) = callers.join_next().await {
        answer.unwrap().unwrap_err();
    }
    let dials = dials.lock().unwrap().clone();
    let times: Vec<_> = dials
        .into_iter()
        .filter(|(address, _)| address.starts_with("node-2"))
        .map(|(_, at)| at)
        .collect();
    let gaps: Vec<_> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .collect();
    // The first for each purpose are made before any has failed.
    let (first, later) = gaps.split_at(gaps.iter().position(|gap| *gap > 0).unwrap());
    assert!(first.len() <= 3, "{gaps:?}");
    assert!(later.iter().all(|gap| *gap >= 40), "{gaps:?}");
    assert!(later.iter().all(|gap| *gap <= 1400), "{gaps:?}");
    assert!(
        later[later.len() - 3..].iter().all(|gap| *gap >= 800),
        "{gaps:?}"
    );
    assert!(later.len() >= 8, "{gaps:?}");
    client.close().await;
}

/// Statement 6: it is not asked a thousand times whether the password is still wrong.
#[tokio::test(start_paused = true)]
async fn a_refused_login_is_told_to_all_who_wait_and_remembered_for_a_while() {
    let sasl = Sasl::new().plain().user("alice", "secret");
    let cluster = in_memory(2).sasl(sasl).start().await.unwrap();
    let client = client(&cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .sasl(Plain::new("alice", "secret"))
        .allow_plaintext_credentials(true)
        .build()
        .await
        .unwrap();
    let code = ErrorCode::SASL_AUTHENTICATION_FAILED;
    let fault = Fault::on(ApiKey::SASL_AUTHENTICATE, Action::Error(code)).node(2);
    let refused = cluster.inject(fault);
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        callers.spawn(async move { client.send_to(2, ask()).await.unwrap_err() });
    }
    while let Some(error) = callers.join_next().await {
        let error = error.unwrap();
        assert!(!error.is_retriable(), "{error:?}");
        assert_eq!(error.broker(), Some(2));
    }
    assert_eq!(refused.hits(), 1);
    sleep(Duration::from_millis(20)).await;
    let (again, time) = timed(client.send_to(2, ask())).await;
    assert!(!again.unwrap_err().is_retriable());
    assert_eq!((refused.hits(), time), (1, Duration::ZERO));
    drop(refused);
    sleep(Duration::from_millis(60)).await;
    client.send_to(2, ask()).await.unwrap();
    client.close().await;
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn with_all_connections_made_the_idle_one_used_least_recently_goes() {
    let cluster = in_memory(6).start().await.unwrap();
    let client = client(&cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .max_connections(count(4))
        .build()
        .await
        .unwrap();
    for node in 1..=4 {
        client.send_to(node, ask()).await.unwrap();
        sleep(Duration::from_millis(5)).await;
    }
    client.send_to(1, ask()).await.unwrap();
    sleep(Duration::from_millis(5)).await;
    let all = |nodes: [i32; 4]| nodes.map(|node| (node, 1)).into_iter().collect();
    assert_eq!(connected(&client), all([1, 2, 3, 4]));
    client.send_to(5, ask()).await.unwrap();
    assert_eq!(
        connected(&client),
        all([1, 3, 4, 5]),
        "2 was used longest ago"
    );
    sleep(Duration::from_millis(5)).await;
    client.send_to(6, ask()).await.unwrap();
    assert_eq!(connected(&client), all([1, 4, 5, 6]));
    // Round and round, by many at once: never more than four, and all are answered.
    let mut callers = JoinSet::new();
    for caller in 0..300 {
        let client = client.clone();
        callers.spawn(async move { client.send_to(caller % 6 + 1, ask()).await });
    }
    while let Some(answer) = callers.join_next().await {
        answer.unwrap().unwrap();
        let open: usize = connected(&client).values().sum();
        assert!(open <= 4, "{open}");
    }
    cluster.until_connections(|counts| counts.open <= 4).await;
    let failures: u64 = client
        .metrics()
        .unwrap()
        .brokers
        .iter()
        .map(|b| b.failures)
        .sum();
    assert_eq!(failures, 0, "to make room is no failure");
    client.close().await;
}

/// Nodes that answer after three seconds.
fn slow(nodes: i32) -> Script {
    let apis = [(ApiKey::DESCRIBE_CLUSTER, VersionRange::new(0, 1))];
    Script::new(&apis, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata(1..=nodes)),
        _ => {
            let answer = ask.frame(&DescribeClusterResponse::default());
            Act::Late(Duration::from_secs(3), answer)
        }
    })
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn with_all_connections_busy_who_waits_in_vain_is_told_of_the_cap() {
    let script = slow(6);
    let client = script
        .client()
        .max_connections(count(4))
        .build()
        .await
        .unwrap();
    let mut busy = JoinSet::new();
    for node in 1..=4 {
        busy.spawn(client.send_to(node, ask()));
    }
    sleep(Duration::from_millis(10)).await;
    let call = client.send_to(5, ask()).deadline(Duration::from_secs(1));
    let (answer, time) = timed(call).await;
    let error = answer.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::PoolExhausted { max_connections: 4 }
        ),
        "{error:?}"
    );
    assert!(text(&error).contains("max_connections"));
    assert!(!error.may_have_been_sent());
    assert!(time < Duration::from_millis(1010), "{time:?}");
    assert_eq!(client.metrics().unwrap().pool_exhausted, 1);
    while let Some(answer) = busy.join_next().await {
        answer.unwrap().unwrap();
    }
    client.close().await;
}

/// Statement 7: who came first has the first connection that becomes free.
#[tokio::test(start_paused = true)]
async fn who_waits_for_room_waits_in_line() {
    let script = slow(8);
    let client = script
        .client()
        .max_connections(count(4))
        .build()
        .await
        .unwrap();
    let mut calls = JoinSet::new();
    for node in 1..=8 {
        let client = client.clone();
        calls.spawn(async move {
            client.send_to(node, ask()).await.unwrap();
            node
        });
        // One busy connection after the other becomes free, in this order.
        sleep(Duration::from_millis(100)).await;
    }
    let mut order = Vec::new();
    while let Some(node) = calls.join_next().await {
        order.push(node.unwrap());
    }
    assert_eq!(order, [1, 2, 3, 4, 5, 6, 7, 8]);
    client.close().await;
}

/// Statement 7: what nobody waits for any more is not made, and takes nobody's place.
#[tokio::test(start_paused = true)]
async fn those_who_give_up_leave_nothing_behind() {
    let script = slow(30);
    let client = script
        .client()
        .max_connections(count(4))
        .build()
        .await
        .unwrap();
    let dialed = script.dialed();
    for round in 0..5 {
        let mut busy = JoinSet::new();
        for node in 1..=4 {
            busy.spawn(client.send_to(node, ask()));
        }
        sleep(Duration::from_millis(10)).await;
        for node in 5..=24 {
            let call = client.send_to(node, ask());
            let time = Duration::from_millis(if node % 2 == 0 { 10 } else { 20 });
            if node % 3 == 0 {
                let _ = tokio::time::timeout(time, call).await;
            } else {
                call.deadline(time).await.unwrap_err();
            }
        }
        // This one stays, and none of those before him has to be served first.
        let (answer, time) = timed(client.send_to(25, ask())).await;
        answer.unwrap();
        assert!(time < Duration::from_millis(6000), "{round}: {time:?}");
        while let Some(answer) = busy.join_next().await {
            answer.unwrap().unwrap();
        }
    }
    let made = script.dialed() - dialed;
    // Four and one in the first round; then one has to go for the other.
    assert!(made <= 5 + 4 * 2, "{made}");
    // All four may be had still.
    let mut busy = JoinSet::new();
    for node in 26..=29 {
        busy.spawn(client.send_to(node, ask()).deadline(Duration::from_secs(4)));
    }
    while let Some(answer) = busy.join_next().await {
        answer.unwrap().unwrap();
    }
    client.close().await;
}

/// Statement 7, and row 7: who waits for a dead broker keeps no room from those who want a healthy one.
#[tokio::test(start_paused = true)]
async fn a_dead_broker_takes_no_room_while_it_is_left_alone() {
    let cluster = in_memory(8).start().await.unwrap();
    let (builder, _) = noting(&cluster, &[5, 6, 7, 8]);
    let client = builder
        .max_connections(count(4))
        .circuit_breaker(no_breaker())
        .connect_backoff(Duration::from_secs(1))
        .build()
        .await
        .unwrap();
    let mut waiting = JoinSet::new();
    for node in 5..=8 {
        waiting.spawn(client.send_to(node, ask()));
    }
    sleep(Duration::from_secs(2)).await;
    for _ in 0..10 {
        for node in 1..=4 {
            let (answer, time) = timed(client.send_to(node, ask())).await;
            answer.unwrap();
            assert!(time < Duration::from_millis(10), "{time:?}");
        }
        sleep(Duration::from_millis(110)).await;
    }
    while let Some(answer) = waiting.join_next().await {
        answer.unwrap().unwrap_err();
    }
    client.close().await;
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn warming_up_opens_connections_ahead_of_use_a_few_at_a_time() {
    let cluster = in_memory(10).start().await.unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (current, peak) = (Arc::clone(&now), Arc::clone(&most));
    let dialer = cluster.dialer();
    let client = client(&cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .warm_up_parallelism(count(3))
        .dialer(move |address: String| {
            let (current, peak, dialer) = (current.clone(), peak.clone(), dialer.clone());
            async move {
                let before = current.fetch_add(1, Ordering::Relaxed);
                peak.fetch_max(before + 1, Ordering::Relaxed);
                sleep(Duration::from_millis(50)).await;
                current.fetch_sub(1, Ordering::Relaxed);
                dialer.connect(&address).await
            }
        })
        .build()
        .await
        .unwrap();
    assert_eq!(client.warm_up(7).await, 7);
    assert_eq!(connected(&client).len(), 7);
    assert_eq!(most.load(Ordering::Relaxed), 3);
    let _dead = cluster.inject(Fault::at_accept(AcceptAction::Close).node(9));
    assert_eq!(client.warm_up(100).await, 9);
    let accepted = cluster.connection_counts().accepted;
    for node in [1, 2, 3, 4, 5, 6, 7, 8, 10] {
        client.send_to(node, ask()).await.unwrap();
    }
    assert_eq!(cluster.connection_counts().accepted, accepted);
    client.close().await;
    assert_eq!(now.load(Ordering::Relaxed), 0);
}

/// Statement 6: a dialer that panics is told as such to all who wait, for as long as the broker is left alone; the next attempt is as good as any.
#[tokio::test(start_paused = true)]
async fn a_dialer_that_panics_is_an_error_of_its_own() {
    let cluster = in_memory(2).start().await.unwrap();
    let second = cluster.nodes()[1].address.clone();
    let (dialer, dialed) = (cluster.dialer(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&dialed);
    let client = client(&cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .dialer(move |address: String| {
            let is_second = address == second;
            let number = is_second.then(|| count.fetch_add(1, Ordering::Relaxed));
            // The first time before there is a future, the second time in it.
            assert_ne!(number, Some(0), "no way to {address}");
            let dialer = dialer.clone();
            async move {
                tokio::task::yield_now().await;
                assert_ne!(number, Some(1), "no way on to {address}");
                dialer.connect(&address).await
            }
        })
        .build()
        .await
        .unwrap();
    for (number, said) in [(1, "no way to "), (2, "no way on to ")] {
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            calls.spawn(client.send_to(2, ask()));
        }
        while let Some(call) = calls.join_next().await {
            let error = call.unwrap().unwrap_err();
            let ErrorKind::Connect { phase, cause } = error.kind() else {
                panic!("{error}");
            };
            assert_eq!(*phase, Phase::Tcp);
            assert!(
                matches!(cause, ConnectFailure::DialerPanicked(what) if what.contains(said)),
                "{error}"
            );
            assert!(!error.is_retriable() && !error.may_have_been_sent());
        }
        assert_eq!(dialed.load(Ordering::Relaxed), number);
        sleep(Duration::from_millis(200)).await;
    }
    let answer = client.send_to(2, ask()).await;
    answer.unwrap();
    client.close().await;
}
