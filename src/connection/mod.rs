//! One connection to one broker.
//!
//! A [`Connection`] is a cheap handle; behind it one task writes and one reads. Requests are pipelined: each call encodes its
//! request on its own task and queues the bytes, whatever is queued leaves in one write, and answers are matched to the oldest
//! request in flight.

mod builder;
mod call;
mod clock;
mod connect;
mod frames;
mod guard;
mod handle;
mod handshake;
mod in_flight;
mod outbox;
mod patience;
mod reader;
mod settings;
mod shared;
mod waiter;
mod waiting_room;
mod writer;

pub use builder::ConnectionBuilder;
pub use call::{OnewayFuture, ResponseFuture};
pub use handle::Connection;
