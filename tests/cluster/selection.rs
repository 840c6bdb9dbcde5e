//! Statement 15: each policy as a client follows it, by what the brokers were asked.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use milena::Client;
use milena::cluster::ClientEvent;
use milena::cluster::breaker::{BreakerSettings, BreakerState};
use milena::cluster::selection::{
    BrokerSelection, Candidate, ConsistentHash, LeastLoaded, NearestRack, RoundRobin,
    SelectionContext, SourceHash, Sticky, Weighted,
};
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, Fault, RequestLog, Requests};
use tokio::time::sleep;

use crate::requests::{cluster, ends};
use crate::support::{client, in_memory};

const RACKS: [&str; 3] = ["a", "b", "c"];

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What any broker may answer.
fn ask() -> DescribeClusterRequest {
    DescribeClusterRequest::default()
}

/// Three nodes, and a client that chooses among them by a policy.
async fn start(policy: impl BrokerSelection + 'static) -> (Cluster, Client) {
    let cluster = in_memory(3).racks(RACKS).start().await.unwrap();
    let client = client(&cluster).selection(policy).rack("b");
    let client = client.build().await.unwrap();
    (cluster, client)
}

/// The nodes that were asked, in order.
fn asked(log: &RequestLog) -> Vec<i32> {
    let seen = log.seen(ApiKey::DESCRIBE_CLUSTER);
    seen.iter().map(|request| request.node).collect()
}

/// Whom so many requests go to, one after the other.
async fn chosen(cluster: &Cluster, client: &Client, count: usize) -> Vec<i32> {
    let log = cluster.log_requests();
    for _ in 0..count {
        client.send(ask()).await.unwrap();
    }
    let asked = asked(&log);
    assert_eq!(asked.len(), count, "each was asked once");
    asked
}

/// Whom a request with a key goes to.
async fn chosen_by_key(cluster: &Cluster, client: &Client, key: &str) -> i32 {
    let log = cluster.log_requests();
    client.send(ask()).key(key.to_owned()).await.unwrap();
    let asked = asked(&log);
    assert_eq!(asked.len(), 1);
    asked[0]
}

/// Whom a policy chooses of these nodes, without a client.
fn expected(policy: &dyn BrokerSelection, nodes: &[i32], context: &SelectionContext<'_>) -> i32 {
    let candidates: Vec<_> = nodes.iter().copied().map(Candidate::new).collect();
    nodes[policy.choose(&candidates, context).unwrap()]
}

fn context<'a>() -> SelectionContext<'a> {
    SelectionContext::new(ApiKey::DESCRIBE_CLUSTER, Instant::now())
}

/// A node that takes no more connections; the client knows that it is down.
async fn kill(cluster: &Cluster, client: &Client, node: i32) -> milena_broker::FaultGuard {
    let dead = cluster.inject(Fault::at_accept(AcceptAction::Close).node(node));
    cluster.drop_connections(node);
    let mut events = client.events();
    let call = client.send_to(node, ask()).deadline(ms(2000));
    call.await.unwrap_err();
    let down = ClientEvent::BrokerDown { broker: node };
    let told = std::iter::from_fn(|| events.try_next());
    assert_eq!(told.filter(|event| *event == down).count(), 1);
    dead
}

/// Statement 15: fewest in flight.
#[tokio::test(start_paused = true)]
async fn least_loaded_goes_past_the_node_that_has_something_to_do() {
    let (cluster, client) = start(LeastLoaded::new()).await;
    let log = cluster.log_requests();
    let delay = Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Delay(ms(5000)));
    let _slow = cluster.inject(delay.times(1));
    let slow = tokio::spawn(client.send(ask()));
    log.until_seen(ApiKey::DESCRIBE_CLUSTER, 1).await;
    let busy = asked(&log)[0];
    let nodes = chosen(&cluster, &client, 30).await;
    assert!(!nodes.contains(&busy), "{busy} of {nodes:?}");
    let mut others = nodes.clone();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), 2, "those that are alike share the load");
    slow.await.unwrap().unwrap();
}

/// Statement 15: of those with as few in flight the fastest.
#[tokio::test(start_paused = true)]
async fn least_loaded_prefers_the_fastest_node() {
    let (cluster, client) = start(LeastLoaded::new()).await;
    cluster.set_latency(1, ms(40));
    cluster.set_latency(2, ms(4));
    cluster.set_latency(3, ms(40));
    // Once for each, so that it is known how long they take.
    chosen(&cluster, &client, 3).await;
    assert_eq!(chosen(&cluster, &client, 20).await, [2; 20]);
}

/// Statement 15.
#[tokio::test(start_paused = true)]
async fn round_robin_asks_one_after_the_other() {
    let (cluster, client) = start(RoundRobin::new()).await;
    let nodes = chosen(&cluster, &client, 30).await;
    for three in nodes.windows(4) {
        assert_eq!(three[0], three[3], "{nodes:?}");
        assert!(three[0] != three[1] && three[1] != three[2], "{nodes:?}");
    }
}

/// Statement 15: 5:1:1 is a a b a c a a.
#[tokio::test(start_paused = true)]
async fn weighted_follows_its_weights_smoothly() {
    let (cluster, client) = start(Weighted::new([(1, 5), (2, 1), (3, 1)])).await;
    let nodes = chosen(&cluster, &client, 70).await;
    for seven in nodes.chunks(7) {
        assert_eq!(seven, [1, 1, 2, 1, 3, 1, 1], "{nodes:?}");
    }
}

/// Statement 15: removing one of n brokers moves only its keys.
#[tokio::test(start_paused = true)]
async fn consistent_hash_moves_only_the_keys_of_a_node_that_is_down() {
    let (cluster, client) = start(ConsistentHash::new([])).await;
    let ring = ConsistentHash::new([]);
    let keys: Vec<_> = (0..30).map(|number| format!("customer-{number}")).collect();
    for key in &keys {
        let expected = expected(&ring, &[1, 2, 3], &context().with_key(key.as_bytes()));
        for _ in 0..2 {
            assert_eq!(chosen_by_key(&cluster, &client, key).await, expected);
        }
    }
    let _dead = kill(&cluster, &client, 2).await;
    let mut moved = 0;
    for key in &keys {
        let with_key = context().with_key(key.as_bytes());
        let before = expected(&ring, &[1, 2, 3], &with_key);
        let after = chosen_by_key(&cluster, &client, key).await;
        assert_eq!(after, expected(&ring, &[1, 3], &with_key), "{key}");
        assert!(before == 2 || before == after, "{key}");
        moved += usize::from(before == 2);
    }
    assert!(moved > 0 && moved < keys.len(), "{moved}");
}

/// Statement 15: by this machine's address, as it is given.
#[tokio::test(start_paused = true)]
async fn source_hash_goes_by_the_address_that_is_given() {
    let cluster = in_memory(3).start().await.unwrap();
    let mut counts = [0; 4];
    for number in 0..30 {
        let address = IpAddr::from([10, 0, 0, number]);
        let with_address = context().with_local_address(address);
        let expected = expected(&SourceHash::new(), &[1, 2, 3], &with_address);
        // Two clients of the same machine.
        for _ in 0..2 {
            let client = client(&cluster)
                .selection(SourceHash::new())
                .local_address(address)
                .build()
                .await
                .unwrap();
            assert_eq!(chosen(&cluster, &client, 3).await, [expected; 3]);
            client.close().await;
        }
        counts[usize::try_from(expected).unwrap()] += 1;
    }
    assert!(counts[1..].iter().all(|count| *count > 3), "{counts:?}");
}

/// Statement 15: by the address of this side of a socket, whether the system or the user has made it.
#[tokio::test]
async fn source_hash_learns_the_address_from_the_first_connection() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let here = context().with_local_address(IpAddr::from([127, 0, 0, 1]));
    let expected = expected(&SourceHash::new(), &[1, 2, 3], &here);
    for dials in [false, true] {
        // Each of ten has a lot of its own, which without an address would count.
        for _ in 0..10 {
            let mut client = Client::builder()
                .bootstrap(cluster.bootstrap().to_vec())
                .selection(SourceHash::new());
            if dials {
                client = client.dialer(|address: String| tokio::net::TcpStream::connect(address));
            }
            let client = client.build().await.unwrap();
            assert_eq!(chosen(&cluster, &client, 2).await, [expected; 2]);
            client.close().await;
        }
    }
}

/// Statement 15: a key stays with its broker for a time, and is re-chosen when that broker is down.
#[tokio::test(start_paused = true)]
async fn sticky_keeps_a_key_where_it_was() {
    let policy = Sticky::new().ttl(Duration::from_secs(600));
    let (cluster, client) = start(policy.otherwise(RoundRobin::new())).await;
    let first = chosen_by_key(&cluster, &client, "billing").await;
    for _ in 0..10 {
        // Those without a key take turns meanwhile.
        chosen(&cluster, &client, 1).await;
        assert_eq!(chosen_by_key(&cluster, &client, "billing").await, first);
    }
    let dead = kill(&cluster, &client, first).await;
    let second = chosen_by_key(&cluster, &client, "billing").await;
    assert_ne!(second, first);
    drop(dead);
    client.send_to(first, ask()).await.unwrap();
    for _ in 0..5 {
        assert_eq!(chosen_by_key(&cluster, &client, "billing").await, second);
    }
    // When its time is over it is nobody's again: one who is chosen anew each time goes round.
    let mut owners = Vec::new();
    for _ in 0..6 {
        sleep(Duration::from_secs(601)).await;
        owners.push(chosen_by_key(&cluster, &client, "billing").await);
        chosen(&cluster, &client, 1).await;
    }
    owners.dedup();
    assert!(owners.len() > 1, "{owners:?}");
}

/// Statement 15: own rack first, and others when it is down.
#[tokio::test(start_paused = true)]
async fn nearest_rack_leaves_its_rack_only_when_it_is_down() {
    let (cluster, client) = start(NearestRack::new()).await;
    // However slow the neighbour is.
    cluster.set_latency(2, ms(30));
    assert_eq!(chosen(&cluster, &client, 20).await, [2; 20]);
    let dead = kill(&cluster, &client, 2).await;
    cluster.set_latency(1, ms(20));
    // Each once, so that it is known who is near.
    chosen(&cluster, &client, 4).await;
    assert_eq!(chosen(&cluster, &client, 10).await, [3; 10]);
    drop(dead);
    client.send_to(2, ask()).await.unwrap();
    assert_eq!(chosen(&cluster, &client, 10).await, [2; 10]);
}

fn policies() -> [Box<dyn BrokerSelection>; 7] {
    [
        Box::new(LeastLoaded::new()),
        Box::new(RoundRobin::new()),
        Box::new(Weighted::new([(1, 5), (2, 1), (3, 1)])),
        Box::new(ConsistentHash::new([])),
        Box::new(SourceHash::new()),
        Box::new(Sticky::new()),
        Box::new(NearestRack::new()),
    ]
}

/// A policy in a box.
#[derive(Debug)]
struct Boxed(Box<dyn BrokerSelection>);

impl BrokerSelection for Boxed {
    fn choose(&self, all: &[Candidate<'_>], context: &SelectionContext<'_>) -> Option<usize> {
        self.0.choose(all, context)
    }
}

/// Statement 15: all of them skip brokers that are down.
#[tokio::test(start_paused = true)]
async fn every_policy_skips_a_node_that_is_down() {
    for policy in policies() {
        let name = format!("{policy:?}");
        let (cluster, client) = start(Boxed(policy)).await;
        for node in 1..=3 {
            let dead = kill(&cluster, &client, node).await;
            let log = cluster.log_requests();
            for number in 0..12 {
                let key = format!("key-{number}");
                client.send(ask()).key(key).await.unwrap();
            }
            let asked = asked(&log);
            assert_eq!(asked.len(), 12, "{name}");
            assert!(!asked.contains(&node), "{node} by {name}: {asked:?}");
            drop(dead);
            client.send_to(node, ask()).await.unwrap();
        }
        client.close().await;
    }
}

/// Statement 15: and those whose circuit is open.
#[tokio::test(start_paused = true)]
async fn every_policy_skips_a_node_whose_circuit_is_open() {
    for policy in policies() {
        let name = format!("{policy:?}");
        let (cluster, _) = cluster(3).await;
        // It stays open for longer than the test lasts.
        let breaker = BreakerSettings::default()
            .failure_threshold(1)
            .reset_timeout(ms(60_000))
            .max_reset_timeout(ms(60_000));
        let client = client(&cluster)
            .selection(Boxed(policy))
            .circuit_breaker(breaker)
            .rack("b")
            .request_timeout(ms(500))
            .build()
            .await
            .unwrap();
        client.send(ends(0..3)).await.unwrap();
        let mut events = client.events();
        let requests = Requests::of(ApiKey::LIST_OFFSETS).node(2);
        let _silent = cluster.inject(Fault::on(requests, Action::Silence));
        let call = client.send_to(2, ends([0])).deadline(ms(1000));
        call.await.unwrap_err();
        let event = events.try_next().unwrap();
        let opened = matches!(event, ClientEvent::CircuitChanged { broker: 2, to, .. } if to == BreakerState::Open);
        assert!(opened, "{name}: {event:?}");
        let log = cluster.log_requests();
        for number in 0..30 {
            let key = format!("key-{number}");
            client.send(ask()).key(key).await.unwrap();
        }
        let asked = asked(&log);
        assert_eq!(asked.len(), 30, "{name}");
        assert!(!asked.contains(&2), "{name}: {asked:?}");
        client.close().await;
    }
}
