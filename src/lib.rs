//! An async Apache Kafka client: one small, fast, observable connection, and thin layers over it.
//!
//! A [`Client`] is a whole cluster: any request of Kafka's protocol goes to the broker that must answer it. Below it is the [`Connection`]: a socket to
//! one broker. The messages are in [`wire`].
//!
//! ```
//! use milena::Client;
//! use milena::wire::messages::DescribeClusterRequest;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cluster = milena_broker::Cluster::builder().nodes(3).start().await?;
//! # let bootstrap = cluster.bootstrap().to_vec();
//! let client = Client::builder().bootstrap(bootstrap).build().await?;
//! let described = client.send(DescribeClusterRequest::default()).await?;
//! assert_eq!(described.brokers.len(), 3);
//! client.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! One connection by itself, with TLS and a password:
//!
//! ```no_run
//! use milena::Connection;
//! use milena::sasl::ScramSha256;
//! use milena::wire::messages::MetadataRequest;
//!
//! # #[cfg(feature = "tls")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use milena::tls::Tls;
//!
//! let connection = Connection::builder()
//!     .tls(Tls::from_pem_file("ca.pem")?)
//!     .sasl(ScramSha256::new("alice", "alice-secret"))
//!     .connect("localhost:9095")
//!     .await?;
//! let metadata = connection.send(MetadataRequest::default()).await?;
//! for topic in &metadata.topics {
//!     println!("{:?} has {} partitions", topic.name, topic.partitions.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`cluster`] tells how requests find their brokers, what is tried again and for how long; [`connection`] how a connection works: pipelining, deadlines, cancellation, back-pressure, how it ends. [`sasl`] has the mechanisms of
//! authentication and how to write another, [`tls`] says who is trusted.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `ring` | yes | TLS, with ring for its cryptography |
//! | `aws-lc-rs` | no | TLS, with aws-lc-rs for its cryptography |
//! | `tls` | by these two | TLS, with the cryptography that the program brings along |
//! | `gzip`, `snappy`, `lz4` | yes | these codecs for record batches, both ways, in pure Rust |
//! | `zstd-read` | yes | reading zstd, in pure Rust |
//! | `zstd` | no | zstd both ways by the C library |
//! | `metrics` | yes | what a client counts, given to the recorder that the program installs with the facade `metrics` |
//! | `gssapi` | no | SASL by Kerberos; needs the C library krb5 |
//! | `aws-msk-iam` | no | SASL by AWS IAM |
//! | `oidc` | no | tokens for OAUTHBEARER from an OAuth 2.0 endpoint |
//! | `saslprep` | no | SASLprep for SCRAM |
//! | `internal` | no | the messages that brokers and controllers speak among themselves |

#![forbid(unsafe_code)]

pub mod admin;
mod close_reason;
pub mod cluster;
pub mod connection;
pub mod consumer;
pub mod error;
mod isolation_level;
pub mod metrics;
mod murmur2;
pub mod producer;
pub mod properties;
pub mod sasl;
mod secret;
pub mod tls;
mod topic_partition;
mod versions;

pub use bytes;
pub use milena_wire as wire;

pub use close_reason::CloseReason;
pub use cluster::Client;
pub use connection::Connection;
pub use error::Error;
pub use isolation_level::IsolationLevel;
pub use secret::Secret;
pub use topic_partition::TopicPartition;
pub use versions::BrokerVersions;

/// The README's code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
