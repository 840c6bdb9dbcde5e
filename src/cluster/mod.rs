//! A whole cluster: which broker a request goes to, and what is done when that fails.
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
mod tasks;
mod together;
mod told_leaders;

pub use builder::ClientBuilder;
pub use client::{Client, ScatterFuture, SendFuture};
pub use description::{BrokerDescription, ConnectionDescription, Description};
pub use events::{ClientEvent, Events};
pub use metadata::Metadata;
pub use purpose::Purpose;
pub use scattered::{Answered, Failed, Scattered};
