//! The cluster that a test starts.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::configs::DynamicConfigs;
use crate::faults::{Fault, FaultGuard};
use crate::groups::{GroupType, Groups};
use crate::latency::Latency;
use crate::profile::Profile;
use crate::sasl::{Accounts, Authentications, Counters, Sasl};
use crate::server::Dialer;
use crate::shared::{Node, Shared};
use crate::sight::{ConnectionCounts, ConnectionInfo, Logs, RequestLog};
#[cfg(feature = "tls")]
use crate::tls::{ClientCertificate, Tls, TlsHandshakes, TlsListener};
use crate::topics::{Catalog, MAX_PARTITIONS};
use crate::{apis, identity, server};

/// How many requests a log keeps.
const LOGGED: usize = 10_000;
/// A time that nobody waits for, and the clock can still add.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

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
    shared: Arc<Shared>,
    bootstrap: Vec<String>,
    dialer: Dialer,
    tasks: JoinSet<()>,
    ended: mpsc::Receiver<Infallible>,
}

impl Cluster {
    /// What to start: one node on a free port of the loopback interface, unless told otherwise.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    /// The address of each node as `host:port`, in the order of their ids, which count from 1. Any of them leads a client to the others.
    #[must_use]
    pub fn bootstrap(&self) -> &[String] {
        &self.bootstrap
    }

    /// The id of the cluster, as clients are told.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.cluster_id
    }

    /// Connects to the node with this address without a socket, whether it has one or not. Everything goes over it that goes over a socket, faults
    /// and latency included, and time may be paused. If the cluster encrypts, the client has to do so here too.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if no node has this address.
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

    /// The way to a node and back takes so long from now on: see [`ClusterBuilder::latency`]. Nothing happens if there is no such node.
    pub fn set_latency(&self, node: i32, round_trip: Duration) {
        if let Some(latency) = self.shared.latency(node) {
            latency.set(round_trip);
        }
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
            None => invalid("a cluster without TLS has no client certificates"),
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
    pub async fn shutdown(mut self) {
        self.tasks.abort_all();
        // Nothing is ever sent: this ends when the last task is gone.
        while self.ended.recv().await.is_some() {}
    }
}

/// What a [`Cluster`] is to be like.
#[derive(Clone, Debug)]
#[must_use = "nothing is started before `start`"]
pub struct ClusterBuilder {
    nodes: u16,
    listen: SocketAddr,
    in_memory: bool,
    partitions: i32,
    auto_create_topics: bool,
    max_request_bytes: usize,
    every_record: bool,
    connections_max_idle: Duration,
    latency: Duration,
    profile: Profile,
    /// What is served less than the profile would.
    limits: Vec<(ApiKey, VersionRange)>,
    sasl: Option<Sasl>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self {
            nodes: 1,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            in_memory: false,
            partitions: 1,
            auto_create_topics: true,
            max_request_bytes: 100 << 20,
            every_record: true,
            connections_max_idle: Duration::from_secs(600),
            latency: Duration::ZERO,
            profile: Profile::Newest,
            limits: Vec::new(),
            sasl: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl ClusterBuilder {
    /// How many nodes there are, at least 1. Default: 1.
    pub fn nodes(mut self, nodes: u16) -> Self {
        self.nodes = nodes;
        self
    }

    /// Where the nodes listen. With port 0, each has a free port; else the first has this one and the others those after it. Clients are told this
    /// address, or `localhost` if it stands for every interface. Default: `127.0.0.1:0`. (Kafka: `listeners`)
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// No sockets: the nodes are reached by [`Cluster::connect`] only, and clients are told `node-1.invalid:9092` and so on. Default: each node has a socket.
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// How many partitions a topic has if nobody says, 1 to 10,000. Default: 1. (Kafka: `num.partitions`)
    pub fn default_partitions(mut self, partitions: i32) -> Self {
        self.partitions = partitions;
        self
    }

    /// Whether a Metadata request makes the topics that it asks for. Default: true. (Kafka: `auto.create.topics.enable`)
    pub fn auto_create_topics(mut self, create: bool) -> Self {
        self.auto_create_topics = create;
        self
    }

    /// The largest request, in bytes; a client that sends a larger one loses its connection. Default: 100 MiB. (Kafka: `socket.request.max.bytes`)
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Whether every produced record is looked at, compressed ones included, as Kafka does. If not, only headers and checksums of batches are, which is
    /// what to choose when a client's speed is measured. Default: true.
    pub fn check_every_record(mut self, check: bool) -> Self {
        self.every_record = check;
        self
    }

    /// A connection is closed if for so long nothing was asked over it, or nothing was taken of an answer, or if it takes so long to begin to encrypt.
    /// Default: 10 minutes. (Kafka: `connections.max.idle.ms`)
    pub fn connections_max_idle(mut self, idle: Duration) -> Self {
        self.connections_max_idle = idle.min(FOR_EVER);
        self
    }

    /// How long the way to each node and back takes, both together: every answer leaves so much later than it was made, and requests that come
    /// meanwhile are not held up by it. Connecting takes no longer. Timers count in milliseconds. [`Cluster::set_latency`] changes it for a node.
    /// Default: none.
    pub fn latency(mut self, round_trip: Duration) -> Self {
        self.latency = round_trip;
        self
    }

    /// Which broker the cluster passes for. Default: [`Profile::Newest`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Serves an API up to this version only, or less if the profile has less.
    pub fn cap_api(self, key: ApiKey, newest: i16) -> Self {
        self.limit_api(key, 0..=newest)
    }

    /// Serves an API in these versions only, or those of them that the profile has; if that leaves none, not at all.
    pub fn limit_api(mut self, key: ApiKey, versions: RangeInclusive<i16>) -> Self {
        let range = VersionRange::new(*versions.start(), *versions.end());
        self.limits.push((key, range));
        self
    }

    /// Serves everything but this API.
    pub fn without_api(mut self, key: ApiKey) -> Self {
        self.limits.push((key, VersionRange::NONE));
        self
    }

    /// Makes clients log in before they ask for anything. Default: nobody needs to.
    pub fn sasl(mut self, sasl: Sasl) -> Self {
        self.sasl = Some(sasl);
        self
    }

    /// Encrypts all connections. Default: none is.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Starts the cluster. When this returns, every node listens. It lives on the runtime that this is called on.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if an option is out of range; else what binding the sockets gave, or making certificates.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing was started.
    pub async fn start(self) -> io::Result<Cluster> {
        self.check()?;
        let accounts = self.accounts().await?;
        let mut nodes = Vec::new();
        let mut listeners = Vec::new();
        for (id, offset) in (1..).zip(0..self.nodes) {
            if self.in_memory {
                nodes.push(Node::in_memory(id));
                listeners.push(None);
                continue;
            }
            let mut address = self.listen;
            if address.port() != 0 {
                address.set_port(address.port() + offset);
            }
            let listener = server::bind(address)?;
            nodes.push(Node::new(id, listener.local_addr()?));
            listeners.push(Some(listener));
        }
        #[cfg(feature = "tls")]
        let tls = self.tls_listener(&nodes)?;
        let bootstrap = nodes.iter().map(Node::address).collect();
        let ids: Vec<_> = nodes.iter().map(|node| node.id).collect();
        let (dialer, doors) = server::doors(nodes.iter().map(|node| (node.id, node.address())));
        let shared = Arc::new(Shared {
            cluster_id: identity::cluster_id().into(),
            latencies: nodes.iter().map(|_| Latency::new(self.latency)).collect(),
            nodes,
            catalog: Catalog::new(ids.clone(), self.partitions, self.every_record),
            configs: DynamicConfigs::default(),
            groups: Groups::default(),
            auto_create_topics: self.auto_create_topics,
            max_request_bytes: self.max_request_bytes,
            connections_max_idle: self.connections_max_idle,
            served: apis::served(|key| self.versions(key)),
            faults: Arc::default(),
            connections: Arc::default(),
            logs: Logs::default(),
            accounts,
            authentications: Counters::default(),
            #[cfg(feature = "tls")]
            tls,
        });
        let (alive, ended) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        for ((id, listener), door) in ids.into_iter().zip(listeners).zip(doors) {
            tasks.spawn(server::listen(
                listener,
                door,
                shared.clone(),
                id,
                alive.clone(),
            ));
        }
        Ok(Cluster {
            shared,
            bootstrap,
            dialer,
            tasks,
            ended,
        })
    }

    /// What is served of an API.
    fn versions(&self, key: ApiKey) -> VersionRange {
        let limits = self.limits.iter().filter(|(limited, _)| *limited == key);
        limits.fold(self.profile.versions(key), |versions, (_, limit)| {
            versions.intersection(*limit)
        })
    }

    #[cfg(feature = "tls")]
    fn tls_listener(&self, nodes: &[Node]) -> io::Result<Option<TlsListener>> {
        let Some(tls) = &self.tls else {
            return Ok(None);
        };
        let hosts = nodes.iter().map(|node| node.host.to_string());
        let hosts = hosts.chain([self.listen.ip().to_string()]);
        TlsListener::new(tls, hosts).map(Some)
    }

    /// Hashing passwords is slow work, so it is done here, and where it stops nobody.
    async fn accounts(&self) -> io::Result<Option<Accounts>> {
        let Some(sasl) = self.sasl.clone() else {
            return Ok(None);
        };
        let lenient = self.profile.is_lenient_with_nonces();
        let accounts = tokio::task::spawn_blocking(move || Accounts::new(&sasl, lenient));
        accounts.await.map(Some).map_err(io::Error::other)
    }

    fn check(&self) -> io::Result<()> {
        if self.nodes == 0 {
            return invalid("a cluster needs at least one node");
        }
        if let Some(problem) = self.sasl.as_ref().and_then(Sasl::problem) {
            return invalid(problem);
        }
        let port = self.listen.port();
        if port != 0 && port.checked_add(self.nodes - 1).is_none() {
            return invalid(format!(
                "{} nodes from port {port} on pass port 65535",
                self.nodes
            ));
        }
        if !(1..=MAX_PARTITIONS).contains(&self.partitions) {
            return invalid(format!(
                "{} default partitions, where 1 to {MAX_PARTITIONS} are possible",
                self.partitions
            ));
        }
        Ok(())
    }
}

fn invalid<T>(message: impl Into<String>) -> io::Result<T> {
    let message: String = message.into();
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}
