//! One connection to one broker.
//!
//! A [`Connection`] is a cheap handle; behind it one task reads, writes and keeps one timer. Each call encodes its request on its own
//! task and queues the bytes, whatever is queued leaves in one write, and answers are matched to the oldest request in flight.
//!
//! # Pipelining
//!
//! A connection carries many requests at once; Kafka answers them in their order. Each call is a future that joins the queue when it is
//! first polled, so to have several under way, poll several: from as many tasks as you like, or side by side in one.
//!
//! ```
//! use milena::Connection;
//! use milena::wire::messages::{ApiVersionsRequest, MetadataRequest};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cluster = milena_broker::Cluster::builder().start().await?;
//! # let address = &cluster.bootstrap()[0];
//! let connection = Connection::builder().connect(address).await?;
//! // Both leave in one write, and their answers may come in one read.
//! let (metadata, versions) = tokio::try_join!(
//!     connection.send(MetadataRequest::default()),
//!     connection.send(ApiVersionsRequest::default()),
//! )?;
//! assert_eq!(metadata.brokers.len(), 1);
//! assert!(!versions.api_keys.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Versions
//!
//! The broker says when the connection is made which versions it speaks ([`Connection::broker_versions`]). A request goes out at the
//! highest that both sides know and that can carry what it says; a ceiling for one call is
//! [`max_version`](ResponseFuture::max_version). What no common version can say is an error before anything is sent.
//!
//! # Deadlines
//!
//! A call's clock starts when [`send`](Connection::send) is called and covers queueing, writing and the answer
//! ([`deadline`](ResponseFuture::deadline) for one call, [`ConnectionBuilder::deadline`] for all). A call that runs out of time gives up its
//! own answer and nothing else: the others' pipeline goes on. Only when the oldest request of a connection stays unanswered for
//! [`request_timeout`](ConnectionBuilder::request_timeout) is the broker taken for dead and the connection closed. The wait that a request
//! itself asks for, such as the longest wait of a fetch, comes on top of both.
//!
//! # Back-pressure
//!
//! What is in flight and queued is bounded ([`max_in_flight`](ConnectionBuilder::max_in_flight),
//! [`max_queued_bytes`](ConnectionBuilder::max_queued_bytes)). Beyond that a call waits, in line, until there is room; it does not fail, and
//! its deadline goes on.
//!
//! # Cancellation
//!
//! Any future here can be dropped at any time. A request that the driver has not taken yet is withdrawn; one that it has may be carried
//! out, and its answer is passed over. A frame is never half written.
//!
//! # How it ends
//!
//! Every connection ends with one [`CloseReason`](crate::CloseReason): [`closed`](Connection::closed) waits for it,
//! [`on_close`](ConnectionBuilder::on_close) is called with it, and every call that was under way fails with it.
//! [`Error::may_have_been_sent`](crate::Error::may_have_been_sent) tells whether the broker may have carried the request out, which is what
//! decides whether sending it again is safe.
//!
//! | reason | when |
//! |---|---|
//! | `ConnectionBroken` | reading or writing failed, the broker hung up, or what it sent is not Kafka's protocol |
//! | `ConnectionTimeout` | the oldest request stayed unanswered |
//! | `OutOfSync` | an answer came that belongs to no request, or not to the oldest one |
//! | `IdleDrop` | nothing was sent, received or awaited for [`connections_max_idle`](ConnectionBuilder::connections_max_idle) |
//! | `AuthFailure` | the broker refused to authenticate the connection anew |
//! | `Shutdown` | [`close`](Connection::close), the last handle was dropped, or the runtime ended |
//!
//! # A transport of one's own
//!
//! [`dialer`](ConnectionBuilder::dialer) takes the place of DNS and TCP: a proxy, a tunnel, or the memory of this process, over which tests
//! may pause time.
//!
//! ```
//! # use milena::Connection;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = milena_broker::Cluster::builder().in_memory().start().await?;
//! let dialer = cluster.dialer();
//! let connection = Connection::builder()
//!     .dialer(move |address: String| {
//!         let dialer = dialer.clone();
//!         async move { dialer.connect(&address).await }
//!     })
//!     .connect(&cluster.bootstrap()[0])
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod authenticate;
mod builder;
mod call;
mod channel;
mod check;
mod clock;
mod connect;
#[cfg(test)]
mod counted;
mod dial;
mod dialer;
mod driver;
mod ended;
mod frames;
mod handle;
mod handshake;
mod ids;
mod in_flight;
pub(crate) mod large;
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
mod socket;
mod stream;
mod waiter;
mod waiting_room;

pub(crate) use address::Address;
pub use builder::ConnectionBuilder;
pub(crate) use clock::{after, now};
pub(crate) use ended::Ended;
pub use handle::Connection;
pub(crate) use patience::own_wait;
pub use raw::RawFuture;
pub use report::ConnectReport;
pub use response::{OnewayFuture, ResponseFuture};
