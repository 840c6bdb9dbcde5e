//! One connection to one broker.
//!
//! A [`Connection`] is a cheap handle; behind it one task writes and one reads. Requests are pipelined: each call encodes its
//! request on its own task and queues the bytes, whatever is queued leaves in one write, and answers are matched to the oldest
//! request in flight.

mod address;
mod authenticate;
mod builder;
mod call;
mod channel;
mod clock;
mod connect;
mod dial;
mod dialer;
mod driver;
mod frames;
mod handle;
mod handshake;
mod ids;
mod in_flight;
mod negotiate;
mod observer;
mod outbox;
mod patience;
mod raw;
mod report;
mod response;
mod run;
mod session;
mod settings;
mod shared;
mod stream;
mod waiter;
mod waiting_room;

pub use builder::ConnectionBuilder;
pub use handle::Connection;
pub use raw::RawFuture;
pub use report::ConnectReport;
pub use response::{OnewayFuture, ResponseFuture};
