//! The sockets: thin, since all that is known of Kafka lies elsewhere.

mod connection;
mod incoming;
mod listener;
mod outgoing;
mod secured;

pub(crate) use listener::listen;
