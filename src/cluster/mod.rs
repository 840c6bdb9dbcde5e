//! A whole cluster: which broker a request goes to, and what is done when that fails.
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
//! `server.port`, `error.type`. Connections that come and go, retries and throttling are events at DEBUG; brokers that come back and circuits that
//! close are INFO, brokers that go down and circuits that open WARN. Nothing is logged for a request above DEBUG.
//!
//! [`selection`] has the policies by which one of several brokers is chosen, [`breaker`] the circuit breaker that keeps requests
//! away from a broker that does not answer, [`routing`] what is known of each request.

mod bootstrap;
pub mod breaker;
mod build;
mod builder;
mod calls;
mod check;
mod client;
mod coordinators;
mod core;
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

pub(crate) use together::{Boxed, all};
