//! The cluster that a test starts.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::faults::{Fault, FaultGuard};
use crate::latency::Latency;
use crate::server::Dialer;
use crate::shared::{Node, Shared};
use crate::sight::{ConnectionCounts, ConnectionInfo, Logs, RequestLog};
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
    /// and latency included, and time may be paused.
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

    /// Closes all connections to a node now, whatever they are about; how many those were. What was asked may have been applied. The node goes on
    /// accepting new ones.
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

    /// Begins a log of the requests that come to all nodes, for as long as it is not dropped; it keeps the last 10,000. Without one, a request costs
    /// one relaxed load.
    pub fn log_requests(&self) -> RequestLog {
        self.shared.logs.begin(LOGGED)
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

    /// A connection is closed if for so long nothing was asked over it, or nothing was taken of an answer. Default: 10 minutes. (Kafka:
    /// `connections.max.idle.ms`)
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

    /// Starts the cluster. When this returns, every node listens. It lives on the runtime that this is called on.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if an option is out of range; else what binding the sockets gave.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing was started.
    pub async fn start(self) -> io::Result<Cluster> {
        self.check()?;
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
        let bootstrap = nodes.iter().map(Node::address).collect();
        let ids: Vec<_> = nodes.iter().map(|node| node.id).collect();
        let (dialer, doors) = server::doors(nodes.iter().map(|node| (node.id, node.address())));
        let shared = Arc::new(Shared {
            cluster_id: identity::cluster_id().into(),
            latencies: nodes.iter().map(|_| Latency::new(self.latency)).collect(),
            nodes,
            catalog: Catalog::new(ids.clone(), self.partitions, self.every_record),
            auto_create_topics: self.auto_create_topics,
            max_request_bytes: self.max_request_bytes,
            connections_max_idle: self.connections_max_idle,
            served: apis::served(),
            faults: Arc::default(),
            connections: Arc::default(),
            logs: Logs::default(),
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

    fn check(&self) -> io::Result<()> {
        let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        if self.nodes == 0 {
            return invalid("a cluster needs at least one node".to_owned());
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
