//! What a cluster is to be like.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;

use super::handle::Cluster;
use super::stations::{Place, Stations};
use crate::acls::Acls;
use crate::apis;
use crate::configs::DynamicConfigs;
use crate::fetch_sessions::FetchSessions;
use crate::groups::Groups;
use crate::identity::ClusterId;
use crate::log_dirs::LogDirs;
use crate::nodes::Nodes;
use crate::profile::Profile;
use crate::quorum::Quorum;
use crate::quotas::Quotas;
use crate::replica_selection::ReplicaSelection;
use crate::sasl::{Accounts, Counters, Sasl};
use crate::shared::Shared;
use crate::sight::Logs;
use crate::storage::Scrutiny;
#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsListener};
use crate::topics::{Catalog, Defaults, MAX_PARTITIONS, Omissions, Retention};
use crate::transactions::Transactions;

/// A time that nobody waits for, and the clock can still add.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
/// How many nodes hold a partition if nobody says and there are so many.
const REPLICAS: u16 = 3;

/// What a [`Cluster`] is to be like.
#[derive(Clone, Debug)]
#[must_use = "nothing is started before `start`"]
pub struct ClusterBuilder {
    nodes: u16,
    listen: SocketAddr,
    in_memory: bool,
    racks: Vec<ByteString>,
    partitions: i32,
    replication_factor: Option<i16>,
    auto_create_topics: bool,
    max_request_bytes: usize,
    every_record: bool,
    checksums: bool,
    discards: bool,
    fetch_session_slots: usize,
    rack_aware: bool,
    connections_max_idle: Duration,
    latency: Duration,
    profile: Profile,
    zookeeper: Option<bool>,
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
            racks: Vec::new(),
            partitions: 1,
            replication_factor: None,
            auto_create_topics: true,
            max_request_bytes: 100 << 20,
            every_record: true,
            checksums: true,
            discards: false,
            fetch_session_slots: 1000,
            rack_aware: true,
            connections_max_idle: Duration::from_secs(600),
            latency: Duration::ZERO,
            profile: Profile::Newest,
            zookeeper: None,
            limits: Vec::new(),
            sasl: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl Cluster {
    /// What to start: one node on a free port of the loopback interface, unless told otherwise.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
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

    /// How many nodes hold each partition of a topic if nobody says, at least 1 and at most as many as there are nodes at the start. Default: 3, or all nodes
    /// if there are fewer; Kafka's own default is 1. (Kafka: `default.replication.factor`)
    pub fn default_replication_factor(mut self, replicas: i16) -> Self {
        self.replication_factor = Some(replicas);
        self
    }

    /// The racks in which the nodes stand, in turn: with two racks and three nodes, the first and the third are in the first rack. Partitions are placed in
    /// different racks as far as there are enough. Default: nobody says where they stand. (Kafka: `broker.rack`)
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let builder = milena_broker::Cluster::builder().nodes(3).racks(["a", "b"]);
    /// let cluster = builder.start().await?;
    /// assert_eq!(cluster.nodes()[2].rack.as_deref(), Some("a"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn racks<R: AsRef<str>>(mut self, racks: impl IntoIterator<Item = R>) -> Self {
        let racks = racks.into_iter().map(|rack| rack.as_ref().into());
        self.racks = racks.collect();
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

    /// Whether the checksums of produced batches are computed. If neither they nor [every record](Self::check_every_record) is looked at, a batch costs the broker
    /// the same whatever its size. Default: true.
    pub fn check_checksums(mut self, check: bool) -> Self {
        self.checksums = check;
        self
    }

    /// Drops the records that are produced, and keeps only their offsets: for clients that measure how fast they produce, for as long as they like. Whoever
    /// fetches is answered as if everything had been deleted, the log beginning where it ends. Sequences of idempotent producers count as always; of the
    /// batches nothing but the header is looked at. Default: false.
    pub fn discard(mut self, discard: bool) -> Self {
        self.discards = discard;
        self
    }

    /// Whether the leader sends a client that fetches, and says in which rack it stands, to a replica in that [rack](Self::racks) (KIP-392).
    /// [`Cluster::set_rack_aware`] changes it. Default: true; Kafka does so only if told to. (Kafka: `replica.selector.class`)
    pub fn rack_aware(mut self, rack_aware: bool) -> Self {
        self.rack_aware = rack_aware;
        self
    }

    /// How many fetch sessions each node remembers (KIP-227); whoever comes when all slots are taken, and none of them for more than two minutes, gets the
    /// session id 0 and names all partitions each time. 0: there are no sessions. Default: 1,000. (Kafka: `max.incremental.fetch.session.cache.slots`)
    pub fn fetch_session_slots(mut self, slots: usize) -> Self {
        self.fetch_session_slots = slots;
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

    /// Whether one of the nodes is the controller, as with ZooKeeper: only that makes topics and so on, and the others answer NOT_CONTROLLER. Else, as by
    /// KRaft, all of them do. In both cases clients are told of one node that is up: the first, or the one that [`Cluster::set_controller`] says, until it
    /// stops. Default: as the profile is; Kafka itself could do without ZooKeeper since 3.3 and has to since 4.0.
    pub fn zookeeper(mut self, zookeeper: bool) -> Self {
        self.zookeeper = Some(zookeeper);
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
        let place = Place {
            listen: self.listen,
            in_memory: self.in_memory,
        };
        let nodes = Nodes::new(self.racks.clone(), self.latency);
        let mut listeners = Vec::new();
        for _ in 0..self.nodes {
            let (endpoint, listener) = place.first(nodes.next_id())?;
            listeners.push((nodes.add(endpoint), listener));
        }
        #[cfg(feature = "tls")]
        let tls = self.tls_listener(&nodes)?;
        let bootstrap = nodes.infos().into_iter().map(|node| node.address).collect();
        let factor = self.default_replication_factor_or_less();
        let shared = Arc::new(Shared {
            cluster_id: ClusterId::new(),
            nodes,
            catalog: Catalog::new(Defaults {
                partitions: self.partitions,
                replication_factor: factor,
                scrutiny: Scrutiny {
                    every_record: self.every_record && !self.discards,
                    checksums: self.checksums && !self.discards,
                },
                retention: Retention {
                    discards: self.discards,
                    forgets_producers: self.profile.forgets_producers(),
                },
            }),
            omissions: Omissions::default(),
            zookeeper: self.zookeeper.unwrap_or(self.profile != Profile::Newest),
            configs: DynamicConfigs::default(),
            groups: Groups::default(),
            transactions: Transactions::default(),
            fetch_sessions: FetchSessions::new(self.fetch_session_slots),
            replica_selection: ReplicaSelection::new(self.rack_aware),
            acls: Acls::default(),
            quotas: Quotas::default(),
            quorum: Quorum::default(),
            log_dirs: LogDirs::default(),
            scram_users: accounts
                .as_ref()
                .map(Accounts::scram_users)
                .unwrap_or_default(),
            delegation_tokens: accounts
                .as_ref()
                .map(Accounts::delegation_tokens)
                .unwrap_or_default(),
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
        let stations = Stations::new(place, shared.clone());
        for (id, listener) in listeners {
            stations.open_first(id, listener).await;
        }
        Ok(Cluster {
            dialer: stations.dialer(),
            shared,
            stations,
            bootstrap,
        })
    }

    fn default_replication_factor_or_less(&self) -> i16 {
        let few = i16::try_from(self.nodes.min(REPLICAS)).unwrap_or(i16::MAX);
        self.replication_factor.unwrap_or(few)
    }

    /// What is served of an API.
    fn versions(&self, key: ApiKey) -> VersionRange {
        let limits = self.limits.iter().filter(|(limited, _)| *limited == key);
        limits.fold(self.profile.versions(key), |versions, (_, limit)| {
            versions.intersection(*limit)
        })
    }

    #[cfg(feature = "tls")]
    fn tls_listener(&self, nodes: &Nodes) -> io::Result<Option<TlsListener>> {
        let Some(tls) = &self.tls else {
            return Ok(None);
        };
        let hosts = nodes.hosts().into_iter();
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
        let most = i16::try_from(self.nodes).unwrap_or(i16::MAX);
        match self.replication_factor {
            Some(replicas) if !(1..=most).contains(&replicas) => invalid(format!(
                "a default replication factor of {replicas}, where 1 to {most} are possible"
            )),
            _ => Ok(()),
        }
    }
}

fn invalid<T>(message: impl Into<String>) -> io::Result<T> {
    let message: String = message.into();
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}
