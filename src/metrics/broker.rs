//! What is counted by broker.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::kinds::{BreakerState, ConnectionState, Counts, Health, Kind};
use super::snapshot::{BrokerLabel, BrokerSnapshot};
use super::striped::Striped;

/// What goes to a broker and comes from it.
#[derive(Debug, Default)]
struct Traffic {
    /// Requests that were handed to the socket.
    launched: AtomicU64,
    /// Those of them that are done with.
    settled: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
}

/// What is counted of one broker.
#[derive(Debug)]
pub(crate) struct BrokerMetrics {
    label: BrokerLabel,
    traffic: Striped<Traffic>,
    connections: Counts,
    failures: AtomicU64,
    breaker: AtomicU8,
    breaker_transitions: Counts,
    health: AtomicU8,
    health_changes: Counts,
    /// Of the newest connection, in nanoseconds; 0 if there was none.
    round_trip: AtomicU64,
}

impl BrokerMetrics {
    pub(crate) fn new(label: BrokerLabel) -> Self {
        Self {
            label,
            traffic: Striped::default(),
            connections: Counts::default(),
            failures: AtomicU64::new(0),
            breaker: AtomicU8::new(BreakerState::Closed as u8),
            breaker_transitions: Counts::default(),
            health: AtomicU8::new(Health::Up as u8),
            health_changes: Counts::default(),
            round_trip: AtomicU64::new(0),
        }
    }

    /// Its circuit breaker is in another state now.
    pub(crate) fn breaker_changed(&self, to: BreakerState) {
        self.breaker.store(to as u8, Ordering::Relaxed);
        self.breaker_transitions.add(to);
    }

    /// It is up after it was down, or the other way round.
    pub(crate) fn health_changed(&self, to: Health) {
        self.health.store(to as u8, Ordering::Relaxed);
        self.health_changes.add(to);
    }

    /// A request to it, or a connection, failed in a way that speaks against it.
    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// How long it took to answer when the newest connection was made.
    pub(crate) fn round_trip(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.round_trip.store(nanos.max(1), Ordering::Relaxed);
    }

    /// A connection begins to be in this state.
    pub(crate) fn enter(&self, state: ConnectionState) {
        self.connections.add(state);
    }

    /// A connection is no longer in this state.
    pub(crate) fn leave(&self, state: ConnectionState) {
        self.connections.subtract(state);
    }

    /// Requests are handed to the socket.
    pub(crate) fn launched(&self, requests: usize) {
        let traffic = self.traffic.own();
        traffic
            .launched
            .fetch_add(requests as u64, Ordering::Relaxed);
    }

    /// Requests are answered, written if they have no answer, or lost with their connection.
    pub(crate) fn settled(&self, requests: usize) {
        let traffic = self.traffic.own();
        traffic
            .settled
            .fetch_add(requests as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        let traffic = self.traffic.own();
        traffic
            .bytes_sent
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        let traffic = self.traffic.own();
        traffic
            .bytes_received
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> BrokerSnapshot {
        let sum = |count: fn(&Traffic) -> &AtomicU64| -> u64 {
            let all = self.traffic.all();
            all.map(|traffic| count(traffic).load(Ordering::Acquire))
                .sum()
        };
        // First what is done with, so that there are never fewer launched.
        let settled = sum(|traffic| &traffic.settled);
        let requests = sum(|traffic| &traffic.launched);
        let round_trip = self.round_trip.load(Ordering::Relaxed);
        BrokerSnapshot {
            broker: self.label,
            connections: self.connections.read(),
            requests,
            in_flight: requests.saturating_sub(settled),
            bytes_sent: sum(|traffic| &traffic.bytes_sent),
            bytes_received: sum(|traffic| &traffic.bytes_received),
            failures: self.failures.load(Ordering::Relaxed),
            breaker: state(&self.breaker, BreakerState::Closed),
            breaker_transitions: self.breaker_transitions.read(),
            health: state(&self.health, Health::Up),
            health_changes: self.health_changes.read(),
            round_trip: (round_trip > 0).then(|| Duration::from_nanos(round_trip)),
        }
    }
}

/// The kind that was stored.
fn state<K: Kind>(stored: &AtomicU8, otherwise: K) -> K {
    let index = usize::from(stored.load(Ordering::Relaxed));
    K::ALL.get(index).copied().unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let broker = BrokerMetrics::new(BrokerLabel::Id(7));
        let read = broker.read();
        assert_eq!(read.broker, BrokerLabel::Id(7));
        assert_eq!(
            (read.breaker, read.health),
            (BreakerState::Closed, Health::Up)
        );
        assert_eq!(read.round_trip, None);
        broker.enter(ConnectionState::Connecting);
        broker.enter(ConnectionState::Open);
        broker.enter(ConnectionState::Open);
        broker.leave(ConnectionState::Connecting);
        broker.launched(5);
        broker.settled(3);
        broker.sent(100);
        broker.received(2000);
        broker.failed();
        broker.breaker_changed(BreakerState::Open);
        broker.breaker_changed(BreakerState::HalfOpen);
        broker.breaker_changed(BreakerState::Open);
        broker.health_changed(Health::Down);
        broker.round_trip(Duration::from_micros(300));
        let read = broker.read();
        assert_eq!(read.open_connections(), 2);
        assert_eq!((read.requests, read.in_flight), (5, 2));
        assert_eq!((read.bytes_sent, read.bytes_received), (100, 2000));
        assert_eq!(read.failures, 1);
        assert_eq!(
            (read.breaker, read.health),
            (BreakerState::Open, Health::Down)
        );
        let transitions = [
            (BreakerState::Closed, 0),
            (BreakerState::Open, 2),
            (BreakerState::HalfOpen, 1),
        ];
        assert_eq!(read.breaker_transitions, transitions);
        assert_eq!(read.health_changes, [(Health::Up, 0), (Health::Down, 1)]);
        assert_eq!(read.round_trip, Some(Duration::from_micros(300)));
    }
}
