//! A log of the requests that come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use milena_wire::api_key::ApiKey;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::requests::{RequestOrigin, Requests};

/// A request that has come to a node, before it was looked at any further.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// Which API it is of; it may be one that is not served.
    pub api: ApiKey,
    /// In which version it was sent.
    pub version: i16,
    /// The number that its answer bears.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<String>,
    /// The node that it came to.
    pub node: i32,
    /// The [number](crate::ConnectionInfo::number) of the connection that it came over.
    pub connection: u64,
    /// When all of it had come.
    pub at: Instant,
}

impl SeenRequest {
    fn origin(&self) -> RequestOrigin<'_> {
        RequestOrigin {
            api: self.api,
            client_id: self.client_id.as_deref(),
            node: self.node,
            connection: self.connection,
        }
    }
}

/// The requests that a cluster has seen since [`Cluster::log_requests`](crate::Cluster::log_requests) made this, the newest ones if they are too many.
/// Nothing is logged any more when it is dropped.
#[derive(Debug)]
#[must_use = "nothing is logged when this is dropped"]
pub struct RequestLog {
    log: Arc<Log>,
}

impl RequestLog {
    pub(super) fn new(log: Arc<Log>) -> Self {
        Self { log }
    }

    /// Those of `requests` that are in the log, in the order in which they came.
    #[must_use]
    pub fn seen(&self, requests: impl Into<Requests>) -> Vec<SeenRequest> {
        let requests = requests.into();
        let state = self.log.state();
        state
            .kept
            .iter()
            .filter(|seen| requests.contain(&seen.origin()))
            .cloned()
            .collect()
    }

    /// Waits until at least `count` of `requests` are in the log, and gives them.
    ///
    /// ```
    /// # use milena_broker::{ApiKey, RequestLog};
    /// # async fn example(log: &RequestLog) {
    /// let fetch = log.until_seen(ApiKey::FETCH, 1).await.remove(0);
    /// assert_eq!(fetch.version, 18);
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn until_seen(
        &self,
        requests: impl Into<Requests> + Send,
        count: usize,
    ) -> Vec<SeenRequest> {
        let requests = requests.into();
        let mut changes = self.log.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let seen = self.seen(requests.clone());
            // The log holds the sender, so that waiting cannot fail.
            if seen.len() >= count || changes.changed().await.is_err() {
                return seen;
            }
        }
    }

    /// Forgets what was seen.
    pub fn clear(&self) {
        self.log.state().kept.clear();
    }
}

/// What a [`RequestLog`] shows.
#[derive(Debug)]
pub(super) struct Log {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    kept: VecDeque<SeenRequest>,
    capacity: usize,
}

impl Log {
    /// Keeps the last `capacity` requests.
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            kept: VecDeque::new(),
            capacity,
        };
        Self {
            state: Mutex::new(state),
            changes: watch::Sender::default(),
        }
    }

    pub(super) fn push(&self, request: SeenRequest) {
        let mut state = self.state();
        if state.kept.len() >= state.capacity {
            state.kept.pop_front();
        }
        state.kept.push_back(request);
        drop(state);
        self.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
