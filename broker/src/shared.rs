//! What the nodes of a cluster share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;

use crate::configs::DynamicConfigs;
use crate::faults::Faults;
use crate::groups::Groups;
use crate::latency::Latency;
use crate::sasl::{Accounts, Counters};
use crate::sight::{Connections, Logs};
#[cfg(feature = "tls")]
use crate::tls::TlsListener;
use crate::topics::Catalog;

/// A node of the cluster, as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: i32,
    pub(crate) host: ByteString,
    pub(crate) port: u16,
}

impl Node {
    /// A node that listens on `address`. Where that is every interface, clients are sent to `localhost`.
    pub(crate) fn new(id: i32, address: SocketAddr) -> Self {
        let host = match address.ip() {
            ip if ip.is_unspecified() => "localhost".into(),
            ip => ip.to_string().into(),
        };
        Self {
            id,
            host,
            port: address.port(),
        }
    }

    /// A node without a socket. Its host is one that no name server knows, so that a client that dials it by mistake is told so at once.
    pub(crate) fn in_memory(id: i32) -> Self {
        Self {
            id,
            host: format!("node-{id}.invalid").into(),
            port: 9092,
        }
    }

    /// Host and port, as a client dials them.
    pub(crate) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// An API that is served, and in which versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) key: ApiKey,
    pub(crate) versions: VersionRange,
}

/// The cluster behind all its nodes.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) cluster_id: ByteString,
    pub(crate) nodes: Vec<Node>,
    pub(crate) catalog: Catalog,
    pub(crate) configs: DynamicConfigs,
    pub(crate) groups: Groups,
    /// `auto.create.topics.enable`
    pub(crate) auto_create_topics: bool,
    /// `socket.request.max.bytes`
    pub(crate) max_request_bytes: usize,
    /// `connections.max.idle.ms`
    pub(crate) connections_max_idle: Duration,
    pub(crate) served: Vec<Served>,
    /// Of the way to each of the nodes, in their order.
    pub(crate) latencies: Vec<Latency>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) logs: Logs,
    /// Who may log in, if clients have to.
    pub(crate) accounts: Option<Accounts>,
    pub(crate) authentications: Counters,
    /// If connections are encrypted.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<TlsListener>,
}

impl Shared {
    /// The security protocol of all listeners, by which they are named too.
    pub(crate) fn protocol(&self) -> &'static str {
        #[cfg(feature = "tls")]
        let encrypted = self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        let encrypted = false;
        match (self.accounts.is_some(), encrypted) {
            (false, false) => "PLAINTEXT",
            (false, true) => "SSL",
            (true, false) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        }
    }

    pub(crate) fn node(&self, id: i32) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// How far the clients of a node are away.
    pub(crate) fn latency(&self, node: i32) -> Option<&Latency> {
        let place = self.nodes.iter().position(|found| found.id == node)?;
        self.latencies.get(place)
    }

    pub(crate) fn served(&self, key: ApiKey) -> Option<&Served> {
        self.served.iter().find(|served| served.key == key)
    }
}
