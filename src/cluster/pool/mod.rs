//! The connections of a client: one for each broker and [`Purpose`](super::Purpose), made when it is first needed.
//!
//! A [`Node`] is a broker with the places for its connections. A request that finds a live one there takes no lock; one that does not waits, with
//! everybody else who wants it, for the one task that connects. How many connections there are is the [`Pool`]'s to say.

mod connect_backoff;
mod connecting;
#[cfg(test)]
mod cost;
mod mute;
mod node;
mod nodes;
mod place;
mod pooled;
mod registry;

pub(crate) use connecting::{Pool, tell_circuit};
pub(crate) use node::{Node, Pick};
pub(crate) use nodes::{Broker, Nodes};
pub(crate) use pooled::Lease;
