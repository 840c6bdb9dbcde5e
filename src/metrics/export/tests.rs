//! What the installed recorder is given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ::metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, SharedString, Unit,
    with_local_recorder,
};
use milena_wire::api_key::ApiKey;

use super::super::recorder::Recorder;
use super::super::tests::used;

/// The value of each series.
type Values = Arc<Mutex<BTreeMap<String, f64>>>;

/// Keeps what it is given, in the words of Prometheus.
#[derive(Default)]
struct Kept(Values);

struct Series {
    name: String,
    values: Values,
}

impl Series {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        let mut values = self.values.lock().unwrap();
        change(values.entry(self.name.clone()).or_default());
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.change(|kept| *kept += value as f64);
    }

    fn absolute(&self, value: u64) {
        self.change(|kept| *kept = value as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.change(|kept| *kept += value);
    }

    fn decrement(&self, value: f64) {
        self.change(|kept| *kept -= value);
    }

    fn set(&self, value: f64) {
        self.change(|kept| *kept = value);
    }
}

impl Kept {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}=\"{}\"", label.key(), label.value()))
            .collect();
        Arc::new(Series {
            name: format!("{}{{{}}}", key.name(), labels.join(",")),
            values: Arc::clone(&self.0),
        })
    }

    fn values(&self) -> BTreeMap<String, f64> {
        self.0.lock().unwrap().clone()
    }

    fn value(&self, name: &str) -> Option<f64> {
        self.values().get(name).copied()
    }
}

impl ::metrics::Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key}");
    }
}

/// The values of a text for Prometheus.
fn values_of(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// Both ways give the same series with the same values, so that one dashboard serves both.
#[test]
fn the_facade_is_given_what_the_text_says() {
    let now = Instant::now();
    let (recorder, kept) = (used("billing", now), Kept::default());
    with_local_recorder(&kept, || recorder.export(now));
    assert_eq!(
        kept.values(),
        values_of(&recorder.snapshot(now).to_prometheus())
    );
    // And again when there is more.
    recorder.retried(ApiKey::PRODUCE);
    recorder.retried(ApiKey::HEARTBEAT);
    recorder.answered(ApiKey::PRODUCE, now.elapsed());
    with_local_recorder(&kept, || recorder.export(now));
    assert_eq!(
        kept.values(),
        values_of(&recorder.snapshot(now).to_prometheus())
    );
    let retries = "milena_request_retries_total{client=\"billing\",api=\"Produce\"}";
    assert_eq!(kept.value(retries), Some(2.0));
}

/// Programs install their recorder when they like.
#[test]
fn one_that_is_installed_late_is_given_everything() {
    let now = Instant::now();
    let recorder = used("billing", now);
    recorder.export(now);
    let (early, late) = (Kept::default(), Kept::default());
    with_local_recorder(&early, || recorder.export(now));
    with_local_recorder(&late, || recorder.export(now));
    assert_eq!(late.values(), early.values());
    assert!(late.values().len() > 100);
}

#[test]
fn clients_of_one_id_are_added_up() {
    let (now, kept) = (Instant::now(), Kept::default());
    let clients = [used("same", now), used("same", now)];
    with_local_recorder(&kept, || {
        for _ in 0..3 {
            clients.iter().for_each(|client| client.export(now));
        }
    });
    let requests = "milena_requests_total{client=\"same\",api=\"Produce\"}";
    assert_eq!(kept.value(requests), Some(8.0));
}

/// A gauge that nobody sets any more would show its last value for ever.
#[test]
fn what_is_no_more_shows_zero() {
    let (now, kept) = (Instant::now(), Kept::default());
    let recorder = Recorder::new("c", now);
    let broker = recorder.broker(4);
    broker.launched(3);
    let (up, sent) = (
        "milena_broker_up{client=\"c\",broker=\"4\"}",
        "milena_broker_requests_total{client=\"c\",broker=\"4\"}",
    );
    with_local_recorder(&kept, || recorder.export(now));
    assert_eq!((kept.value(up), kept.value(sent)), (Some(1.0), Some(3.0)));
    recorder.broker_left(4);
    with_local_recorder(&kept, || recorder.export(now));
    assert_eq!((kept.value(up), kept.value(sent)), (Some(0.0), Some(3.0)));
    let again = recorder.broker(4);
    again.launched(2);
    with_local_recorder(&kept, || recorder.export(now));
    assert_eq!((kept.value(up), kept.value(sent)), (Some(1.0), Some(5.0)));
    drop(recorder);
    assert_eq!(kept.value(up), Some(0.0), "the client is no more");
}
