//! What the nodes of a cluster share.

use std::sync::Arc;
use std::time::Duration;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;
use uuid::Uuid;

use crate::acls::Acls;
use crate::configs::DynamicConfigs;
use crate::faults::Faults;
use crate::fetch_sessions::FetchSessions;
use crate::groups::Groups;
use crate::identity::ClusterId;
use crate::log_dirs::LogDirs;
use crate::nodes::Nodes;
use crate::quorum::Quorum;
use crate::quotas::Quotas;
use crate::replica_selection::ReplicaSelection;
use crate::sasl::{Accounts, Counters, DelegationTokens, ScramUsers};
use crate::sight::{Connections, Logs};
#[cfg(feature = "tls")]
use crate::tls::TlsListener;
use crate::topics::{Catalog, Omissions};
use crate::transactions::Transactions;

/// An API that is served, and in which versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) key: ApiKey,
    pub(crate) versions: VersionRange,
}

/// The cluster behind all its nodes.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) cluster_id: ClusterId,
    pub(crate) nodes: Nodes,
    pub(crate) catalog: Catalog,
    pub(crate) configs: DynamicConfigs,
    pub(crate) groups: Groups,
    pub(crate) transactions: Transactions,
    pub(crate) fetch_sessions: FetchSessions,
    pub(crate) replica_selection: ReplicaSelection,
    pub(crate) acls: Acls,
    pub(crate) quotas: Quotas,
    pub(crate) quorum: Quorum,
    pub(crate) log_dirs: LogDirs,
    /// Who may log in by SCRAM, if clients have to log in.
    pub(crate) scram_users: Arc<ScramUsers>,
    pub(crate) delegation_tokens: Arc<DelegationTokens>,
    pub(crate) omissions: Omissions,
    /// One of the brokers is the controller, as with ZooKeeper.
    pub(crate) zookeeper: bool,
    /// `auto.create.topics.enable`
    pub(crate) auto_create_topics: bool,
    /// `socket.request.max.bytes`
    pub(crate) max_request_bytes: usize,
    /// `connections.max.idle.ms`
    pub(crate) connections_max_idle: Duration,
    pub(crate) served: Vec<Served>,
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

    /// Deletes a topic with all that is kept of it elsewhere; whether there was one.
    pub(crate) fn delete_topic(&self, name: &str, id: Uuid) -> bool {
        let deleted = self.catalog.delete(id);
        if deleted {
            self.groups.forget_topic(name, id);
            self.log_dirs.forget_topic(name);
        }
        deleted
    }

    /// A node is up from now on.
    pub(crate) fn node_started(&self, id: i32) {
        self.nodes.set_up(id, true);
        let rack = self.nodes.alive_node(id).and_then(|node| node.rack);
        self.catalog.node_started(id, rack);
    }

    /// A node is down from now on.
    pub(crate) fn node_stopped(&self, id: i32) {
        self.nodes.set_up(id, false);
        self.catalog.node_stopped(id);
        self.fetch_sessions.expire(id);
    }

    /// The controller forgets a node; `false` if it does not know it. One that is up is no part of the cluster until it is started anew, and what it led
    /// others lead.
    pub(crate) fn unregister(&self, id: i32) -> bool {
        let known = self.nodes.unregister(id);
        if known {
            self.catalog.node_stopped(id);
            self.catalog.node_removed(id);
        }
        known
    }

    pub(crate) fn served(&self, key: ApiKey) -> Option<&Served> {
        self.served.iter().find(|served| served.key == key)
    }
}
