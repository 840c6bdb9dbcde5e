//! The cluster that a test starts.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::profile::Profile;
use crate::sasl::{Accounts, Authentications, Counters, Sasl};
use crate::shared::{Node, Shared};
#[cfg(feature = "tls")]
use crate::tls::{ClientCertificate, Tls, TlsHandshakes, TlsListener};
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
    partitions: i32,
    auto_create_topics: bool,
    max_request_bytes: usize,
    every_record: bool,
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
            partitions: 1,
            auto_create_topics: true,
            max_request_bytes: 100 << 20,
            every_record: true,
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
        #[cfg(feature = "tls")]
        let tls = self.tls.as_ref();
        #[cfg(feature = "tls")]
        let tls = tls.map(|tls| TlsListener::new(tls, self.listen.ip()));
        #[cfg(feature = "tls")]
        let tls = tls.transpose()?;
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
            served: apis::served(|key| self.versions(key)),
            accounts,
            authentications: Counters::default(),
            #[cfg(feature = "tls")]
            tls,
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

    /// What is served of an API.
    fn versions(&self, key: ApiKey) -> VersionRange {
        let limits = self.limits.iter().filter(|(limited, _)| *limited == key);
        limits.fold(self.profile.versions(key), |versions, (_, limit)| {
            versions.intersection(*limit)
        })
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

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}
