//! What a policy is, what it is told, and what it answers.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;

/// A policy by which a broker is chosen for a request that any may answer.
pub trait BrokerSelection: Send + Sync + fmt::Debug {
    /// The index of the chosen one among `candidates`, or `None` for nobody, as when there are none. It is called for each such request, by
    /// many tasks at once: it must not block.
    fn choose(&self, candidates: &[Candidate<'_>], context: &SelectionContext<'_>)
    -> Option<usize>;
}

/// A broker that may be chosen: it is up, and its circuit is not open.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The broker's id.
    pub id: i32,
    /// The rack that it stands in, if it says so. Broker: `broker.rack`.
    pub rack: Option<&'a str>,
    /// Requests of this client that it has not answered yet.
    pub in_flight: u32,
    /// How long it takes to answer, smoothed; `None` if nobody knows yet.
    pub latency: Option<Duration>,
}

/// What a policy may go by, beside the brokers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SelectionContext<'a> {
    /// The API of the request.
    pub api: ApiKey,
    /// The time.
    pub now: Instant,
    /// What the caller wants to go to the same broker each time, for [`ConsistentHash`](super::ConsistentHash) and
    /// [`Sticky`](super::Sticky).
    pub key: Option<&'a [u8]>,
    /// This machine's address, for [`SourceHash`](super::SourceHash).
    pub local_address: Option<IpAddr>,
    /// The rack of this client, for [`NearestRack`](super::NearestRack). Java: `client.rack`.
    pub client_rack: Option<&'a str>,
}

impl<'a> Candidate<'a> {
    /// One without a rack, with nothing in flight, and of unknown latency.
    #[must_use]
    pub fn new(id: i32) -> Self {
        Self {
            id,
            rack: None,
            in_flight: 0,
            latency: None,
        }
    }

    /// The same in this rack.
    #[must_use]
    pub fn with_rack(self, rack: impl Into<Option<&'a str>>) -> Self {
        Self {
            rack: rack.into(),
            ..self
        }
    }

    /// The same with so many requests in flight.
    #[must_use]
    pub fn with_in_flight(self, in_flight: u32) -> Self {
        Self { in_flight, ..self }
    }

    /// The same with this latency.
    #[must_use]
    pub fn with_latency(self, latency: impl Into<Option<Duration>>) -> Self {
        Self {
            latency: latency.into(),
            ..self
        }
    }
}

impl<'a> SelectionContext<'a> {
    /// For a request of this API, without anything else.
    #[must_use]
    pub fn new(api: ApiKey, now: Instant) -> Self {
        Self {
            api,
            now,
            key: None,
            local_address: None,
            client_rack: None,
        }
    }

    /// The same with the caller's key.
    #[must_use]
    pub fn with_key(self, key: impl Into<Option<&'a [u8]>>) -> Self {
        Self {
            key: key.into(),
            ..self
        }
    }

    /// The same with this machine's address.
    #[must_use]
    pub fn with_local_address(self, address: impl Into<Option<IpAddr>>) -> Self {
        Self {
            local_address: address.into(),
            ..self
        }
    }

    /// The same with the rack of this client.
    #[must_use]
    pub fn with_client_rack(self, rack: impl Into<Option<&'a str>>) -> Self {
        Self {
            client_rack: rack.into(),
            ..self
        }
    }
}
