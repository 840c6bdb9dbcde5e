//! What a client counts, and how it is looked at.
//!
//! A [`MetricsSnapshot`] holds everything as plain data: it can be printed, compared with an earlier one
//! ([`Distribution::since`]), or served to Prometheus ([`MetricsSnapshot::to_prometheus`]) without any further crate. With the feature
//! `metrics`, which is on by default, a client also tells the recorder that the program has installed with the facade of that name, every
//! few seconds; the names and labels are the same. `docs/metrics.md` in the repository lists them all, with their units and what to watch.
//!
//! # How times are told apart
//!
//! ```text
//! call            handed to            handed to                     answer read          call ends
//!  |              a connection         the socket                         |                   |
//!  |  routing,         |      queue        |            broker            |      decoding,    |
//!  |  pool, retries    |<----------------->|<---------------------------->|      retries      |
//!  |<------------------------------------------ request ------------------------------------->|
//! ```
//!
//! *Queue* and *broker* are of each attempt, *request* is of the whole call. Kafka does not say how long it worked on a request, so *broker* is
//! everything that a client can see: the way there and back, the broker's own queues, its work, and the answers to earlier requests of the same
//! connection, which come first. *Network* is the round trip of the one question that a broker answers without any work, when a connection
//! is made: what *broker* has beyond it is the broker's.
//!
//! # Labels
//!
//! Each has a bound: the APIs of Kafka's protocol and one for all that are unknown, the brokers that are known and one for those beyond a thousand, and
//! small sets of states and reasons. No topic, group or address is ever a label.

mod apis;
mod broker;
mod catalog;
mod classes;
mod consumer;
mod distribution;
#[cfg(feature = "metrics")]
mod export;
mod histogram;
mod kinds;
mod meter;
mod producer;
mod prometheus;
mod recorder;
mod snapshot;
mod striped;
mod table;

pub use consumer::ConsumerSnapshot;
pub use distribution::Distribution;
pub use kinds::{BreakerState, CloseKind, ConnectionState, ErrorClass, Health};
pub use producer::ProducerSnapshot;
pub use prometheus::prometheus_text;
pub use snapshot::{ApiSnapshot, BrokerLabel, BrokerSnapshot, MetricsSnapshot};

pub(crate) use broker::BrokerMetrics;
pub(crate) use consumer::{ConsumerLevels, Levels};
pub(crate) use kinds::phase_name;
pub(crate) use meter::{Meter, Opened};
pub(crate) use producer::ProducerCounts;
pub(crate) use recorder::Recorder;

#[cfg(test)]
mod tests;
