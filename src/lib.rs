//! An async Apache Kafka client: one small, fast, observable connection, and thin layers over it.
//!
//! What there is today is the [`Connection`]: a socket to one broker over which any request of Kafka's protocol can be sent. The
//! messages are in [`wire`].
//!
//! ```no_run
//! use milena::Connection;
//! use milena::wire::messages::MetadataRequest;
//!
//! # async fn example() -> Result<(), milena::Error> {
//! let connection = Connection::builder().connect("localhost:9092").await?;
//! let metadata = connection.send(MetadataRequest::default()).await?;
//! for topic in &metadata.topics {
//!     println!("{:?} has {} partitions", topic.name, topic.partitions.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Pipelining
//!
//! A connection carries many requests at once; Kafka answers them in their order. Each call is a future that joins the queue when it is
//! first polled, so to have several under way, poll several: from as many tasks as you like (a [`Connection`] is a cheap clone), or side
//! by side in one. Requests that are ready together leave in one write.
//!
//! # Deadlines
//!
//! A call's clock starts when [`send`](Connection::send) is called and covers queueing, writing and the answer
//! ([`deadline`](connection::ResponseFuture::deadline) for one call, [`ConnectionBuilder::deadline`](connection::ConnectionBuilder::deadline)
//! for all). A call that runs out of time gives up its own answer and nothing else. Only when the oldest request of a connection stays
//! unanswered for [`request_timeout`](connection::ConnectionBuilder::request_timeout) is the broker taken for dead and the connection closed.
//!
//! # When it closes
//!
//! Every connection ends with one [`CloseReason`]: [`closed`](Connection::closed) waits for it, and every call that was under way fails with
//! it. [`Error::may_have_been_sent`] tells whether the broker may have carried the request out, which is what decides whether sending
//! it again is safe.
//!
//! # Cancellation
//!
//! Any future here can be dropped at any time. A request that the writer has not taken yet is withdrawn; one that it has may be carried
//! out, and its answer is passed over. A frame is never half written.
//!
//! # Features
//!
//! `gzip`, `snappy`, `lz4` and `zstd-read` are on by default and pure Rust; `zstd` adds writing zstd by the C library; `internal` adds the
//! messages that brokers and controllers speak among themselves.

#![forbid(unsafe_code)]

mod close_reason;
pub mod connection;
pub mod error;
pub mod sasl;
mod secret;
pub mod tls;
mod versions;

pub use bytes;
pub use milena_wire as wire;

pub use close_reason::CloseReason;
pub use connection::Connection;
pub use error::Error;
pub use secret::Secret;
pub use versions::BrokerVersions;

/// The README's code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
