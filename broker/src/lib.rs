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
//! What is served: ApiVersions, SaslHandshake, SaslAuthenticate, Metadata, CreateTopics, Produce, Fetch and ListOffsets, each from its oldest version to
//! its newest, or as a Kafka of old has it: see [`Profile`]. An ApiVersions answer lists just these. A request of another API or version closes the
//! connection, as it does with Kafka. What differs from a real broker is told in the README.
//!
//! # Security
//! All listeners of a cluster are alike. With `ClusterBuilder::tls` they encrypt, with a certificate whose authority clients get from
//! `Cluster::ca_pem`; with [`ClusterBuilder::sasl`] clients have to log in.
//!
//! ```
//! use milena_broker::{Cluster, Sasl};
//! # #[cfg(feature = "tls")]
//! use milena_broker::Tls;
//!
//! # #[cfg(feature = "tls")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let cluster = Cluster::builder()
//!     .tls(Tls::new())
//!     .sasl(Sasl::new().scram_sha_256().user("alice", "alice-secret"))
//!     .start()
//!     .await?;
//! std::fs::write(std::env::temp_dir().join("ca.pem"), cluster.ca_pem().unwrap_or_default())?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "tls"))]
//! # fn main() {}
//! ```
//!
//! # Features
//! - `tls` (default): encrypted listeners, by rustls and ring.
//!
//! Why a connection was closed is said by [`tracing`] events at level `DEBUG`.

#![forbid(unsafe_code)]

mod apis;
mod cluster;
mod identity;
mod profile;
mod sasl;
mod server;
mod shared;
mod storage;
#[cfg(feature = "tls")]
mod tls;
mod topics;

pub use cluster::{Cluster, ClusterBuilder};
pub use milena_wire::api_key::ApiKey;
pub use profile::{Profile, UnknownProfile};
pub use sasl::{Authentications, Mechanism, OauthBearer, Sasl, UnknownMechanism};
#[cfg(feature = "tls")]
pub use tls::{ClientAuth, ClientCertificate, Tls, TlsHandshakes};
