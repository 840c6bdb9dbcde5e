//! Where a client counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;

use super::apis::{ApiCounts, Apis};
use super::broker::BrokerMetrics;
use super::consumer::ConsumerCounts;
use super::distribution::Distribution;
#[cfg(feature = "metrics")]
use super::export::Exporter;
use super::histogram::Histogram;
use super::kinds::{CloseKind, Counts, ErrorClass};
use super::producer::ProducerCounts;
use super::snapshot::{BrokerLabel, MetricsSnapshot};
use crate::close_reason::CloseReason;
use crate::error::Phase;

/// Of more brokers than this the rest is counted together: no cluster has so many, but one that lies may say so.
const MAX_BROKERS: usize = 1000;

/// Where one client counts what it does. Whatever is called for each request takes no lock, and memory only when an API is used for the first
/// time by a thread.
#[derive(Debug)]
pub(crate) struct Recorder {
    client_id: Arc<str>,
    /// When it was made.
    began: Instant,
    apis: Apis,
    brokers: Mutex<BTreeMap<BrokerLabel, Arc<BrokerMetrics>>>,
    opened: AtomicU64,
    closed: Counts,
    connect_failures: Counts,
    network: Histogram,
    pool_waits: Histogram,
    pool_exhausted: AtomicU64,
    /// When metadata came, in nanoseconds after `began`.
    metadata_at: AtomicU64,
    metadata_refreshes: AtomicU64,
    metadata_failures: AtomicU64,
    producer: ProducerCounts,
    consumer: ConsumerCounts,
    #[cfg(feature = "metrics")]
    exporter: Mutex<Exporter>,
}

impl Recorder {
    /// How long to wait between two exports: not longer than Prometheus does between two looks.
    pub(crate) const EXPORT_INTERVAL: Duration = Duration::from_secs(5);

    pub(crate) fn new(client_id: impl Into<Arc<str>>, now: Instant) -> Arc<Self> {
        Arc::new(Self {
            client_id: client_id.into(),
            began: now,
            apis: Apis::default(),
            brokers: Mutex::default(),
            opened: AtomicU64::new(0),
            closed: Counts::default(),
            connect_failures: Counts::default(),
            network: Histogram::default(),
            pool_waits: Histogram::default(),
            pool_exhausted: AtomicU64::new(0),
            metadata_at: AtomicU64::new(0),
            metadata_refreshes: AtomicU64::new(0),
            metadata_failures: AtomicU64::new(0),
            producer: ProducerCounts::default(),
            consumer: ConsumerCounts::default(),
            #[cfg(feature = "metrics")]
            exporter: Mutex::default(),
        })
    }

    fn with(&self, api: ApiKey, count: impl FnOnce(&ApiCounts)) {
        if let Some(counts) = self.apis.of(api) {
            count(counts);
        }
    }

    /// A call begins. It is to end with one of [`request_ended`](Self::request_ended) and [`request_cancelled`](Self::request_cancelled), or it
    /// stays in flight for ever.
    pub(crate) fn request_started(&self, api: ApiKey) {
        self.with(api, |counts| increment(&counts.started));
    }

    /// A call ended, with an error or without, so long after it began.
    pub(crate) fn request_ended(&self, api: ApiKey, error: Option<ErrorClass>, elapsed: Duration) {
        self.with(api, |counts| {
            counts.request.record(elapsed);
            if let Some(class) = error {
                counts.errors.add(class);
            }
        });
    }

    /// A call's future was dropped before it ended.
    pub(crate) fn request_cancelled(&self, api: ApiKey) {
        self.with(api, |counts| increment(&counts.cancelled));
    }

    /// A call is tried once more.
    pub(crate) fn retried(&self, api: ApiKey) {
        self.with(api, |counts| increment(&counts.retries));
    }

    /// An answer said that the client is to wait for so long.
    pub(crate) fn throttled(&self, api: ApiKey, time: Duration) {
        self.with(api, |counts| {
            increment(&counts.throttles);
            counts
                .throttle_time
                .fetch_add(nanos(time), Ordering::Relaxed);
        });
    }

    /// An attempt waited so long for the socket.
    pub(crate) fn queued(&self, api: ApiKey, time: Duration) {
        self.with(api, |counts| counts.queue.record(time));
    }

    /// An attempt was answered so long after it was handed to the socket.
    pub(crate) fn answered(&self, api: ApiKey, time: Duration) {
        self.with(api, |counts| counts.broker.record(time));
    }

    /// Where is counted what concerns the broker with this node id; a negative one is that of a bootstrap address. Not for the hot path: what it
    /// gives is to be kept.
    pub(crate) fn broker(&self, id: i32) -> Arc<BrokerMetrics> {
        let mut brokers = self.brokers();
        let label = if id < 0 {
            BrokerLabel::Bootstrap
        } else if brokers.len() < MAX_BROKERS || brokers.contains_key(&BrokerLabel::Id(id)) {
            BrokerLabel::Id(id)
        } else {
            BrokerLabel::Others
        };
        let broker = brokers
            .entry(label)
            .or_insert_with(|| Arc::new(BrokerMetrics::new(label)));
        Arc::clone(broker)
    }

    /// As [`broker`](Self::broker), of one that is known and has not left: what is still told of others is not worth a series.
    pub(crate) fn known_broker(&self, id: i32) -> Option<Arc<BrokerMetrics>> {
        self.brokers().get(&BrokerLabel::Id(id)).cloned()
    }

    /// A broker has left the cluster, and its figures with it.
    pub(crate) fn broker_left(&self, id: i32) {
        self.brokers().remove(&BrokerLabel::Id(id));
    }

    fn brokers(&self) -> MutexGuard<'_, BTreeMap<BrokerLabel, Arc<BrokerMetrics>>> {
        self.brokers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection came about, and the broker took so long for the first answer.
    pub(crate) fn opened(&self, round_trip: Option<Duration>) {
        increment(&self.opened);
        if let Some(time) = round_trip {
            self.network.record(time);
        }
    }

    /// A connection that had come about ended.
    pub(crate) fn closed(&self, reason: &CloseReason) {
        self.closed.add(CloseKind::from(reason));
    }

    /// A connection did not come about.
    pub(crate) fn connect_failed(&self, phase: Phase) {
        self.connect_failures.add(phase);
    }

    /// A caller waited so long for a connection.
    pub(crate) fn pool_waited(&self, time: Duration) {
        self.pool_waits.record(time);
    }

    /// A caller gave up because the cap on connections was reached.
    pub(crate) fn pool_exhausted(&self) {
        increment(&self.pool_exhausted);
    }

    /// New metadata is there.
    pub(crate) fn metadata_refreshed(&self, now: Instant) {
        let at = nanos(now.saturating_duration_since(self.began));
        self.metadata_at.fetch_max(at, Ordering::Relaxed);
        increment(&self.metadata_refreshes);
    }

    /// Metadata was asked for, and did not come.
    pub(crate) fn metadata_failed(&self) {
        increment(&self.metadata_failures);
    }

    /// Where consumers count.
    pub(crate) fn consumer(&self) -> &ConsumerCounts {
        &self.consumer
    }

    /// Where producers count.
    pub(crate) fn producer(&self) -> &ProducerCounts {
        &self.producer
    }

    /// What was counted so far.
    pub(crate) fn snapshot(&self, now: Instant) -> MetricsSnapshot {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let read = |histogram: &Histogram| {
            let mut read = Distribution::default();
            histogram.add_to(&mut read);
            read
        };
        let brokers: Vec<_> = self.brokers().values().cloned().collect();
        let metadata_at = self.began + Duration::from_nanos(get(&self.metadata_at));
        MetricsSnapshot {
            client_id: Arc::clone(&self.client_id),
            apis: self.apis.read(),
            brokers: brokers.iter().map(|broker| broker.read()).collect(),
            opened: get(&self.opened),
            closed: self.closed.read(),
            connect_failures: self.connect_failures.read(),
            network: read(&self.network),
            pool_waits: read(&self.pool_waits),
            pool_exhausted: get(&self.pool_exhausted),
            metadata_age: now.saturating_duration_since(metadata_at),
            metadata_refreshes: get(&self.metadata_refreshes),
            metadata_failures: get(&self.metadata_failures),
            producer: self.producer.read(),
            consumer: self.consumer.read(),
        }
    }

    /// Gives what was counted so far to the recorder that the program has installed with the facade [`metrics`], if it has. To be called every
    /// [`EXPORT_INTERVAL`](Self::EXPORT_INTERVAL), and once more when the client is closed.
    #[cfg(feature = "metrics")]
    pub(crate) fn export(&self, now: Instant) {
        let mut exporter = self.exporter.lock().unwrap_or_else(PoisonError::into_inner);
        exporter.export(|| self.snapshot(now));
    }

    /// Nothing: the facade is not built in.
    #[cfg(not(feature = "metrics"))]
    pub(crate) fn export(&self, _: Instant) {}
}

fn increment(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
