//! An embedded Apache Kafka broker, in memory: for tests without a server.
//!
//! [`Cluster`] starts any number of nodes in this process, each on a socket of its own. They speak Kafka's protocol, so a client of any language works
//! against them; nothing is ever written to disk.
//!
//! ```
//! use milena_broker::Cluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let cluster = Cluster::builder().nodes(3).default_partitions(6).start().await?;
//! // Give a Kafka client this address, and let it do what it does in production.
//! let bootstrap = &cluster.bootstrap()[0];
//! tokio::net::TcpStream::connect(bootstrap).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What is served: ApiVersions, Metadata, CreateTopics, Produce, Fetch and ListOffsets, each from its oldest version to its newest. An ApiVersions answer
//! lists just these. A request of another API or version closes the connection, as it does with Kafka. What differs from a real broker is told in the
//! README.
//!
//! Why a connection was closed is said by [`tracing`] events at level `DEBUG`.

#![forbid(unsafe_code)]

mod apis;
mod cluster;
mod faults;
mod head;
mod identity;
mod latency;
mod requests;
mod server;
mod shared;
mod sight;
mod storage;
mod topics;

pub use cluster::{Cluster, ClusterBuilder};
pub use faults::{AcceptAction, Action, Fault, FaultGuard, Moment};
pub use milena_wire::api_key::ApiKey;
pub use milena_wire::error_code::ErrorCode;
pub use requests::Requests;
pub use server::Dialer;
pub use sight::{ConnectionCounts, ConnectionInfo, RequestLog, SeenRequest};
