//! What an operator sees: figures, descriptions, spans and log lines.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milena::cluster::breaker::{BreakerSettings, BreakerState};
use milena::metrics::{ApiSnapshot, BrokerLabel, BrokerSnapshot, ErrorClass};
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{Action, ApiKey, ErrorCode, Fault, Moment, Requests, Sasl};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::requests::{cluster, create, ends, produce};
use crate::support::client;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn errors(api: &ApiSnapshot, class: ErrorClass) -> u64 {
    let mut errors = api.errors.iter();
    errors.find(|(one, _)| *one == class).unwrap().1
}

/// Statement 21.
#[tokio::test(start_paused = true)]
async fn figures_are_exact_after_known_traffic() {
    let (cluster, topic) = cluster(1).await;
    let client = client(&cluster).build().await.unwrap();
    let inject = |api, action, times| cluster.inject(Fault::on(api, action).times(times));
    for _ in 0..10 {
        client.send(ends([0])).await.unwrap();
    }
    // Three retries.
    let again = Action::Error(ErrorCode::OFFSET_NOT_AVAILABLE);
    let _again = inject(ApiKey::LIST_OFFSETS, again, 3);
    client.send(ends([0])).await.unwrap();
    // An error that is final, one that is the deadline's, a call that is dropped, and an answer that is lost.
    let _final = inject(
        ApiKey::CREATE_TOPICS,
        Action::Error(ErrorCode::POLICY_VIOLATION),
        1,
    );
    client.send(create("u")).await.unwrap();
    let _late = inject(ApiKey::LIST_OFFSETS, Action::Delay(ms(500)), 2);
    client.send(ends([0])).deadline(ms(100)).await.unwrap_err();
    let dropped = tokio::spawn(client.send(ends([0])));
    tokio::time::sleep(ms(50)).await;
    let during = client.metrics().unwrap();
    assert_eq!(during.api(ApiKey::LIST_OFFSETS).unwrap().in_flight, 1);
    dropped.abort();
    let _ = dropped.await;
    tokio::time::sleep(ms(2000)).await;
    let _lost = inject(ApiKey::PRODUCE, Action::Close(Moment::AfterApplying), 1);
    client.send(produce(topic, 0, None)).await.unwrap_err();
    // Two answers that throttle.
    let _throttle = inject(ApiKey::LIST_OFFSETS, Action::Throttle(ms(30)), 2);
    for _ in 0..2 {
        client.send(ends([0])).await.unwrap();
    }

    let metrics = client.metrics().unwrap();
    let offsets = metrics.api(ApiKey::LIST_OFFSETS).unwrap();
    assert_eq!(
        (offsets.requests, offsets.retries, offsets.in_flight),
        (15, 3, 0)
    );
    assert_eq!(
        (offsets.failed(), errors(offsets, ErrorClass::Deadline)),
        (1, 1)
    );
    assert_eq!((offsets.cancelled, offsets.throttles), (1, 2));
    assert_eq!(offsets.throttle_time, ms(60));
    assert_eq!(offsets.request.count(), 14);
    let created = metrics.api(ApiKey::CREATE_TOPICS).unwrap();
    assert_eq!((created.requests, created.failed()), (1, 1));
    assert_eq!(errors(created, ErrorClass::Broker), 1);
    let produced = metrics.api(ApiKey::PRODUCE).unwrap();
    assert_eq!((produced.requests, produced.retries), (1, 0));
    assert_eq!(errors(produced, ErrorClass::Transport), 1);

    // What is open is what the brokers have.
    let open: u64 = metrics
        .brokers
        .iter()
        .map(BrokerSnapshot::open_connections)
        .sum();
    let at_broker = cluster.connection_counts();
    assert_eq!(open, at_broker.open);
    assert_eq!(metrics.opened, at_broker.accepted);
    let closed: u64 = metrics.closed.iter().map(|(_, count)| count).sum();
    assert_eq!(closed, metrics.opened - open);
    let leader = metrics.broker(cluster.leader("t", 0).unwrap()).unwrap();
    assert_eq!((leader.in_flight, leader.failures), (0, 1));
    assert!(leader.bytes_sent > 16 * 30 && leader.bytes_received > 16 * 30);
    // The labels are the brokers, and no topic or address is one.
    assert!(metrics.brokers.len() <= 4);
    assert!(metrics.brokers.iter().all(|broker| match broker.broker {
        BrokerLabel::Id(id) => (1..=3).contains(&id),
        label => label == BrokerLabel::Bootstrap,
    }));
    let text = metrics.to_prometheus();
    assert!(
        !text.contains("invalid:9092") && !text.contains("\"t\""),
        "{text}"
    );
    client.close().await;
    let metrics = client.metrics().unwrap();
    let open: u64 = metrics
        .brokers
        .iter()
        .map(BrokerSnapshot::open_connections)
        .sum();
    assert_eq!(
        (open, metrics.opened),
        (0, metrics.closed.iter().map(|(_, count)| count).sum())
    );
}

/// Statements 12, 21 and 23.
#[tokio::test(start_paused = true)]
async fn what_a_circuit_did_is_counted_and_described() {
    let (cluster, _) = cluster(1).await;
    let settings = BreakerSettings::default().failure_threshold(1);
    let client = client(&cluster)
        .circuit_breaker(settings)
        .request_timeout(ms(500))
        .build()
        .await
        .unwrap();
    client.send(ends([0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    let requests = Requests::of(ApiKey::LIST_OFFSETS).node(leader);
    let silent = Fault::on(requests, Action::Silence).times(1);
    let _silent = cluster.inject(silent);
    client.send(ends([0])).await.unwrap();
    client.send(ends([0])).await.unwrap();
    let metrics = client.metrics().unwrap();
    let broker = metrics.broker(leader).unwrap();
    assert_eq!((broker.breaker, broker.failures), (BreakerState::Closed, 1));
    let transitions: HashMap<_, _> = broker.breaker_transitions.iter().copied().collect();
    for state in [
        BreakerState::Open,
        BreakerState::HalfOpen,
        BreakerState::Closed,
    ] {
        assert_eq!(transitions[&state], 1, "{state}");
    }
    let description = client.describe();
    assert_eq!((description.calls, description.topics), (0, 1));
    assert_eq!(description.cluster_id.as_deref(), Some(&*cluster.id()));
    assert_eq!(description.brokers.len(), 3);
    let broker = description
        .brokers
        .iter()
        .find(|broker| broker.id == leader);
    let broker = broker.unwrap();
    assert_eq!((broker.transitions.len(), broker.in_flight), (3, 0));
    assert!(!broker.is_down && broker.latency.is_some());
    assert_eq!(broker.connections.len(), 1);
    let (_, error) = broker.last_error.as_ref().unwrap();
    let text = description.to_string();
    assert_eq!(text.lines().count(), 4, "{text}");
    for part in [
        &*cluster.id(),
        "calls under way: 0",
        "circuit closed",
        "general connection, in flight: 0",
        &error.to_string(),
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

/// Statements 21 and 23: what was dropped is not in flight.
#[tokio::test(start_paused = true)]
async fn dropped_calls_leave_nothing_in_flight() {
    let (cluster, _) = cluster(3).await;
    let client = client(&cluster).build().await.unwrap();
    client.send(ends(0..3)).await.unwrap();
    let _slow = cluster.inject(Fault::on(Requests::any(), Action::Delay(ms(200))));
    let calls: Vec<_> = (0..100)
        .map(|_| tokio::spawn(client.send(ends(0..3))))
        .collect();
    tokio::time::sleep(ms(50)).await;
    let description = client.describe();
    assert_eq!(description.calls, 100);
    let in_flight: u32 = description
        .brokers
        .iter()
        .map(|broker| broker.in_flight)
        .sum();
    assert_eq!(in_flight, 300);
    for call in calls {
        call.abort();
        let _ = call.await;
    }
    let description = client.describe();
    assert_eq!(description.calls, 0);
    assert!(
        description
            .brokers
            .iter()
            .all(|broker| broker.in_flight == 0)
    );
    tokio::time::sleep(ms(60_000)).await;
    let metrics = client.metrics().unwrap();
    let api = metrics.api(ApiKey::LIST_OFFSETS).unwrap();
    assert_eq!((api.in_flight, api.cancelled), (0, 100));
    assert!(metrics.brokers.iter().all(|broker| broker.in_flight == 0));
}

/// What was traced.
#[derive(Debug, Default)]
struct Traced {
    next: AtomicU64,
    spans: Mutex<HashMap<u64, HashMap<String, String>>>,
    events: Mutex<Vec<(Level, HashMap<String, String>)>>,
}

impl Traced {
    fn lines(&self, level: Level) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|(of, _)| *of <= level).count()
    }

    /// How often this was told to who listens at INFO.
    fn told(&self, text: &str) -> usize {
        let events = self.events.lock().unwrap();
        let told = events.iter().filter(|(level, fields)| {
            *level <= Level::INFO && fields.values().any(|value| value.contains(text))
        });
        told.count()
    }

    fn spans(&self, api: &str) -> Vec<HashMap<String, String>> {
        let spans = self.spans.lock().unwrap();
        let of_api = |span: &&HashMap<String, String>| {
            span.get("messaging.operation.name")
                .is_some_and(|name| name == api)
        };
        spans.values().filter(of_api).cloned().collect()
    }
}

struct Fields<'a>(&'a mut HashMap<String, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

struct Collector(Arc<Traced>);

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("milena::")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        assert_eq!(*attributes.metadata().level(), Level::DEBUG);
        let id = self.0.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = HashMap::new();
        attributes.record(&mut Fields(&mut fields));
        self.0.spans.lock().unwrap().insert(id, fields);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.spans.lock().unwrap();
        values.record(&mut Fields(spans.get_mut(&span.into_u64()).unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = HashMap::new();
        event.record(&mut Fields(&mut fields));
        let level = *event.metadata().level();
        self.0.events.lock().unwrap().push((level, fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Statement 22.
#[tokio::test(start_paused = true)]
async fn each_call_is_a_span_and_a_healthy_client_is_quiet() {
    let traced = Arc::new(Traced::default());
    // With a single one, tracing takes the word of whichever thread comes to an event first: those of other tests have none to listen.
    let _second = tracing::Dispatch::new(Collector(Arc::default()));
    let _here = tracing::subscriber::set_default(Collector(Arc::clone(&traced)));
    let sasl = Sasl::new().plain().user("alice", "alice-secret");
    let cluster = milena_broker::Cluster::builder()
        .nodes(3)
        .in_memory()
        .sasl(sasl);
    let cluster = cluster.start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    let client = client(&cluster)
        .sasl(milena::sasl::Plain::new("alice", "alice-secret"))
        .allow_plaintext_credentials(true)
        .build()
        .await
        .unwrap();
    for _ in 0..600 {
        client.send(ends([0])).await.unwrap();
        client
            .send(DescribeClusterRequest::default())
            .await
            .unwrap();
        tokio::time::sleep(ms(1000)).await;
    }
    assert!(traced.lines(Level::INFO) <= 10, "{:?}", traced.events);
    let spans = traced.spans("ListOffsets");
    assert_eq!(spans.len(), 600);
    let leader = cluster.leader("t", 0).unwrap();
    for span in &spans {
        assert_eq!(span["messaging.system"], "kafka");
        assert_eq!(span["server.address"], format!("node-{leader}.invalid"));
        assert_eq!(span["server.port"], "9092");
        assert!(!span.contains_key("error.type"));
    }
    assert_eq!(traced.spans("DescribeCluster").len(), 600);

    let refused = Action::Error(ErrorCode::TOPIC_AUTHORIZATION_FAILED);
    let refused = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, refused));
    client.send(ends([0])).await.unwrap();
    drop(refused);
    let silent = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, Action::NoAnswer));
    client.send(ends([0])).deadline(ms(100)).await.unwrap_err();
    drop(silent);
    let spans = traced.spans("ListOffsets");
    let types: Vec<_> = spans
        .iter()
        .filter_map(|span| span.get("error.type"))
        .collect();
    assert_eq!(types.len(), 2, "{types:?}");
    assert!(
        types
            .iter()
            .any(|kind| kind.contains("TOPIC_AUTHORIZATION_FAILED"))
    );
    assert!(types.iter().any(|kind| *kind == "deadline"));

    // What goes wrong is told once and not with each request.
    let before = traced.lines(Level::INFO);
    let began = tokio::time::Instant::now();
    for node in 1..=3 {
        cluster.stop_node(node).await.unwrap();
    }
    let calls: Vec<_> = (0..200)
        .map(|_| tokio::spawn(client.send(ends([0])).deadline(ms(20_000))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    for node in 1..=3 {
        cluster.restart_node(node).await.unwrap();
    }
    client.send(ends([0])).await.unwrap();
    // Those that nobody sends to are asked whether they are back.
    while traced.told("is up") < traced.told("is down") {
        tokio::time::sleep(ms(100)).await;
        assert!(began.elapsed() < ms(40_000));
    }
    // Not the first, perhaps: the others said that it had left while they were there.
    assert!(traced.told("is down") >= 2);
    for node in 1..=3 {
        let down = traced.told(&format!("broker {node} is down"));
        assert!(down <= 1);
        assert_eq!(traced.told(&format!("broker {node} is up")), down);
        // It opens, and each 0.8 s at least, then 1.6, then 3.2, it is tried and opens again; in the end it closes.
        let circuits = traced.told(&format!("circuit of broker {node}: "));
        let trials = 2 + usize::try_from(began.elapsed().as_millis()).unwrap() / 3200;
        assert!(
            circuits <= 2 * trials + 2,
            "{circuits} in {:?}",
            began.elapsed()
        );
    }
    let expected = [
        "is down",
        "is up",
        "circuit of broker",
        "the cluster is out of reach",
        "the cluster was found by its bootstrap addresses",
    ];
    let expected = expected.map(|text| traced.told(text));
    assert!(expected[3] <= 1 && expected[4] <= 2, "{expected:?}");
    assert_eq!(
        traced.lines(Level::INFO) - before,
        expected.iter().sum::<usize>(),
        "nothing else is told"
    );
    client.close().await;
    let events = traced.events.lock().unwrap();
    let messages = |text: &str| {
        let of_text = |fields: &HashMap<String, String>| fields["message"].contains(text);
        events.iter().filter(|(_, fields)| of_text(fields)).count()
    };
    assert!(messages("connected") >= 1 && messages("disconnected") >= 1);
    let everything = format!("{events:?} {:?}", traced.spans);
    assert!(!everything.contains("alice-secret"));
}

/// Statement 22: sessions that are made anew are told at DEBUG, and nobody notices.
#[tokio::test(start_paused = true)]
async fn an_authentication_that_is_made_anew_is_an_event() {
    let traced = Arc::new(Traced::default());
    let _second = tracing::Dispatch::new(Collector(Arc::default()));
    let _here = tracing::subscriber::set_default(Collector(Arc::clone(&traced)));
    let sasl = Sasl::new()
        .plain()
        .user("alice", "alice-secret")
        .session_lifetime(ms(10_000));
    let cluster = milena_broker::Cluster::builder().in_memory().sasl(sasl);
    let cluster = cluster.start().await.unwrap();
    let client = client(&cluster)
        .sasl(milena::sasl::Plain::new("alice", "alice-secret"))
        .allow_plaintext_credentials(true)
        .build()
        .await
        .unwrap();
    let mut events = client.events();
    for _ in 0..60 {
        let call = client.send(DescribeClusterRequest::default());
        assert!(call.await.unwrap().error_code.is_ok());
        tokio::time::sleep(ms(1000)).await;
    }
    let told = traced.events.lock().unwrap();
    let anew: Vec<_> = told
        .iter()
        .filter(|(_, fields)| fields["message"] == "authenticated anew")
        .collect();
    // Before each ten seconds are over, on the one connection that is used.
    assert!((6..=9).contains(&anew.len()), "{}", anew.len());
    for (level, fields) in anew {
        assert_eq!(*level, Level::DEBUG);
        assert_eq!(fields["server.address"], "node-1.invalid");
    }
    assert_eq!(client.metrics().unwrap().opened, 2);
    assert_eq!(events.try_next(), None);
    assert!(!format!("{told:?}").contains("alice-secret"));
}
