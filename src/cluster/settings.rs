//! What can be chosen of a client.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::breaker::BreakerSettings;
use super::purpose::Purpose;
use super::rewriter::Rewriter;
use super::selection::{BrokerSelection, LeastLoaded};
use crate::connection::{Address, ConnectionBuilder};

/// How a client behaves: checked, so that nothing of it contradicts anything else. Times of [`Duration::MAX`] mean "never".
#[derive(Clone, Debug)]
pub(crate) struct ClientSettings {
    /// Where the cluster is found; not empty.
    pub(crate) bootstrap: Vec<Address>,
    /// Whether these are the controllers' addresses, and the client speaks with the quorum (KIP-919).
    pub(crate) is_quorum: bool,
    pub(crate) wait_for_cluster: bool,
    pub(crate) rewriter: Option<Rewriter>,
    pub(crate) metadata_max_age: Duration,
    pub(crate) metadata_max_idle: Duration,
    /// `None`: the bootstrap addresses are never asked again.
    pub(crate) rebootstrap_after: Option<Duration>,
    pub(crate) allow_auto_topic_creation: bool,
    pub(crate) retry_backoff: Duration,
    pub(crate) retry_backoff_max: Duration,
    /// Retries for each request, 0 to 1.
    pub(crate) retry_budget: f64,
    /// Retries a second that are always allowed.
    pub(crate) retry_budget_floor: u32,
    pub(crate) connections_per_purpose: [NonZeroUsize; Purpose::COUNT],
    /// No less than one broker needs.
    pub(crate) max_connections: Option<NonZeroUsize>,
    pub(crate) connect_backoff: Duration,
    pub(crate) connect_backoff_max: Duration,
    pub(crate) warm_up_parallelism: NonZeroUsize,
    pub(crate) health_check_interval: Option<Duration>,
    pub(crate) drain_timeout: Duration,
    pub(crate) breaker: BreakerSettings,
    pub(crate) selection: Arc<dyn BrokerSelection>,
    pub(crate) rack: Option<String>,
    /// `None`: that of the first connection.
    pub(crate) local_address: Option<IpAddr>,
    /// The time of a call that sets none of its own; that of [`connection`](Self::connection), too.
    pub(crate) deadline: Duration,
    pub(crate) metrics: bool,
    /// How each connection is made.
    pub(crate) connection: ConnectionBuilder,
}

impl Default for ClientSettings {
    fn default() -> Self {
        let connection = ConnectionBuilder::default();
        Self {
            bootstrap: Vec::new(),
            is_quorum: false,
            wait_for_cluster: false,
            rewriter: None,
            metadata_max_age: Duration::from_secs(5 * 60),
            metadata_max_idle: Duration::from_secs(5 * 60),
            rebootstrap_after: Some(Duration::from_secs(5 * 60)),
            allow_auto_topic_creation: false,
            retry_backoff: Duration::from_millis(100),
            retry_backoff_max: Duration::from_secs(1),
            retry_budget: 0.1,
            retry_budget_floor: 10,
            connections_per_purpose: [NonZeroUsize::MIN; Purpose::COUNT],
            max_connections: None,
            connect_backoff: Duration::from_millis(50),
            connect_backoff_max: Duration::from_secs(1),
            warm_up_parallelism: NonZeroUsize::MIN.saturating_add(7),
            health_check_interval: None,
            drain_timeout: Duration::from_secs(5),
            breaker: BreakerSettings::default(),
            selection: Arc::new(LeastLoaded::default()),
            rack: None,
            local_address: None,
            deadline: connection.settings.deadline,
            metrics: true,
            connection,
        }
    }
}
