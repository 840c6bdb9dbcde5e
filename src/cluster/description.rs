//! A client, told in words.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::breaker::{BreakerState, Transition};
use super::purpose::Purpose;
use crate::error::Error;

/// How a client is, at one moment; [`Display`](fmt::Display) prints it as a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Description {
    /// The id of the cluster, if it has told one.
    pub cluster_id: Option<String>,
    /// The id of the controller, or of the broker that forwards to it.
    pub controller: Option<i32>,
    /// How long ago the cluster told of itself; `None` if it never has.
    pub metadata_age: Option<Duration>,
    /// How many topics are known.
    pub topics: usize,
    /// How many calls are under way.
    pub calls: usize,
    /// How many connections there may be; `None` if that is not limited.
    pub max_connections: Option<usize>,
    /// The brokers, by ascending id.
    pub brokers: Vec<BrokerDescription>,
}

/// How a broker is, as a client sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BrokerDescription {
    /// Its id.
    pub id: i32,
    /// Its address, as the cluster tells it.
    pub address: String,
    /// Its rack.
    pub rack: Option<String>,
    /// Whether it has failed three times in a row, and has not answered since.
    pub is_down: bool,
    /// Its circuit breaker.
    pub circuit: BreakerState,
    /// What the circuit breaker did of late, oldest first.
    pub transitions: Vec<Transition>,
    /// Requests that it has yet to answer.
    pub in_flight: u32,
    /// How long it takes to answer, smoothed; `None` if it never has.
    pub latency: Option<Duration>,
    /// The connections to it.
    pub connections: Vec<ConnectionDescription>,
    /// What went wrong with it last, and when.
    pub last_error: Option<(SystemTime, Error)>,
}

/// A connection of the pool.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionDescription {
    /// What it is for.
    pub purpose: Purpose,
    /// Requests under way over it.
    pub in_flight: u32,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.cluster_id.as_deref().unwrap_or("unknown");
        write!(f, "cluster {id}")?;
        if let Some(controller) = self.controller {
            write!(f, ", controller {controller}")?;
        }
        write!(f, ", topics known: {}", self.topics)?;
        match self.metadata_age {
            Some(age) => write!(f, ", told {:.1} s ago", age.as_secs_f64())?,
            None => write!(f, ", never heard of")?,
        }
        write!(f, ", calls under way: {}", self.calls)?;
        let connections: usize = self
            .brokers
            .iter()
            .map(|broker| broker.connections.len())
            .sum();
        write!(f, ", connections: {connections}")?;
        if let Some(max) = self.max_connections {
            write!(f, " of {max}")?;
        }
        for broker in &self.brokers {
            write!(f, "\n  {broker}")?;
        }
        Ok(())
    }
}

impl fmt::Display for BrokerDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_down { "down" } else { "up" };
        write!(f, "broker {} at {}: {state}", self.id, self.address)?;
        if let Some(rack) = &self.rack {
            write!(f, ", rack {rack}")?;
        }
        write!(f, ", circuit {}", self.circuit)?;
        write!(f, ", in flight: {}", self.in_flight)?;
        if let Some(latency) = self.latency {
            write!(f, ", latency {:.2} ms", latency.as_secs_f64() * 1000.0)?;
        }
        for connection in &self.connections {
            let name = connection.purpose.name();
            write!(
                f,
                "; {name} connection, in flight: {}",
                connection.in_flight
            )?;
        }
        if let Some((at, error)) = &self.last_error {
            let ago = at.elapsed().unwrap_or_default();
            write!(f, "; last error {:.1} s ago: {error}", ago.as_secs_f64())?;
        }
        Ok(())
    }
}
