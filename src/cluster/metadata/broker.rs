//! A broker, as the cluster tells of it.

use std::sync::Arc;

use super::flaw::Flaw;

/// More than any cluster has.
pub(super) const MAX_BROKERS: usize = 10_000;
/// The longest host name that DNS can have.
const MAX_HOST: usize = 255;

/// A broker: its id, where it listens, and its rack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    id: i32,
    host: Arc<str>,
    port: u16,
    rack: Option<Arc<str>>,
}

impl Broker {
    /// A broker, as an answer names it.
    ///
    /// # Errors
    /// If there can be no such broker: its id is negative, its port none, or its host no name.
    pub fn new(id: i32, host: &str, port: i32, rack: Option<&str>) -> Result<Self, Flaw> {
        if id < 0 {
            return Err(Flaw::BrokerId(id));
        }
        // The host goes into log lines and look-ups.
        let is_odd = |c: char| c.is_control() || c.is_whitespace();
        if host.is_empty() || host.len() > MAX_HOST || host.contains(is_odd) {
            return Err(Flaw::BrokerHost(id));
        }
        let flaw = Flaw::BrokerPort { broker: id, port };
        let port = u16::try_from(port).ok().filter(|&port| port != 0);
        let port = port.ok_or(flaw)?;
        Ok(Self {
            id,
            host: host.into(),
            port,
            rack: rack.map(Into::into),
        })
    }

    /// The id, zero or more.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// The host name or address that it advertises, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that it advertises.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The rack, if it has one (KIP-392).
    #[must_use]
    pub fn rack(&self) -> Option<&str> {
        self.rack.as_deref()
    }

    /// Host and port, as a connection takes them: `host:port` or `[::1]:port`.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The brokers of a cluster, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Brokers(Arc<[Broker]>);

impl Brokers {
    /// Of brokers in the order of their ids, each once.
    pub(super) fn new(sorted: Vec<Broker>) -> Self {
        debug_assert!(sorted.is_sorted_by(|one, next| one.id < next.id));
        Self(sorted.into())
    }

    pub(super) fn all(&self) -> &[Broker] {
        &self.0
    }

    #[inline]
    pub(super) fn find(&self, id: i32) -> Option<&Broker> {
        let index = self.0.binary_search_by_key(&id, |broker| broker.id).ok()?;
        self.0.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_broker_is_refused() {
        let broker = Broker::new(1, "::1", 9092, Some("a")).unwrap();
        assert_eq!(broker.address(), "[::1]:9092");
        assert_eq!(broker.rack(), Some("a"));
        assert_eq!(
            Broker::new(0, "kafka", 65_535, None).unwrap().address(),
            "kafka:65535"
        );
        assert_eq!(Broker::new(-1, "a", 1, None), Err(Flaw::BrokerId(-1)));
        for host in ["", "a b", "a\nb", &"a".repeat(256)] {
            assert_eq!(Broker::new(1, host, 1, None), Err(Flaw::BrokerHost(1)));
        }
        for port in [-1, 0, 65_536, i32::MAX] {
            assert_eq!(
                Broker::new(1, "a", port, None),
                Err(Flaw::BrokerPort { broker: 1, port })
            );
        }
    }

    #[test]
    fn brokers_are_found_by_id() {
        let brokers = [1, 5, 900].map(|id| Broker::new(id, "a", 1, None).unwrap());
        let brokers = Brokers::new(brokers.to_vec());
        assert_eq!(brokers.find(5).map(Broker::id), Some(5));
        assert_eq!(brokers.find(6), None);
        assert_eq!(brokers.all().len(), 3);
    }
}
