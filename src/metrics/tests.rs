//! The recorder as the layers above see it, and what is exported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;

use super::catalog::{BOUNDS, FAMILIES, Type};
use super::*;
use crate::close_reason::CloseReason;
use crate::error::Phase;

const MS: Duration = Duration::from_millis(1);

/// A recorder of which every metric was used.
pub(crate) fn used(client: &str, now: Instant) -> Arc<Recorder> {
    let recorder = Recorder::new(client, now);
    recorder.request_started(ApiKey::PRODUCE);
    recorder.request_started(ApiKey::PRODUCE);
    recorder.request_started(ApiKey::PRODUCE);
    recorder.request_started(ApiKey::PRODUCE);
    recorder.request_ended(ApiKey::PRODUCE, None, 10 * MS);
    recorder.request_ended(ApiKey::PRODUCE, Some(ErrorClass::Broker), 20 * MS);
    recorder.request_cancelled(ApiKey::PRODUCE);
    recorder.retried(ApiKey::PRODUCE);
    recorder.throttled(ApiKey::PRODUCE, 1500 * MS);
    recorder.queued(ApiKey::PRODUCE, MS / 10);
    recorder.answered(ApiKey::PRODUCE, 9 * MS);
    recorder.request_started(ApiKey(999));
    recorder.request_ended(ApiKey(999), Some(ErrorClass::Other), MS);
    let broker = recorder.broker(1);
    let meter = Meter::new(&recorder, &broker);
    meter.connecting().failed(Phase::SaslAuthenticate);
    let opened = meter.connecting().opened(Some(MS / 4));
    meter
        .connecting()
        .opened(None)
        .ended(&CloseReason::IdleDrop);
    meter.connecting().opened(None).drain();
    broker.launched(4);
    broker.settled(1);
    broker.sent(1000);
    broker.received(2000);
    broker.failed();
    broker.breaker_changed(BreakerState::Open);
    broker.health_changed(Health::Down);
    recorder.broker(-1);
    recorder.pool_waited(3 * MS);
    recorder.pool_exhausted();
    recorder.metadata_refreshed(now + 1000 * MS);
    recorder.metadata_failed();
    assert!(opened.meter().broker().read().in_flight == 3);
    recorder
}

#[test]
fn a_snapshot_has_what_was_told() {
    let now = Instant::now();
    let snapshot = used("billing", now).snapshot(now + 5000 * MS);
    assert_eq!(&*snapshot.client_id, "billing");
    let produce = snapshot.api(ApiKey::PRODUCE).unwrap();
    assert_eq!((produce.requests, produce.in_flight), (4, 1));
    assert_eq!((produce.cancelled, produce.failed()), (1, 1));
    assert_eq!(produce.errors[0], (ErrorClass::Broker, 1));
    assert_eq!((produce.retries, produce.throttles), (1, 1));
    assert_eq!(produce.throttle_time, 1500 * MS);
    assert_eq!(produce.request.count(), 2);
    assert_eq!(produce.request.max(), 20 * MS);
    assert_eq!(produce.queue.sum(), MS / 10);
    assert_eq!(produce.broker.max(), 9 * MS);
    let names: Vec<_> = snapshot.apis.iter().map(ApiSnapshot::name).collect();
    assert_eq!(names, ["Produce", "unknown"]);
    let broker = snapshot.broker(1).unwrap();
    let connections = [
        (ConnectionState::Connecting, 0),
        (ConnectionState::Open, 1),
        (ConnectionState::Draining, 1),
    ];
    assert_eq!(broker.connections, connections);
    assert_eq!(broker.round_trip, Some(MS / 4));
    assert_eq!(snapshot.brokers.len(), 2);
    assert_eq!(snapshot.brokers[1].broker, BrokerLabel::Bootstrap);
    assert_eq!(snapshot.opened, 3);
    assert!(snapshot.closed.contains(&(CloseKind::IdleDrop, 1)));
    assert!(
        snapshot
            .connect_failures
            .contains(&(Phase::SaslAuthenticate, 1))
    );
    assert_eq!(
        (snapshot.network.count(), snapshot.pool_waits.count()),
        (1, 1)
    );
    assert_eq!(snapshot.pool_exhausted, 1);
    assert_eq!(snapshot.metadata_age, 4000 * MS);
    assert_eq!(
        (snapshot.metadata_refreshes, snapshot.metadata_failures),
        (1, 1)
    );
}

#[test]
fn before_any_metadata_its_age_is_the_clients() {
    let now = Instant::now();
    let recorder = Recorder::new("c", now);
    assert_eq!(recorder.snapshot(now + MS).metadata_age, MS);
    recorder.metadata_refreshed(now + 7 * MS);
    // One that comes late does not make it older.
    recorder.metadata_refreshed(now + 5 * MS);
    assert_eq!(recorder.snapshot(now + 9 * MS).metadata_age, 2 * MS);
}

#[test]
fn brokers_are_bounded_and_forgotten_when_they_leave() {
    let recorder = Recorder::new("c", Instant::now());
    for id in 0..2000 {
        recorder.broker(id).failed();
    }
    let snapshot = recorder.snapshot(Instant::now());
    assert_eq!(snapshot.brokers.len(), 1001);
    let others = snapshot.brokers.last().unwrap();
    assert_eq!(
        (others.broker, others.failures),
        (BrokerLabel::Others, 1000)
    );
    assert!(Arc::ptr_eq(&recorder.broker(5), &recorder.broker(5)));
    for id in 1..2000 {
        recorder.broker_left(id);
    }
    let snapshot = recorder.snapshot(Instant::now());
    let labels: Vec<_> = snapshot
        .brokers
        .iter()
        .map(|broker| broker.broker)
        .collect();
    assert_eq!(labels, [BrokerLabel::Id(0), BrokerLabel::Others]);
    assert!(recorder.known_broker(0).is_some() && recorder.known_broker(1).is_none());
}

/// A connection is in one state at a time, and in none when it is gone, in whatever order it is told.
#[test]
fn a_connection_is_in_one_state() {
    let recorder = Recorder::new("c", Instant::now());
    let broker = recorder.broker(1);
    let meter = Meter::new(&recorder, &broker);
    let states = || {
        broker
            .read()
            .connections
            .into_iter()
            .map(|(_, count)| count)
    };
    let are = |expected: [u64; 3]| assert_eq!(states().collect::<Vec<_>>(), expected);
    let connecting = meter.connecting();
    are([1, 0, 0]);
    drop(connecting);
    are([0, 0, 0]);
    let opened = meter.connecting().opened(None);
    are([0, 1, 0]);
    opened.drain();
    opened.drain();
    are([0, 0, 1]);
    opened.ended(&CloseReason::Shutdown);
    are([0, 0, 0]);
    opened.drain();
    are([0, 0, 0]);
}

/// What stands in a text: the type of each family, and the value of each series.
fn parse(text: &str) -> (BTreeMap<&str, &str>, BTreeMap<&str, f64>) {
    let mut types = BTreeMap::new();
    let mut series = BTreeMap::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').unwrap();
            assert!(types.insert(name, kind).is_none(), "twice: {name}");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(
                series.insert(name, value.parse().unwrap()).is_none(),
                "twice: {name}"
            );
        }
    }
    (types, series)
}

#[test]
fn the_text_for_prometheus_has_every_metric() {
    let now = Instant::now();
    let text = used("billing", now)
        .snapshot(now + 5000 * MS)
        .to_prometheus();
    let (types, series) = parse(&text);
    assert_eq!(types.len(), FAMILIES.len());
    for family in FAMILIES {
        let name = family.name;
        let is_its = |series: &&&str| {
            let rest = series.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with('{') || rest.starts_with("_bucket{"))
        };
        let series = series.keys().find(is_its);
        let Some(series) = series else {
            panic!("no series of {name}");
        };
        for label in family.labels {
            assert!(series.contains(&format!(",{label}=\"")), "{series}");
        }
        assert_eq!(name.ends_with("_total"), family.kind == Type::Counter);
    }
    for (name, value) in [
        (
            "milena_requests_total{client=\"billing\",api=\"Produce\"}",
            4.0,
        ),
        (
            "milena_requests_total{client=\"billing\",api=\"unknown\"}",
            1.0,
        ),
        (
            "milena_throttle_seconds_total{client=\"billing\",api=\"Produce\"}",
            1.5,
        ),
        (
            "milena_breaker_state{client=\"billing\",broker=\"1\",state=\"open\"}",
            1.0,
        ),
        (
            "milena_breaker_state{client=\"billing\",broker=\"1\",state=\"closed\"}",
            0.0,
        ),
        ("milena_broker_up{client=\"billing\",broker=\"1\"}", 0.0),
        (
            "milena_broker_up{client=\"billing\",broker=\"bootstrap\"}",
            1.0,
        ),
        ("milena_metadata_age_seconds{client=\"billing\"}", 4.0),
        (
            "milena_request_duration_seconds_bucket{client=\"billing\",api=\"Produce\",le=\"0.008192\"}",
            0.0,
        ),
        (
            "milena_request_duration_seconds_bucket{client=\"billing\",api=\"Produce\",le=\"0.012288\"}",
            1.0,
        ),
        (
            "milena_request_duration_seconds_bucket{client=\"billing\",api=\"Produce\",le=\"+Inf\"}",
            2.0,
        ),
        (
            "milena_request_duration_seconds_sum{client=\"billing\",api=\"Produce\"}",
            0.03,
        ),
    ] {
        assert_eq!(series.get(name), Some(&value), "{name}\n{text}");
    }
}

#[test]
fn clients_share_a_text_and_no_id_breaks_it() {
    let now = Instant::now();
    let snapshots = [
        used("a", now).snapshot(now),
        used("b\"\\\nc", now).snapshot(now),
    ];
    let text = prometheus_text(&snapshots);
    let (_, series) = parse(&text);
    assert!(series.contains_key("milena_pool_exhausted_total{client=\"a\"}"));
    assert!(series.contains_key("milena_pool_exhausted_total{client=\"b\\\"\\\\\\nc\"}"));
    assert_eq!(prometheus_text([]).lines().count(), 2 * FAMILIES.len());
}

#[test]
fn bounds_ascend_and_are_those_of_classes() {
    let starts: BTreeSet<_> = (0..classes::CLASSES)
        .map(|index| classes::class(index).0)
        .collect();
    for pair in BOUNDS.windows(2) {
        assert!(pair[0] < pair[1] && pair[1] <= 2 * pair[0], "{pair:?}");
    }
    assert!(BOUNDS.iter().all(|bound| starts.contains(bound)));
    assert_eq!((BOUNDS[0], BOUNDS[34]), (16, 1 << 26));
}

#[test]
fn a_snapshot_prints_as_a_table() {
    let now = Instant::now();
    let text = used("billing", now).snapshot(now + 5000 * MS).to_string();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "client billing: 2 brokers, 1 connections open, metadata 4.00 s old"
    );
    let produce = text
        .lines()
        .find(|line| line.starts_with("Produce"))
        .unwrap();
    let columns: Vec<_> = produce.split_whitespace().collect();
    assert_eq!(columns[..6], ["Produce", "4", "1", "1", "1", "1"]);
    assert_eq!(columns[columns.len() - 2..], ["20.0", "ms"]);
    let header = text
        .lines()
        .position(|line| line.starts_with("API"))
        .unwrap();
    let rows = text
        .lines()
        .skip(header)
        .take_while(|line| !line.is_empty());
    let widths: BTreeSet<_> = rows.map(str::len).collect();
    assert_eq!(widths.len(), 1, "columns are straight:\n{text}");
    assert!(text.contains("1 closed by idle_drop, 1 failed at authenticating"));
    println!("{text}");
}

/// `docs/metrics.md` lists each metric with its type and its labels, and none that is not there.
#[test]
fn the_table_in_the_docs_is_that_of_the_code() {
    let text = file("docs/metrics.md");
    let rows = text.lines().filter(|line| line.starts_with("| `milena_"));
    let listed: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(
                cells.len(),
                6,
                "name, type, labels, unit, meaning, what to watch: {row}"
            );
            assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
            (
                cells[0].trim_matches('`').to_owned(),
                cells[1..4].join(" | "),
            )
        })
        .collect();
    let known: BTreeMap<_, _> = FAMILIES
        .iter()
        .map(|family| {
            let kind = match family.kind {
                Type::Counter => "counter",
                Type::Gauge => "gauge",
                Type::Histogram => "histogram",
            };
            let labels: Vec<_> = family
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let labels = if labels.is_empty() {
                "-".to_owned()
            } else {
                labels.join(", ")
            };
            let unit = match family.name.trim_end_matches("_total") {
                name if name.ends_with("_seconds") => "seconds",
                name if name.ends_with("_bytes") => "bytes",
                _ => "1",
            };
            (
                family.name.to_owned(),
                format!("{kind} | {labels} | {unit}"),
            )
        })
        .collect();
    assert_eq!(listed, known);
}

/// The text of a file of the repository.
fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap()
}

/// The metrics that a text speaks of, without what a histogram adds to their names, and the names of labels by which it chooses among their series.
fn spoken_of(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (start, _) in text.match_indices("milena_") {
        let rest = &text[start..];
        let is_in_name = |character: char| character.is_ascii_lowercase() || character == '_';
        let end = rest.find(|character| !is_in_name(character)).unwrap();
        let (name, rest) = rest.split_at(end);
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        let labels = found.entry(name.to_owned()).or_default();
        if let Some(chosen) = rest.strip_prefix('{') {
            let (chosen, _) = chosen.split_once('}').unwrap();
            let matchers = chosen.split(',').filter(|matcher| !matcher.is_empty());
            labels.extend(matchers.map(|matcher| {
                let (label, _) = matcher.split_once(['=', '!']).unwrap();
                label.trim().to_owned()
            }));
        }
    }
    found
}

/// A name that is misspelt is no error to Prometheus: the alert never fires, the panel stays empty.
#[test]
fn alerts_and_dashboard_speak_of_metrics_that_there_are() {
    let by_name: BTreeMap<_, _> = FAMILIES
        .iter()
        .map(|family| (family.name, family))
        .collect();
    let (alerts, tests, dashboard) = (
        spoken_of(&file("compose/prometheus/alerts.yml")),
        spoken_of(&file("compose/prometheus/alerts.test.yml")),
        spoken_of(&file("compose/grafana/dashboards/milena.json")),
    );
    for (name, labels) in alerts.iter().chain(&tests).chain(&dashboard) {
        let Some(family) = by_name.get(&**name) else {
            panic!("there is no {name}");
        };
        for label in labels {
            let is_known = family.labels.contains(&&**label)
                || [catalog::CLIENT, "job", "instance", "le"].contains(&&**label);
            assert!(is_known, "{name} has no label {label}");
        }
    }
    for name in by_name.keys() {
        assert!(dashboard.contains_key(*name), "the dashboard lacks {name}");
    }
}

/// What the table says to be alerted on is, and every alert has its test.
#[test]
fn what_the_docs_alert_on_has_an_alert() {
    let text = file("compose/prometheus/alerts.yml");
    let alerts = spoken_of(&text);
    let docs = file("docs/metrics.md");
    let mut alerted = 0;
    for row in docs.lines().filter(|row| row.contains("**alert**")) {
        let name = row.split('`').nth(1).unwrap();
        assert!(alerts.contains_key(name), "no alert on {name}");
        alerted += 1;
    }
    assert!(alerted > 10);
    let tests = file("compose/prometheus/alerts.test.yml");
    let names = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    for name in names {
        let fires = format!("alertname: {name}\n        exp_alerts:\n");
        let stays = format!("alertname: {name}\n        exp_alerts: []");
        assert!(tests.contains(&fires), "nothing fires {name}");
        assert!(tests.contains(&stays), "nothing leaves {name} alone");
    }
}

/// What a request pays, and what two threads pay that count the same API and the same broker: the statement is 100 ns. In time of the processor, so that
/// what else the machine does counts little.
#[test]
#[ignore = "measures: cargo test --release -p milena --lib what_a_request_costs -- --ignored --nocapture"]
fn what_a_request_costs() {
    use rustix::time::{ClockId, clock_gettime};

    const BLOCKS: usize = 200;
    const REQUESTS: u32 = 10_000;
    let time = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        now.tv_sec * 1_000_000_000 + now.tv_nsec
    };
    let one = |recorder: &Recorder, broker: &BrokerMetrics, round: u32| {
        let api = ApiKey::PRODUCE;
        recorder.request_started(api);
        broker.launched(1);
        recorder.queued(api, Duration::from_nanos(u64::from(round % 100_000)));
        broker.sent(200);
        broker.received(100);
        broker.settled(1);
        recorder.answered(api, Duration::from_nanos(u64::from(round % 3_000_000)));
        let elapsed = Duration::from_nanos(u64::from(round % 4_000_000));
        recorder.request_ended(api, None, elapsed);
    };
    for threads in [1, 2] {
        let recorder = Recorder::new("c", Instant::now());
        let broker = recorder.broker(1);
        let mut blocks: Vec<i64> = std::thread::scope(|scope| {
            let spawned: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| -> Vec<i64> {
                        let blocks = (0..BLOCKS).map(|_| {
                            let began = time();
                            for round in 0..REQUESTS {
                                one(&recorder, &broker, std::hint::black_box(round * 97));
                            }
                            (time() - began) / i64::from(REQUESTS)
                        });
                        blocks.collect()
                    })
                })
                .collect();
            let all = spawned
                .into_iter()
                .flat_map(|thread| thread.join().unwrap());
            all.collect()
        });
        blocks.sort_unstable();
        let (median, worst) = (blocks[blocks.len() / 2], blocks[blocks.len() * 99 / 100]);
        println!("{threads} threads: {median} ns a request, p99 of blocks {worst} ns");
    }
}
