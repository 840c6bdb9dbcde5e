//! What was counted, as plain data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use milena_wire::api_key::ApiKey;

use super::consumer::ConsumerSnapshot;
use super::distribution::Distribution;
use super::kinds::{BreakerState, CloseKind, ConnectionState, ErrorClass, Health, Kind};
use super::producer::ProducerSnapshot;
use crate::error::Phase;

/// What a client has counted since it was made. It is taken without stopping anybody: figures that belong together may be apart by what
/// happened while it was taken.
///
/// Printed, it is a table. [`to_prometheus`](Self::to_prometheus) gives it as Prometheus reads it; `docs/metrics.md` tells what each figure
/// means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// The client's id, which tells it from others in the same process.
    pub client_id: Arc<str>,
    /// What was sent, by API; those that were never used are not there.
    pub apis: Vec<ApiSnapshot>,
    /// The brokers that are known, by their ids.
    pub brokers: Vec<BrokerSnapshot>,
    /// Connections that came about.
    pub opened: u64,
    /// Connections that ended, by the reason.
    pub closed: Vec<(CloseKind, u64)>,
    /// Connections that did not come about, by the phase that failed.
    pub connect_failures: Vec<(Phase, u64)>,
    /// Round trips of the question for API versions when a connection is made: the one request on which a broker spends no time, so that this is
    /// the time of the network.
    pub network: Distribution,
    /// How long callers waited for a connection to be made or for the cap on connections; who had to wait for neither is not in it.
    pub pool_waits: Distribution,
    /// Callers that gave up because the cap on connections was reached.
    pub pool_exhausted: u64,
    /// How long ago the metadata came that is in use; if none came yet, how long the client has been there.
    pub metadata_age: Duration,
    /// Metadata that came.
    pub metadata_refreshes: u64,
    /// Attempts to get it that failed.
    pub metadata_failures: u64,
    /// What its producers have counted.
    pub producer: ProducerSnapshot,
    /// What its consumers have counted.
    pub consumer: ConsumerSnapshot,
}

/// What was counted of one API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiSnapshot {
    /// Which one; `None` for those that this crate does not know, all together.
    pub api: Option<ApiKey>,
    /// Calls that were made. A call that is retried is one.
    pub requests: u64,
    /// Calls that have not ended yet.
    pub in_flight: u64,
    /// Calls that were dropped before they ended.
    pub cancelled: u64,
    /// Calls that ended with an error, by its class.
    pub errors: Vec<(ErrorClass, u64)>,
    /// How often a call was tried again.
    pub retries: u64,
    /// Answers by which the broker throttled the client (KIP-219).
    pub throttles: u64,
    /// For how long together.
    pub throttle_time: Duration,
    /// From the call to its end, whatever it was, with all attempts and the time between them.
    pub request: Distribution,
    /// From when an attempt was handed to a connection until it was handed to the socket: waiting for room, for the session to be renewed,
    /// and for what is written before.
    pub queue: Distribution,
    /// From there until the answer was read: the network, the broker's own queues and its work, and the answers that it had to give before.
    pub broker: Distribution,
}

/// Which broker a figure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BrokerLabel {
    /// The one with this node id.
    Id(i32),
    /// Whoever answers at a bootstrap address, before its id is known.
    Bootstrap,
    /// Those beyond the first thousand.
    Others,
}

/// What was counted of one broker.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BrokerSnapshot {
    /// Which one.
    pub broker: BrokerLabel,
    /// Connections, by their state.
    pub connections: Vec<(ConnectionState, u64)>,
    /// Requests that were handed to a socket, attempts by attempts.
    pub requests: u64,
    /// Those of them that are not answered yet.
    pub in_flight: u64,
    /// Bytes of Kafka's protocol that were sent, before TLS; without those that made the connection.
    pub bytes_sent: u64,
    /// Bytes of Kafka's protocol that were received, likewise.
    pub bytes_received: u64,
    /// What its circuit breaker counted against it.
    pub failures: u64,
    /// Its circuit breaker.
    pub breaker: BreakerState,
    /// How often that changed, by the new state.
    pub breaker_transitions: Vec<(BreakerState, u64)>,
    /// Whether it answers.
    pub health: Health,
    /// How often that changed, by what it became.
    pub health_changes: Vec<(Health, u64)>,
    /// The round trip of the newest connection; see [`MetricsSnapshot::network`].
    pub round_trip: Option<Duration>,
}

impl ApiSnapshot {
    pub(crate) fn new(api: Option<ApiKey>) -> Self {
        Self {
            api,
            requests: 0,
            in_flight: 0,
            cancelled: 0,
            errors: ErrorClass::ALL.iter().map(|&class| (class, 0)).collect(),
            retries: 0,
            throttles: 0,
            throttle_time: Duration::ZERO,
            request: Distribution::default(),
            queue: Distribution::default(),
            broker: Distribution::default(),
        }
    }

    /// The name in Kafka's protocol guide; `unknown` for those that this crate does not know.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let name = self.api.and_then(ApiKey::name);
        name.unwrap_or("unknown")
    }

    /// Calls that ended with an error of any class.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.errors.iter().map(|(_, count)| count).sum()
    }
}

impl BrokerSnapshot {
    /// Connections that take requests.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        let mut states = self.connections.iter();
        let open = states.find(|(state, _)| *state == ConnectionState::Open);
        open.map_or(0, |(_, count)| *count)
    }
}

impl MetricsSnapshot {
    /// What was counted of one API; `None` if it was never used.
    #[must_use]
    pub fn api(&self, api: ApiKey) -> Option<&ApiSnapshot> {
        self.apis.iter().find(|other| other.api == Some(api))
    }

    /// What was counted of one broker; `None` if it is not known.
    #[must_use]
    pub fn broker(&self, id: i32) -> Option<&BrokerSnapshot> {
        let label = BrokerLabel::Id(id);
        self.brokers.iter().find(|other| other.broker == label)
    }
}

impl fmt::Display for BrokerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => fmt::Display::fmt(id, f),
            Self::Bootstrap => f.pad("bootstrap"),
            Self::Others => f.pad("others"),
        }
    }
}
