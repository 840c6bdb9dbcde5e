//! The sockets: thin, since all that is known of Kafka lies elsewhere.

mod connection;
mod doors;
mod end;
mod incoming;
mod link;
mod listener;
mod outgoing;
mod reading;
mod running;
#[cfg(feature = "tls")]
mod secured;

pub use doors::Dialer;
pub(crate) use doors::Doors;
pub(crate) use listener::{Reserved, bind};
pub(crate) use running::Running;
