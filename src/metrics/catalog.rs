//! Every metric that is exported: its name, what it means, and where it stands in a snapshot. `docs/metrics.md` lists the same.

use std::time::Duration;

use super::distribution::Distribution;
use super::kinds::{BreakerState, Health, Kind, phase_name};
use super::snapshot::{ApiSnapshot, BrokerLabel, BrokerSnapshot, MetricsSnapshot};

/// The label that every series has: the client's id.
pub(crate) const CLIENT: &str = "client";

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Histogram,
}

/// A metric, with one series for each set of values of its labels.
pub(crate) struct Family {
    /// As Prometheus has them: `_total` for what only grows, and base units.
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    /// Without [`CLIENT`].
    pub(crate) labels: &'static [&'static str],
    pub(crate) help: &'static str,
    /// Gives each of its series.
    pub(crate) walk: fn(&MetricsSnapshot, &mut Give<'_>),
}

/// Takes a series.
pub(crate) type Give<'a> = dyn FnMut(Labels, Value<'_>) + 'a;

/// The values of the labels of a series, in the order of its family's names.
pub(crate) type Labels = [Label; 2];

/// The value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// There is no such label.
    None,
    Name(&'static str),
    Broker(BrokerLabel),
}

/// The value of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Count(u64),
    /// A counter of seconds.
    Time(Duration),
    Level(f64),
    Times(&'a Distribution),
}

/// Bounds of what is exported of a histogram, in microseconds, each the bound of a class: 16 us to 67 s by powers of two, with one more between
/// each two of them from 256 us to 1 s, where most answers lie.
pub(crate) const BOUNDS: [u64; 35] = {
    let mut bounds = [0; 35];
    let (mut index, mut power) = (0, 4);
    while power <= 26 {
        #[allow(clippy::indexing_slicing, reason = "in a constant")]
        {
            bounds[index] = 1 << power;
            index += 1;
            if power >= 8 && power < 20 {
                bounds[index] = 3 << (power - 1);
                index += 1;
            }
        }
        power += 1;
    }
    bounds
};

const NONE: Labels = [Label::None, Label::None];

fn one(name: &'static str) -> Labels {
    [Label::Name(name), Label::None]
}

/// A number that a gauge shows. What is counted here is far below 2^53.
fn level(number: u64) -> Value<'static> {
    Value::Level(number as f64)
}

fn flag(is_so: bool) -> Value<'static> {
    level(u64::from(is_so))
}

/// A series for each API.
macro_rules! by_api {
    (|$api:ident| $value:expr) => {
        |snapshot, give| {
            for $api in &snapshot.apis {
                let $api: &ApiSnapshot = $api;
                give(one($api.name()), $value);
            }
        }
    };
}

/// A series for each broker.
macro_rules! by_broker {
    (|$broker:ident| $value:expr) => {
        |snapshot, give| {
            for $broker in &snapshot.brokers {
                let $broker: &BrokerSnapshot = $broker;
                give([Label::Broker($broker.broker), Label::None], $value);
            }
        }
    };
}

/// Several series for each broker: one for each kind of something.
macro_rules! by_broker_and_kind {
    (|$broker:ident| $kinds:expr, $value:expr) => {
        |snapshot, give| {
            for $broker in &snapshot.brokers {
                let $broker: &BrokerSnapshot = $broker;
                for (kind, value) in $kinds {
                    let labels = [Label::Broker($broker.broker), Label::Name(kind.name())];
                    give(labels, $value(value));
                }
            }
        }
    };
}

/// All of them.
pub(crate) const FAMILIES: &[Family] = &[
    Family {
        name: "milena_requests_total",
        kind: Type::Counter,
        labels: &["api"],
        help: "Calls that were made; one that is retried is one.",
        walk: by_api!(|api| Value::Count(api.requests)),
    },
    Family {
        name: "milena_requests_in_flight",
        kind: Type::Gauge,
        labels: &["api"],
        help: "Calls that have not ended yet.",
        walk: by_api!(|api| level(api.in_flight)),
    },
    Family {
        name: "milena_requests_cancelled_total",
        kind: Type::Counter,
        labels: &["api"],
        help: "Calls that were dropped before they ended.",
        walk: by_api!(|api| Value::Count(api.cancelled)),
    },
    Family {
        name: "milena_request_errors_total",
        kind: Type::Counter,
        labels: &["api", "class"],
        help: "Calls that ended with an error: a broker's code, no transport, the deadline, or another.",
        walk: |snapshot, give| {
            for api in &snapshot.apis {
                for &(class, count) in &api.errors {
                    let labels = [Label::Name(api.name()), Label::Name(class.name())];
                    give(labels, Value::Count(count));
                }
            }
        },
    },
    Family {
        name: "milena_request_retries_total",
        kind: Type::Counter,
        labels: &["api"],
        help: "How often a call was tried again.",
        walk: by_api!(|api| Value::Count(api.retries)),
    },
    Family {
        name: "milena_throttles_total",
        kind: Type::Counter,
        labels: &["api"],
        help: "Answers by which a broker throttled the client.",
        walk: by_api!(|api| Value::Count(api.throttles)),
    },
    Family {
        name: "milena_throttle_seconds_total",
        kind: Type::Counter,
        labels: &["api"],
        help: "For how long brokers throttled the client, together.",
        walk: by_api!(|api| Value::Time(api.throttle_time)),
    },
    Family {
        name: "milena_request_duration_seconds",
        kind: Type::Histogram,
        labels: &["api"],
        help: "From a call to its end, with all attempts and the time between them.",
        walk: by_api!(|api| Value::Times(&api.request)),
    },
    Family {
        name: "milena_request_queue_seconds",
        kind: Type::Histogram,
        labels: &["api"],
        help: "From when an attempt was handed to a connection until it was handed to the socket.",
        walk: by_api!(|api| Value::Times(&api.queue)),
    },
    Family {
        name: "milena_request_broker_seconds",
        kind: Type::Histogram,
        labels: &["api"],
        help: "From when an attempt was handed to the socket until its answer was read.",
        walk: by_api!(|api| Value::Times(&api.broker)),
    },
    Family {
        name: "milena_network_round_trip_seconds",
        kind: Type::Histogram,
        labels: &[],
        help: "Round trips of the question for API versions when a connection is made.",
        walk: |snapshot, give| give(NONE, Value::Times(&snapshot.network)),
    },
    Family {
        name: "milena_connections",
        kind: Type::Gauge,
        labels: &["broker", "state"],
        help: "Connections that are there, by their state.",
        walk: by_broker_and_kind!(|broker| broker.connections.iter().copied(), level),
    },
    Family {
        name: "milena_connections_opened_total",
        kind: Type::Counter,
        labels: &[],
        help: "Connections that came about.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.opened)),
    },
    Family {
        name: "milena_connections_closed_total",
        kind: Type::Counter,
        labels: &["reason"],
        help: "Connections that ended, by the reason.",
        walk: |snapshot, give| {
            for &(reason, count) in &snapshot.closed {
                give(one(reason.name()), Value::Count(count));
            }
        },
    },
    Family {
        name: "milena_connect_failures_total",
        kind: Type::Counter,
        labels: &["phase"],
        help: "Connections that did not come about, by the phase that failed.",
        walk: |snapshot, give| {
            for &(phase, count) in &snapshot.connect_failures {
                give(one(phase_name(phase)), Value::Count(count));
            }
        },
    },
    Family {
        name: "milena_broker_requests_total",
        kind: Type::Counter,
        labels: &["broker"],
        help: "Requests that were handed to a socket, each attempt by itself.",
        walk: by_broker!(|broker| Value::Count(broker.requests)),
    },
    Family {
        name: "milena_broker_requests_in_flight",
        kind: Type::Gauge,
        labels: &["broker"],
        help: "Requests that were handed to a socket and are not answered yet.",
        walk: by_broker!(|broker| level(broker.in_flight)),
    },
    Family {
        name: "milena_broker_sent_bytes_total",
        kind: Type::Counter,
        labels: &["broker"],
        help: "Bytes of Kafka's protocol that were sent, before TLS.",
        walk: by_broker!(|broker| Value::Count(broker.bytes_sent)),
    },
    Family {
        name: "milena_broker_received_bytes_total",
        kind: Type::Counter,
        labels: &["broker"],
        help: "Bytes of Kafka's protocol that were received, after TLS.",
        walk: by_broker!(|broker| Value::Count(broker.bytes_received)),
    },
    Family {
        name: "milena_broker_failures_total",
        kind: Type::Counter,
        labels: &["broker"],
        help: "What the circuit breaker counted against the broker.",
        walk: by_broker!(|broker| Value::Count(broker.failures)),
    },
    Family {
        name: "milena_broker_round_trip_seconds",
        kind: Type::Gauge,
        labels: &["broker"],
        help: "The round trip of the newest connection's question for API versions.",
        walk: |snapshot, give| {
            for broker in &snapshot.brokers {
                if let Some(time) = broker.round_trip {
                    let labels = [Label::Broker(broker.broker), Label::None];
                    give(labels, Value::Level(time.as_secs_f64()));
                }
            }
        },
    },
    Family {
        name: "milena_broker_up",
        kind: Type::Gauge,
        labels: &["broker"],
        help: "1 for a broker that answers, as far as is known; 0 for one that failed several times in a row.",
        walk: by_broker!(|broker| flag(broker.health == Health::Up)),
    },
    Family {
        name: "milena_broker_health_changes_total",
        kind: Type::Counter,
        labels: &["broker", "to"],
        help: "How often a broker went up or down.",
        walk: by_broker_and_kind!(|broker| broker.health_changes.iter().copied(), Value::Count),
    },
    Family {
        name: "milena_breaker_state",
        kind: Type::Gauge,
        labels: &["broker", "state"],
        help: "1 for the state that the broker's circuit breaker is in, 0 for the others.",
        walk: by_broker_and_kind!(
            |broker| BreakerState::ALL
                .iter()
                .map(|&state| (state, broker.breaker == state)),
            flag
        ),
    },
    Family {
        name: "milena_breaker_transitions_total",
        kind: Type::Counter,
        labels: &["broker", "to"],
        help: "How often the broker's circuit breaker changed, by its new state.",
        walk: by_broker_and_kind!(
            |broker| broker.breaker_transitions.iter().copied(),
            Value::Count
        ),
    },
    Family {
        name: "milena_pool_wait_seconds",
        kind: Type::Histogram,
        labels: &[],
        help: "How long callers waited for a connection to be made, or for the cap on connections.",
        walk: |snapshot, give| give(NONE, Value::Times(&snapshot.pool_waits)),
    },
    Family {
        name: "milena_pool_exhausted_total",
        kind: Type::Counter,
        labels: &[],
        help: "Callers that gave up because the cap on connections was reached.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.pool_exhausted)),
    },
    Family {
        name: "milena_metadata_age_seconds",
        kind: Type::Gauge,
        labels: &[],
        help: "How long ago the metadata came that is in use; if none came yet, how long the client has been there.",
        walk: |snapshot, give| {
            give(NONE, Value::Level(snapshot.metadata_age.as_secs_f64()));
        },
    },
    Family {
        name: "milena_metadata_refreshes_total",
        kind: Type::Counter,
        labels: &[],
        help: "Metadata that came.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.metadata_refreshes)),
    },
    Family {
        name: "milena_metadata_failures_total",
        kind: Type::Counter,
        labels: &[],
        help: "Attempts to get metadata that failed.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.metadata_failures)),
    },
    Family {
        name: "milena_producer_records_total",
        kind: Type::Counter,
        labels: &[],
        help: "Records that are written.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.producer.records)),
    },
    Family {
        name: "milena_producer_record_errors_total",
        kind: Type::Counter,
        labels: &[],
        help: "Records that have failed; some of them may be in the log.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.producer.record_errors)),
    },
    Family {
        name: "milena_producer_batches_total",
        kind: Type::Counter,
        labels: &[],
        help: "Batches that are written.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.producer.batches)),
    },
    Family {
        name: "milena_producer_batch_retries_total",
        kind: Type::Counter,
        labels: &[],
        help: "How often a batch was sent again.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.producer.retries)),
    },
    Family {
        name: "milena_producer_bytes_total",
        kind: Type::Counter,
        labels: &[],
        help: "Bytes of the batches that are written, compressed.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.producer.bytes)),
    },
    Family {
        name: "milena_producer_buffered_bytes",
        kind: Type::Gauge,
        labels: &[],
        help: "Bytes that batches have of the buffer now.",
        walk: |snapshot, give| give(NONE, level(snapshot.producer.buffered)),
    },
    Family {
        name: "milena_producer_delivery_seconds",
        kind: Type::Histogram,
        labels: &[],
        help: "From the first record of a batch until the batch was written.",
        walk: |snapshot, give| give(NONE, Value::Times(&snapshot.producer.delivery)),
    },
    Family {
        name: "milena_producer_buffer_wait_seconds",
        kind: Type::Histogram,
        labels: &[],
        help: "How long those waited for room in the buffer who had to.",
        walk: |snapshot, give| give(NONE, Value::Times(&snapshot.producer.buffer_waits)),
    },
    Family {
        name: "milena_consumer_records_total",
        kind: Type::Counter,
        labels: &[],
        help: "Records that were handed out.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.consumer.records)),
    },
    Family {
        name: "milena_consumer_batches_total",
        kind: Type::Counter,
        labels: &[],
        help: "Batches that were handed out.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.consumer.batches)),
    },
    Family {
        name: "milena_consumer_bytes_total",
        kind: Type::Counter,
        labels: &[],
        help: "Bytes of the batches that were handed out, compressed.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.consumer.bytes)),
    },
    Family {
        name: "milena_consumer_errors_total",
        kind: Type::Counter,
        labels: &[],
        help: "Errors that were handed out; a partition is not read any further.",
        walk: |snapshot, give| give(NONE, Value::Count(snapshot.consumer.errors)),
    },
    Family {
        name: "milena_consumer_discarded_bytes",
        kind: Type::Gauge,
        labels: &[],
        help: "Bytes that were fetched and thrown away unseen, by the consumers that are there.",
        walk: |snapshot, give| give(NONE, level(snapshot.consumer.discarded)),
    },
    Family {
        name: "milena_consumer_partitions",
        kind: Type::Gauge,
        labels: &[],
        help: "Partitions that are read.",
        walk: |snapshot, give| give(NONE, level(snapshot.consumer.partitions)),
    },
    Family {
        name: "milena_consumer_buffered_bytes",
        kind: Type::Gauge,
        labels: &[],
        help: "Bytes that are fetched and not handed out.",
        walk: |snapshot, give| give(NONE, level(snapshot.consumer.buffered)),
    },
    Family {
        name: "milena_consumer_lag_records",
        kind: Type::Gauge,
        labels: &[],
        help: "Offsets between what was handed out and the ends of the partitions, together.",
        walk: |snapshot, give| give(NONE, level(snapshot.consumer.lag)),
    },
];
