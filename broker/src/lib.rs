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
//! What is served, each from its oldest version to its newest, or as a Kafka of old has it (see [`Profile`]):
//!
//! - ApiVersions, SaslHandshake, SaslAuthenticate; Metadata, DescribeCluster, DescribeTopicPartitions, FindCoordinator
//! - Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords
//! - topics and configs: CreateTopics, DeleteTopics, CreatePartitions, DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources
//! - groups without members: OffsetCommit, OffsetFetch, OffsetDelete, ListGroups, DescribeGroups, DeleteGroups, and ConsumerGroupDescribe,
//!   ShareGroupDescribe, StreamsGroupDescribe; Describe-, Alter- and DeleteShareGroupOffsets
//! - producers with ids and transactions, but for offsets that are committed with them: InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, WriteTxnMarkers, DescribeProducers,
//!   DescribeTransactions, ListTransactions
//! - access: Create-, Describe- and DeleteAcls, Describe- and AlterClientQuotas, Describe- and AlterUserScramCredentials; Create-, Renew-, Expire- and
//!   DescribeDelegationToken
//! - the cluster: DescribeLogDirs, AlterReplicaLogDirs, ElectLeaders, Alter- and ListPartitionReassignments, DescribeQuorum, AddRaftVoter,
//!   RemoveRaftVoter, UpdateFeatures, UnregisterBroker
//!
//! An ApiVersions answer lists just these. A request of another API or version closes the connection, as it does with Kafka. What differs from a real
//! broker is told in the README.
//!
//! # Faults, and what can be seen
//!
//! [`Cluster::inject`] makes something go wrong, [`Cluster::log_requests`] shows what comes, and [`Cluster::connect`] needs no socket, so that time can be
//! paused. All of it can be done while clients are at work.
//!
//! ```
//! use milena_broker::{Action, ApiKey, Cluster, Fault, Moment};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let cluster = Cluster::builder().in_memory().start().await?;
//! let log = cluster.log_requests();
//! let lost = cluster.inject(Fault::on(ApiKey::METADATA, Action::Close(Moment::AfterReading)).times(3));
//! // Start a client whose dialer is `cluster.dialer()`.
//! # let client = async {
//! #     use tokio::io::AsyncWriteExt;
//! #     for _ in 0..3 {
//! #         let mut stream = cluster.dialer().connect_to(1).await?;
//! #         stream.write_all(&[0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff]).await?;
//! #         tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await?;
//! #     }
//! #     std::io::Result::Ok(())
//! # };
//! # client.await?;
//! lost.until_hits(3).await;
//! assert_eq!(log.until_seen(ApiKey::METADATA, 3).await.len(), 3);
//! cluster.until_connections(|counts| counts.open == 0).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Nodes and leaders that move
//!
//! Nodes stop, come back, move, come and go ([`Cluster::stop_node`] and so on); leaders are elected anew or moved by [`Cluster::move_leader`], and
//! their epochs rise, as Kafka's controller has it. All replicas of a partition share one log, so that what one has written all have: a replica that is up
//! is in sync.
//!
//! ```
//! use milena_broker::Cluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let cluster = Cluster::builder().nodes(3).start().await?;
//! cluster.create_topic("orders", 1, 3)?;
//! let leader = cluster.leader("orders", 0).unwrap();
//! cluster.stop_node(leader).await?;
//! assert_ne!(cluster.leader("orders", 0), Some(leader));
//! assert_eq!(cluster.leader_epoch("orders", 0), Some(1));
//! cluster.restart_node(leader).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! All ways into a cluster are alike, sockets or not. With `ClusterBuilder::tls` they are encrypted, with a certificate whose authority clients get from
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
//!
//! - `tls` (default): encrypted listeners, by rustls and ring.
//!
//! Why a connection was closed is said by [`tracing`] events at level `DEBUG`.

#![forbid(unsafe_code)]

mod acls;
mod apis;
mod clock;
mod cluster;
mod configs;
mod failure;
mod faults;
mod fetch_sessions;
mod groups;
mod head;
mod identity;
mod latency;
mod log_dirs;
mod nodes;
mod profile;
mod quorum;
mod quotas;
mod replica_selection;
mod requests;
mod sasl;
mod server;
mod shared;
mod sight;
mod storage;
#[cfg(feature = "tls")]
mod tls;
mod topic_part;
mod topics;
mod transactions;

pub use cluster::{Cluster, ClusterBuilder, ControlGuard};
pub use faults::{AcceptAction, Action, Fault, FaultGuard, Moment};
pub use groups::GroupType;
pub use milena_wire::api_key::ApiKey;
pub use milena_wire::error_code::ErrorCode;
pub use nodes::{Coordination, NodeInfo};
pub use profile::{Profile, UnknownProfile};
pub use requests::Requests;
pub use sasl::{Authentications, Mechanism, OauthBearer, Sasl, UnknownMechanism};
pub use server::Dialer;
pub use sight::{ConnectionCounts, ConnectionInfo, RequestLog, SeenRequest};
#[cfg(feature = "tls")]
pub use tls::{ClientAuth, ClientCertificate, Tls, TlsHandshakes};
pub use uuid::Uuid;
