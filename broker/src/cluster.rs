//! The cluster that a test starts.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::shared::{Node, Shared};
use crate::topics::{Catalog, MAX_PARTITIONS};
use crate::{apis, identity, server};

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
    partitions: i32,
    auto_create_topics: bool,
    max_request_bytes: usize,
    every_record: bool,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self {
            nodes: 1,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            partitions: 1,
            auto_create_topics: true,
            max_request_bytes: 100 << 20,
            every_record: true,
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
            let mut address = self.listen;
            if address.port() != 0 {
                address.set_port(address.port() + offset);
            }
            let listener = bind(address).await?;
            nodes.push(Node::new(id, listener.local_addr()?));
            listeners.push((id, listener));
        }
        let bootstrap = nodes.iter().map(Node::address).collect();
        let ids = nodes.iter().map(|node| node.id).collect();
        let shared = Arc::new(Shared {
            cluster_id: identity::cluster_id().into(),
            nodes,
            catalog: Catalog::new(ids, self.partitions, self.every_record),
            auto_create_topics: self.auto_create_topics,
            max_request_bytes: self.max_request_bytes,
            served: apis::served(),
        });
        let (alive, ended) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        for (id, listener) in listeners {
            tasks.spawn(server::listen(listener, shared.clone(), id, alive.clone()));
        }
        Ok(Cluster {
            shared,
            bootstrap,
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

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}
