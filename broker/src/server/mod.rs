//! The sockets: thin, since all that is known of Kafka lies elsewhere.

mod connection;
mod doors;
mod end;
mod incoming;
mod link;
mod listener;
mod outgoing;
mod reading;
#[cfg(feature = "tls")]
mod secured;

pub use doors::Dialer;
pub(crate) use doors::doors;
pub(crate) use listener::{bind, listen};
