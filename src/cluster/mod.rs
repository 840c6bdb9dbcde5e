//! A whole cluster: which broker a request goes to, and what is done when that fails.
//!
//! # The way of a request
//!
//! [`Client::send`] takes any request of Kafka. What it is about says who must answer it ([`routing`]): the leader of a partition, the coordinator of a
//! group or of a transactional id, the controller, a given broker, every broker, or any; of any, a policy chooses one ([`selection`]). A request whose
//! items are for different brokers is split, its parts go out at once, and their answers are merged; each part is tried again by itself.
//! [`Client::scatter`] gives the parts as they were answered.
//!
//! Who leads and who coordinates is known from memory ([`Metadata`]): a snapshot that one worker replaces, when it is old, when somebody misses
//! something, and when an answer or a lost connection shows that it is no longer true. However many miss the same thing, it is asked for once.
//!
//! # Connections
//!
//! There is a socket for each broker and [`Purpose`], made when it is first needed, by one task for all who wait: so a long poll or a throttled write
//! delays no heartbeat. A broker that cannot be connected to is left alone for 50 ms to 1 s. [`max_connections`](ClientBuilder::max_connections) bounds
//! all of them together.
//!
//! A broker that does not answer, or cannot be connected to, five times in a row has its circuit opened ([`breaker`]): what any broker may answer
//! goes elsewhere, what only this one may waits until it is tried again, or [fails at once](breaker::WhenOpen). Heartbeats and commits are always sent.
//! After three failures it counts as down: what any broker may answer goes past it, and the client itself asks now and then whether it is back. A broker
//! that moves to another address begins anew there, and those who wait for it go there.
//!
//! # Deadlines
//!
//! A call has one [`deadline`](ClientBuilder::deadline), from the call to the answer: finding the broker, connecting, queueing and every retry are inside
//! of it, and so is the final error, which tells [what was tried](crate::Error::attempts). The wait that a request itself asks for comes on top.
//! `docs/configuration.md` in the repository has a picture of all time-outs.
//!
//! # Retries
//!
//! A request, or the part of it that failed, is sent again within its deadline if it was surely not sent, or if it may have been carried out and
//! does no harm twice; and if the code that the broker answered says that another attempt may succeed. What is asked of the wrong leader goes to
//! the right one at once if the answer names it (KIP-951). `FENCED_LEADER_EPOCH` is final: the epoch in the request is the caller's, and he has to
//! see what became of his log (KIP-320). A request that any broker may answer goes elsewhere when the chosen one cannot be reached.
//!
//! # Tracing
//!
//! A call is a span `request` at level DEBUG with OpenTelemetry's names: `messaging.system`, `messaging.operation.name` (the API), `server.address`,
//! `server.port`, `error.type`. Connections that come and go or authenticate anew, retries and throttling are events at DEBUG; brokers that come back and circuits that
//! close are INFO, brokers that go down and circuits that open WARN. Nothing is logged for a request above DEBUG.
//!
//! [`selection`] has the policies by which one of several brokers is chosen, [`breaker`] the circuit breaker that keeps requests
//! away from a broker that does not answer, [`routing`] what is known of each request.

mod attempt;
mod backoff;
mod bootstrap;
pub mod breaker;
mod build;
mod builder;
mod calls;
mod check;
mod client;
mod coordinators;
mod core;
#[cfg(test)]
mod cost;
mod counted;
mod description;
mod events;
mod exchange;
mod health;
mod life;
pub mod metadata;
mod nanoseconds;
mod placement;
mod pool;
mod purpose;
mod random;
mod refresher;
mod retry;
mod rewriter;
pub mod routing;
mod scattered;
pub mod selection;
mod send;
pub(crate) mod settings;
mod signals;
mod span;
mod tasks;
mod together;

pub use builder::ClientBuilder;
pub use client::{Client, ScatterFuture, SendFuture};
pub use description::{BrokerDescription, ConnectionDescription, Description};
pub use events::{ClientEvent, Events};
pub use metadata::Metadata;
pub use purpose::Purpose;
pub use scattered::{Answered, Failed, Scattered};

pub(crate) use exchange::{Reply, by};
pub(crate) use metadata::{Leader, TopicHold};
pub(crate) use random::Random;
pub(crate) use retry::{Remedy, Retry, reaction};
pub(crate) use together::{Boxed, all};
