//! One request to one broker: the way from a choice to an answer, once.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use tokio::time::{sleep_until, timeout_at};

use super::breaker::{Admission, WhenOpen};
use super::pool::{Node, Nodes, Pool};
use super::purpose::Purpose;
use super::retry::throttles_first;
use super::routing::Routed;
use super::selection::{BrokerSelection, Candidate, Load, SelectionContext};
use super::signals::Signals;
use crate::connection::{now, own_wait};
use crate::error::{Error, ErrorKind};

/// So long a broker is waited for before the next one is asked beside it.
pub(crate) const HEAD_START: Duration = Duration::from_millis(500);

/// No more brokers than these are asked the same.
const ASKED_AT_ONCE: usize = 3;

/// The brokers, the connections to them, and who is asked what.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) pool: Arc<Pool>,
    pub(crate) nodes: Nodes,
    pub(crate) signals: Arc<Signals>,
    pub(crate) selection: Arc<dyn BrokerSelection>,
    pub(crate) when_open: WhenOpen,
    pub(crate) rack: Option<String>,
}

/// What a broker answered.
pub(crate) struct Reply<R: Request> {
    pub(crate) response: R::Response,
    /// At which version it was asked.
    pub(crate) version: i16,
}

impl Exchange {
    /// A broker that may answer a request that any of them can; `None` if none is known.
    ///
    /// Those that are down or whose circuit is open are passed over, unless there are no others: somebody has to find out when they are back.
    pub(crate) fn choose(&self, api: ApiKey, key: Option<&[u8]>) -> Option<Arc<Node>> {
        let table = self.nodes.table();
        let now = now();
        let usable = |node: &&Arc<Node>| !node.is_down() && node.breaker.would_admit(now);
        let mut nodes: Vec<&Arc<Node>> = table.list().iter().filter(usable).collect();
        if nodes.is_empty() {
            nodes = table.list().iter().collect();
        }
        if let [only] = *nodes {
            return Some(Arc::clone(only));
        }
        let candidates: Vec<_> = nodes
            .iter()
            .map(|node| {
                Candidate::new(node.id)
                    .with_rack(node.rack.as_deref())
                    .with_in_flight(node.load.in_flight())
                    .with_latency(node.load.latency(now))
            })
            .collect();
        let context = SelectionContext::new(api, now)
            .with_key(key)
            .with_client_rack(self.rack.as_deref());
        let chosen = self.selection.choose(&candidates, &context)?;
        nodes.get(chosen).map(|node| Arc::clone(node))
    }

    /// A few brokers that any may answer, in the order in which they are to be asked: first the one that is chosen, then those that are likeliest to
    /// answer soon. To be asked by [`race`](super::together::race), each [`HEAD_START`] after the one before, where nobody is to wait for a broker that
    /// is dead while there are better ones.
    pub(crate) fn choose_some(&self, api: ApiKey) -> Vec<Arc<Node>> {
        let Some(first) = self.choose(api, None) else {
            return Vec::new();
        };
        let now = now();
        let table = self.nodes.table();
        let others = table.list().iter().filter(|other| other.id != first.id);
        let mut others: Vec<_> = others.cloned().collect();
        others.sort_by_cached_key(|node| {
            (
                node.is_down() || !node.breaker.would_admit(now),
                !node.is_connected(Purpose::General),
                node.connect_wait(now),
            )
        });
        others.insert(0, first);
        others.truncate(ASKED_AT_ONCE);
        others
    }

    /// Waits until then; gives false if the client ends before.
    async fn rest_until(&self, until: Instant) -> bool {
        tokio::select! {
            () = sleep_until(until.into()) => true,
            () = self.pool.closing() => false,
        }
    }

    /// The versions of a request that a broker and this crate have in common.
    ///
    /// # Errors
    /// None in common, or no connection.
    pub(crate) async fn versions<R: Request>(
        &self,
        node: &Arc<Node>,
        deadline: Instant,
    ) -> Result<VersionRange, Error> {
        let purpose = Purpose::of(R::API_KEY);
        let lease = self.pool.checkout(node, purpose, deadline).await?;
        lease.connection().common_versions::<R>().ok_or_else(|| {
            let error = Error::new(ErrorKind::UnsupportedApi).during(R::API_KEY, None);
            error.at(node.address.text()).at_broker(node.id)
        })
    }

    /// Asks a broker once. The request comes back, as it may have to be sent again.
    pub(crate) async fn ask<R: Routed>(
        &self,
        node: &Arc<Node>,
        request: R,
        deadline: Instant,
    ) -> (R, Result<Reply<R>, Error>) {
        let purpose = request.purpose();
        let fail = |request, kind| {
            let error = Error::new(kind).during(R::API_KEY, None);
            let error = error.at(node.address.text()).at_broker(node.id);
            (request, Err(error))
        };
        let probe = loop {
            let now = now();
            // Who does not send a heartbeat in time is put out of his group: that is worse than a request in vain.
            if purpose == Purpose::Coordination {
                break None;
            }
            match node.breaker.admit(now) {
                Admission::Pass => break None,
                Admission::Probe(probe) => {
                    if let Some(transition) = probe.transition() {
                        self.signals.circuit(node.id, transition);
                    }
                    break Some(probe);
                }
                Admission::Refused { retry_in } => {
                    let broker = node.id;
                    let opens_at = now + retry_in.max(Duration::from_millis(1));
                    if self.when_open == WhenOpen::Fail || opens_at >= deadline {
                        return fail(request, ErrorKind::CircuitOpen { broker, retry_in });
                    }
                    if !self.rest_until(opens_at).await {
                        return fail(request, ErrorKind::Shutdown);
                    }
                }
            }
        };
        let lease = match self.pool.checkout(node, purpose, deadline).await {
            Ok(lease) => lease,
            Err(error) => return (request, Err(error)),
        };
        let mute = node.mute(purpose);
        if let Some(left) = mute.and_then(|mute| mute.left(now)) {
            let until = now() + left;
            if !self.rest_until(until.min(deadline)).await {
                return fail(request, ErrorKind::Shutdown);
            }
            if until >= deadline {
                return fail(request, ErrorKind::DeadlineExceeded);
            }
        }
        let load = InFlight::begin(&node.load);
        // What the request itself asks the broker to wait says nothing of the broker.
        let is_prompt = own_wait(&request).is_zero();
        let began = now();
        let mut call = lease.connection().send(request).until(deadline);
        let result = (&mut call).await;
        let version = call.version();
        let request = call.into_request();
        match &result {
            Ok(response) => {
                let now = now();
                drop(load);
                if is_prompt {
                    node.load.sample(now - began, now);
                }
                if let Some(health) = node.succeeded() {
                    self.signals.health(node.id, health);
                }
                let transition = match probe {
                    Some(probe) => probe.succeeded(now),
                    None => node.breaker.succeeded(now),
                };
                if let Some(transition) = transition {
                    self.signals.circuit(node.id, &transition);
                }
                let throttle = R::throttle_time_ms(response);
                if throttle > 0 {
                    self.throttled::<R>(node, purpose, throttle, version);
                }
            }
            // A connection that ends is a failure of the broker, and its pool says so; what else there is says nothing of the broker.
            Err(_) => drop(load),
        }
        let version = version.unwrap_or_default();
        let result = result.map(|response| Reply { response, version });
        (request, result.map_err(|error| error.at_broker(node.id)))
    }

    /// The broker has answered, and asks for silence. Those that were told so only after they had been kept waiting have waited already.
    fn throttled<R: Routed>(&self, node: &Node, purpose: Purpose, ms: i32, version: Option<i16>) {
        let time = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        tracing::debug!(broker = node.id, api = %R::API_KEY, ?time, "throttled");
        self.signals.throttled(R::API_KEY, time);
        if version.is_some_and(|version| throttles_first(R::API_KEY, version)) {
            if let Some(mute) = node.mute(purpose) {
                mute.extend(now(), time);
            }
        }
    }
}

/// A request that its broker has yet to answer, until this is dropped.
struct InFlight<'a>(&'a Load);

impl<'a> InFlight<'a> {
    fn begin(load: &'a Load) -> Self {
        load.begin();
        Self(load)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Waits for `wait` at most until `deadline`; gives false if that comes first.
pub(crate) async fn pause(wait: Duration, deadline: Instant) -> bool {
    let until = now() + wait;
    sleep_until(until.min(deadline).into()).await;
    until < deadline
}

/// Waits for something until a deadline.
pub(crate) async fn by<T>(deadline: Instant, future: impl Future<Output = T> + Send) -> Option<T> {
    timeout_at(deadline.into(), future).await.ok()
}
