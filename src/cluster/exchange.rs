//! One request to one broker: the way from a choice to an answer, once.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use tokio::time::{sleep_until, timeout_at};

use super::breaker::{Admission, BreakerState, Probe, Transition, WhenOpen};
use super::pool::{Lease, Node, Nodes, Pick, Pool, tell_circuit};
use super::purpose::Purpose;
use super::retry::throttles_first;
use super::routing::Routed;
use super::selection::{BrokerSelection, Candidate, Load, SelectionContext};
use super::signals::Signals;
use crate::connection::{after, now, own_wait};
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
    /// Of this machine; `None`: as the first connection has it.
    pub(crate) local_address: Option<IpAddr>,
}

/// What a broker answered.
pub(crate) struct Reply<R: Request> {
    pub(crate) response: R::Response,
    /// At which version it was asked.
    pub(crate) version: i16,
    /// When it was there.
    pub(crate) at: Instant,
}

impl Exchange {
    /// A broker that may answer a request that any of them can; `None` if none is known.
    ///
    /// Those that are down, whose circuit is open, that could just not be connected to, or that asked for silence, are passed over. If there are no
    /// others, those are left that can be asked first: somebody has to find out when they are back.
    pub(crate) fn choose(&self, api: ApiKey, key: Option<&[u8]>) -> Option<Arc<Node>> {
        let table = self.nodes.table();
        let now = now();
        let purpose = Purpose::of(api);
        let usable = |node: &&Arc<Node>| is_usable(node, purpose, now);
        let mut nodes: Vec<&Arc<Node>> = table.list().iter().filter(usable).collect();
        if nodes.is_empty() {
            let wait = |node: &&Arc<Node>| wait(node, purpose, now);
            let shortest = table.list().iter().map(|node| wait(&node)).min();
            let first = |node: &&Arc<Node>| Some(wait(node)) == shortest;
            nodes = table.list().iter().filter(first).collect();
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
            .with_local_address(self.local_address.or_else(|| self.pool.local_address()))
            .with_client_rack(self.rack.as_deref());
        let chosen = self.selection.choose(&candidates, &context)?;
        nodes.get(chosen).map(|node| Arc::clone(node))
    }

    /// Whether a request that any broker may answer has anywhere to go at once.
    pub(crate) fn is_any_usable(&self, api: ApiKey) -> bool {
        let (now, purpose) = (now(), Purpose::of(api));
        let table = self.nodes.table();
        let mut nodes = table.list().iter();
        nodes.any(|node| is_usable(node, purpose, now))
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
        let lease = self
            .pool
            .checkout(node, purpose, Pick::Any, deadline)
            .await?;
        versions_of::<R>(node, &lease)
    }

    /// Waits until a broker can be asked at once, as far as is known: its circuit lets requests by, it has had the silence that it asked for, and there is
    /// a connection. Gives the versions that both have in common.
    pub(crate) async fn ready<R: Routed>(
        &self,
        node: &Arc<Node>,
        choice: Choice,
        deadline: Instant,
    ) -> Result<VersionRange, Error> {
        let purpose = Purpose::of(R::API_KEY);
        let waiting = async {
            self.silence(node, purpose, deadline).await?;
            if purpose != Purpose::Coordination && !node.breaker.would_admit(now()) {
                // Whether it answers is tried by the request itself.
                drop(self.turn(node, R::API_KEY, choice, deadline).await?);
            }
            Ok(())
        };
        waiting.await.map_err(|kind| {
            let error = Error::new(kind).during(R::API_KEY, None);
            error.at(node.address.text()).at_broker(node.id)
        })?;
        let lease = self
            .pool
            .checkout(node, purpose, choice.pick(), deadline)
            .await?;
        versions_of::<R>(node, &lease)
    }

    /// Asks a broker once. The request comes back, as it may have to be sent again.
    pub(crate) async fn ask<R: Routed>(
        &self,
        node: &Arc<Node>,
        request: R,
        choice: Choice,
        deadline: Instant,
    ) -> (R, Result<Reply<R>, Error>) {
        let purpose = request.purpose();
        let fail = |request, kind| {
            let error = Error::new(kind).during(R::API_KEY, None);
            let error = error.at(node.address.text()).at_broker(node.id);
            (request, Err(error))
        };
        let mute = node.mute(purpose);
        let is_muted = || mute.is_some_and(|mute| mute.left(now).is_some());
        let trial = loop {
            // What is for others alone is boxed, so that no other request carries it along.
            if is_muted() {
                if let Err(kind) = Box::pin(self.silence(node, purpose, deadline)).await {
                    return fail(request, kind);
                }
            }
            // Who does not send a heartbeat in time is put out of his group: that is worse than a request in vain.
            if purpose == Purpose::Coordination {
                break None;
            }
            let trial = match self.admit(node) {
                Ok(trial) => Ok(trial),
                Err(_) => Box::pin(self.turn(node, R::API_KEY, choice, deadline)).await,
            };
            match trial {
                // The broker asked for silence meanwhile: the place of one who tries it is for who can.
                Ok(_) if is_muted() => {}
                Ok(trial) => break trial,
                Err(kind) => return fail(request, kind),
            }
        };
        // From now on it is the broker's, so that the next one who may choose goes elsewhere, however long connecting takes.
        let load = InFlight::begin(&node.load);
        let checkout = self.pool.checkout(node, purpose, choice.pick(), deadline);
        let lease = match checkout.await {
            Ok(lease) => lease,
            Err(error) => return (request, Err(error)),
        };
        // What the request itself asks the broker to wait says nothing of the broker.
        let is_prompt = own_wait(&request).is_zero();
        let mut call = lease.connection().send(request).until(deadline);
        let result = (&mut call).await;
        let (version, began) = (call.version(), call.began());
        let request = call.into_request();
        let now = now();
        match &result {
            Ok(response) => {
                drop(load);
                if is_prompt {
                    node.load.sample(now - began, now);
                }
                if let Some(health) = node.succeeded() {
                    self.signals.health(node.id, health);
                }
                let transition = match trial {
                    Some(trial) => trial.succeeded(now),
                    None => node.breaker.succeeded(now),
                };
                if let Some(transition) = transition {
                    tell_circuit(node, &transition, &self.signals);
                    node.circuit_changed();
                }
                let throttle = R::throttle_time_ms(response);
                if throttle > 0 {
                    self.throttled::<R>(node, &lease, throttle, version);
                }
            }
            // A connection that ends is a failure of the broker, and its pool says so; what else there is says nothing of the broker.
            Err(_) => drop(load),
        }
        lease.end(now);
        let version = version.unwrap_or_default();
        let result = result.map(|response| Reply {
            response,
            version,
            at: now,
        });
        (request, result.map_err(|error| error.at_broker(node.id)))
    }

    /// Whether the circuit lets a request by, and whether to try the broker; else when to ask again.
    fn admit<'a>(&self, node: &'a Node) -> Result<Option<Trial<'a>>, Duration> {
        // Mostly it takes no look at the clock.
        if node.breaker.lets_all_by() {
            return Ok(None);
        }
        match node.breaker.admit(now()) {
            Admission::Pass => Ok(None),
            Admission::Probe(probe) => {
                if let Some(transition) = probe.transition() {
                    tell_circuit(node, transition, &self.signals);
                }
                let probe = Some(probe);
                Ok(Some(Trial { node, probe }))
            }
            Admission::Refused { retry_in } => Err(retry_in),
        }
    }

    /// Waits until the circuit lets a request by.
    ///
    /// However many wait, they are woken when something has changed, and do not ask all the time.
    async fn turn<'a>(
        &self,
        node: &'a Node,
        api: ApiKey,
        choice: Choice,
        deadline: Instant,
    ) -> Result<Option<Trial<'a>>, ErrorKind> {
        let mut turn = pin!(node.turn());
        loop {
            // From before the look on, so that nothing is missed.
            turn.as_mut().enable();
            if node.has_left() {
                return Err(Node::elsewhere());
            }
            let retry_in = match self.admit(node) {
                Ok(trial) => return Ok(trial),
                Err(retry_in) => retry_in,
            };
            let now = now();
            let opens_at = now + retry_in.max(Duration::from_millis(1));
            let (until, is_hopeless) = match node.breaker.state() {
                // While others try the broker, nobody knows how long it takes them.
                BreakerState::HalfOpen => (deadline, now >= deadline),
                _ => (opens_at, opens_at >= deadline),
            };
            let goes_elsewhere = choice == Choice::Free && self.is_any_usable(api);
            if self.when_open == WhenOpen::Fail || is_hopeless || goes_elsewhere {
                let broker = node.id;
                return Err(ErrorKind::CircuitOpen { broker, retry_in });
            }
            tokio::select! {
                () = turn.as_mut() => turn.set(node.turn()),
                () = sleep_until(until.into()) => {}
                () = self.pool.closing() => return Err(ErrorKind::Shutdown),
            }
        }
    }

    /// Waits until the broker that asked for silence has had it.
    async fn silence(
        &self,
        node: &Node,
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<(), ErrorKind> {
        // An answer to an earlier request may ask for more.
        while let Some(left) = node.mute(purpose).and_then(|mute| mute.left(now)) {
            let until = (now() + left).min(deadline);
            tokio::select! {
                () = sleep_until(until.into()) => {}
                () = node.left() => return Err(Node::elsewhere()),
                () = self.pool.closing() => return Err(ErrorKind::Shutdown),
            }
            if now() >= deadline {
                return Err(ErrorKind::DeadlineExceeded);
            }
        }
        Ok(())
    }

    /// The broker has answered, and asks for silence. Those that were told so only after they had been kept waiting have waited already.
    fn throttled<R: Routed>(&self, node: &Node, lease: &Lease, ms: i32, version: Option<i16>) {
        let time = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        tracing::debug!(broker = node.id, api = %R::API_KEY, ?time, "throttled");
        self.signals.throttled(R::API_KEY, time);
        if version.is_some_and(|version| throttles_first(R::API_KEY, version)) {
            if let Some(mute) = node.mute(lease.purpose()) {
                mute.extend(now(), time);
            }
            lease.connection().keep_silent_until(after(now(), time));
        }
    }
}

fn versions_of<R: Request>(node: &Node, lease: &Lease) -> Result<VersionRange, Error> {
    lease.connection().common_versions::<R>().ok_or_else(|| {
        let error = Error::new(ErrorKind::UnsupportedApi).during(R::API_KEY, None);
        error.at(node.address.text()).at_broker(node.id)
    })
}

/// Whether a broker can be asked at once, as far as is known.
fn is_usable(node: &Node, purpose: Purpose, now: Instant) -> bool {
    let is_muted = || {
        let mute = node.mute(purpose);
        mute.is_some_and(|mute| mute.left(|| now).is_some())
    };
    !node.is_down() && node.breaker.would_admit(now) && !node.is_backing_off(now) && !is_muted()
}

/// How long until a broker can be asked.
fn wait(node: &Node, purpose: Purpose, now: Instant) -> Duration {
    let mute = node.mute(purpose).and_then(|mute| mute.left(|| now));
    let open = node.breaker.retry_in(now).max(node.connect_wait(now));
    open.max(mute.unwrap_or_default())
}

/// Whether another broker would do as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Any would.
    Free,
    /// None would.
    Bound,
    /// None would, and the requests of a purpose go over one connection, so that they arrive in their order.
    Ordered,
}

impl Choice {
    fn pick(self) -> Pick {
        match self {
            Self::Ordered => Pick::First,
            Self::Free | Self::Bound => Pick::Any,
        }
    }
}

/// A request that tries whether its broker answers again. Dropped without an answer, it lets others try.
struct Trial<'a> {
    node: &'a Node,
    probe: Option<Probe>,
}

impl Trial<'_> {
    /// The broker answered. Others may follow at once.
    fn succeeded(mut self, now: Instant) -> Option<Transition> {
        let probe = self.probe.take()?;
        probe.succeeded(now)
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        // First the place is given back, then others look for it.
        self.probe = None;
        self.node.circuit_changed();
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
