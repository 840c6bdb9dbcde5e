//! The cluster that a test starts.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::DuplexStream;

use super::stations::Stations;
use crate::faults::{Fault, FaultGuard};
use crate::groups::GroupType;
use crate::sasl::Authentications;
use crate::server::Dialer;
use crate::shared::Shared;
use crate::sight::{ConnectionCounts, ConnectionInfo, RequestLog};
#[cfg(feature = "tls")]
use crate::tls::{ClientCertificate, TlsHandshakes, TlsListener};

/// How many requests a log keeps.
const LOGGED: usize = 10_000;

/// A Kafka cluster in this process. Its nodes listen on sockets of their own; their topics lie in memory and end with it.
///
/// Dropping it ends every task and closes every socket as soon as the runtime gets to it; [`shutdown`](Self::shutdown) waits until that has happened.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let cluster = milena_broker::Cluster::builder().nodes(3).start().await?;
/// assert_eq!(cluster.bootstrap().len(), 3);
/// println!("bootstrap.servers={}", cluster.bootstrap().join(","));
/// cluster.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cluster {
    pub(super) shared: Arc<Shared>,
    pub(super) stations: Stations,
    pub(super) bootstrap: Vec<String>,
    pub(super) dialer: Dialer,
}

impl Cluster {
    /// The address at which each of the first nodes has listened at the start, as `host:port`, in the order of their ids, which count from 1. Any of them
    /// that is still there leads a client to the others; [`nodes`](Self::nodes) tells which are.
    #[must_use]
    pub fn bootstrap(&self) -> &[String] {
        &self.bootstrap
    }

    /// The id of the cluster, as clients are told.
    #[must_use]
    pub fn id(&self) -> String {
        self.shared.cluster_id.get().to_string()
    }

    /// Connects to the node that listens at this address without a socket, whether it has one or not. Everything goes over it that goes over a socket, faults
    /// and latency included, and time may be paused. If the cluster encrypts, the client has to do so here too.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if no node that is up has this address.
    ///
    /// # Cancel safety
    /// If the future is dropped, there is no connection.
    pub async fn connect(&self, address: &str) -> io::Result<DuplexStream> {
        self.dialer.connect(address).await
    }

    /// Connects without sockets, for a client that dials by itself.
    #[must_use]
    pub fn dialer(&self) -> Dialer {
        self.dialer.clone()
    }

    /// Makes something go wrong, until the guard is dropped. Of several faults that a request could meet, it meets the oldest that has times left: so
    /// they can be put in a row.
    ///
    /// ```
    /// use milena_broker::{Action, ApiKey, Cluster, Fault, Moment};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cluster = Cluster::builder().start().await?;
    /// let lost = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Close(Moment::AfterApplying)).times(1));
    /// // Let a client produce, and see that the record is there once.
    /// # let produce = async {};
    /// produce.await;
    /// assert_eq!(lost.hits(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject(&self, fault: Fault) -> FaultGuard {
        let faults = self.shared.faults.clone();
        let id = faults.insert(fault);
        FaultGuard::new(faults, id)
    }

    /// Removes all faults. What they stalled goes on.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The way to a node and back takes so long from now on: see [`ClusterBuilder::latency`](super::ClusterBuilder::latency). Nothing happens if there is no such node.
    pub fn set_latency(&self, node: i32, round_trip: Duration) {
        if let Some(latency) = self.shared.nodes.latency(node) {
            latency.set(round_trip);
        }
    }

    /// A node forgets its fetch sessions; how many they were. Whoever goes on with one is answered FETCH_SESSION_ID_NOT_FOUND. A node that stops forgets
    /// them too.
    pub fn expire_fetch_sessions(&self, node: i32) -> usize {
        self.shared.fetch_sessions.expire(node)
    }

    /// How many fetch sessions a node remembers.
    #[must_use]
    pub fn fetch_sessions(&self, node: i32) -> usize {
        self.shared.fetch_sessions.count(node)
    }

    /// Closes all connections to a node now, whatever they are about; how many those were. What was asked may have been applied. Where they are encrypted,
    /// TLS takes no leave, as when a broker crashes. The node goes on accepting new ones.
    pub fn drop_connections(&self, node: i32) -> usize {
        self.shared.connections.close(node)
    }

    /// The connections that are open, in the order in which they were accepted.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.shared.connections.list()
    }

    /// How many connections there are and were, to all nodes.
    #[must_use]
    pub fn connection_counts(&self) -> ConnectionCounts {
        self.shared.connections.counts()
    }

    /// Waits until the counts of connections are as they should be, and gives them.
    ///
    /// ```
    /// # async fn example(cluster: milena_broker::Cluster) {
    /// cluster.until_connections(|counts| counts.open == 0).await;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn until_connections(
        &self,
        are: impl FnMut(&ConnectionCounts) -> bool + Send,
    ) -> ConnectionCounts {
        self.shared.connections.until(are).await
    }

    /// Makes a group without members, as one is left when all have gone: for clients that describe and delete such. Whether it is new; one of this id
    /// stays as it is.
    pub fn create_group(&self, id: &str, group_type: GroupType) -> bool {
        self.shared.groups.create(id, group_type)
    }

    /// Begins a log of the requests that come to all nodes, for as long as it is not dropped; it keeps the last 10,000. Without one, a request costs
    /// one relaxed load.
    pub fn log_requests(&self) -> RequestLog {
        self.shared.logs.begin(LOGGED)
    }

    /// How often clients have logged in by SASL, or have failed to.
    #[must_use]
    pub fn authentications(&self) -> Authentications {
        self.shared.authentications.snapshot()
    }

    /// The certificate in PEM of the authority that has signed the listeners' certificate: what a client needs to trust. `None` without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.shared.tls.as_ref().map(|tls| tls.authority().pem())
    }

    /// Makes a certificate that the listeners trust, if they ask for one. One that they don't trust comes from another cluster.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) without TLS; else what went wrong in making it.
    #[cfg(feature = "tls")]
    pub fn client_certificate(&self, common_name: &str) -> io::Result<ClientCertificate> {
        match &self.shared.tls {
            Some(tls) => tls.authority().client(common_name),
            None => {
                let message = "a cluster without TLS has no client certificates";
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    /// How often clients have shaken hands, or have failed to. All are 0 without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls_handshakes(&self) -> TlsHandshakes {
        let tls = self.shared.tls.as_ref();
        tls.map(TlsListener::handshakes).unwrap_or_default()
    }

    /// Ends every task, closes every socket, and waits until all are gone.
    ///
    /// # Cancel safety
    /// If the future is dropped, the cluster ends as if it had been dropped.
    pub async fn shutdown(self) {
        self.stations.shutdown().await;
    }
}
