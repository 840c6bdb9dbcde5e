//! How connections of the pool come about, one at a time for each place.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{MutexGuard, watch};
use tokio::time::{sleep, sleep_until, timeout_at};

use super::node::{Node, Pick};
use super::place::{Caller, Callers, Connecting, Joined, Place};
use super::pooled::{Lease, Pooled};
use super::registry::{Permit, Registry};
use crate::close_reason::CloseReason;
use crate::cluster::backoff::Backoff;
use crate::cluster::breaker::Transition;
use crate::cluster::purpose::Purpose;
use crate::cluster::random::Random;
use crate::cluster::rewriter::Rewriter;
use crate::cluster::signals::Signals;
use crate::cluster::tasks::{Held, Tasks};
use crate::connection::{Address, Connection, ConnectionBuilder, Ended, after, now};
use crate::error::{ConnectFailure, Error, ErrorKind, Phase};

/// Why an attempt to connect came to nothing.
enum NotConnected {
    Failed(Error),
    /// Nobody waits for it any more, and it had not begun.
    Deserted,
}

/// What stands for the id of a broker that is not known yet, where it is counted.
const BOOTSTRAP: i32 = -1;

/// Of a connection that nothing has gone over for so many milliseconds, brokers may have had enough.
const RESTED: u64 = 30_000;

/// What makes the connections of a client, and knows how many there are.
#[derive(Debug)]
pub(crate) struct Pool {
    connection: ConnectionBuilder,
    rewriter: Option<Rewriter>,
    backoff: Backoff,
    /// How long requests to a broker that is elsewhere now may take.
    drain_timeout: Duration,
    registry: Arc<Registry>,
    /// This machine's, as the first connection has it.
    local_address: OnceLock<IpAddr>,
    signals: Arc<Signals>,
    tasks: Tasks,
}

impl Pool {
    pub(crate) fn new(
        connection: ConnectionBuilder,
        rewriter: Option<Rewriter>,
        backoff: Backoff,
        drain_timeout: Duration,
        max_connections: Option<usize>,
        signals: Arc<Signals>,
        tasks: Tasks,
    ) -> Arc<Self> {
        Arc::new(Self {
            connection,
            rewriter,
            backoff,
            drain_timeout,
            registry: Registry::new(max_connections),
            local_address: OnceLock::new(),
            signals,
            tasks,
        })
    }

    /// The right to send over a connection to this broker: at once if one is there, else when it is made.
    pub(crate) async fn checkout(
        self: &Arc<Self>,
        node: &Arc<Node>,
        purpose: Purpose,
        pick: Pick,
        deadline: Instant,
    ) -> Result<Lease, Error> {
        if let Some(lease) = node.lease(purpose, pick) {
            if pick == Pick::Any && node.places(purpose).len() > 1 {
                self.grow(node, purpose, &lease);
            }
            return Ok(lease);
        }
        let began = now();
        // Boxed, so that who finds a connection does not carry it along.
        let result = Box::pin(self.wait(node, purpose, pick, deadline)).await;
        self.signals.pool_waited(now() - began);
        result
    }

    /// Begins one more connection if there may be one, and all that are there are busy. Nobody waits for it.
    fn grow(self: &Arc<Self>, node: &Arc<Node>, purpose: Purpose, lease: &Lease) {
        if !lease.is_shared() || !self.registry.has_room() {
            return;
        }
        if let Some(place) = node.free_place(purpose) {
            place.grow(|| self.begin(node, purpose, place));
        }
    }

    async fn wait(
        self: &Arc<Self>,
        node: &Arc<Node>,
        purpose: Purpose,
        pick: Pick,
        deadline: Instant,
    ) -> Result<Lease, Error> {
        if self.tasks.is_closing() {
            return Err(Error::new(ErrorKind::Shutdown));
        }
        if node.has_left() {
            return Err(elsewhere(node));
        }
        let place = node.place(purpose, pick);
        let place = place.ok_or_else(|| Error::new(ErrorKind::UnknownBroker(node.id)))?;
        let mut caller = match place.join(|| self.begin(node, purpose, place)) {
            Joined::Connected(lease) => return Ok(lease),
            Joined::Connecting(caller) => caller,
        };
        match timeout_at(deadline.into(), caller.outcome()).await {
            Ok(Some(Ok(pooled))) if pooled.connection.is_open() => Ok(Lease::new(pooled)),
            // It has ended already. Not at once again: a broker may shake hands and hang up for ever.
            Ok(Some(Ok(pooled))) => {
                let reason = pooled.connection.close_reason();
                let reason = reason.unwrap_or(CloseReason::Shutdown);
                let error = Error::new(ErrorKind::Closed(reason));
                Err(error.at(node.address.text()).at_broker(node.id))
            }
            Ok(Some(Err(error))) => Err(error),
            // The task is gone without a word: the runtime or the client ends.
            Ok(None) => Err(Error::new(ErrorKind::Shutdown)),
            Err(_) => Err(self.out_of_time(node, &caller)),
        }
    }

    fn out_of_time(&self, node: &Node, caller: &Caller) -> Error {
        let kind = match self.registry.max_connections() {
            Some(max_connections) if caller.waits_for_room() => {
                self.signals.pool_exhausted();
                ErrorKind::PoolExhausted { max_connections }
            }
            _ => ErrorKind::DeadlineExceeded,
        };
        Error::new(kind).at(node.address.text()).at_broker(node.id)
    }

    /// One connects, and all who want the same connection wait for him.
    fn begin(
        self: &Arc<Self>,
        node: &Arc<Node>,
        purpose: Purpose,
        place: &Arc<Place>,
    ) -> Connecting {
        let (told, outcome) = watch::channel(None);
        let callers = Arc::new(Callers::default());
        let connecting = Connecting {
            outcome,
            callers: Arc::clone(&callers),
        };
        let (pool, node, place) = (Arc::clone(self), Arc::clone(node), Arc::clone(place));
        self.tasks.spawn(async move {
            let result = tokio::select! {
                result = pool.connect(&node, purpose, &place, &callers) => result,
                () = pool.tasks.closing() => Err(NotConnected::Failed(Error::new(ErrorKind::Shutdown))),
                () = node.left() => Err(NotConnected::Failed(elsewhere(&node))),
            };
            let mut result = match result {
                Ok(pooled) => Ok(pooled),
                Err(NotConnected::Failed(error)) => Err(error),
                Err(NotConnected::Deserted) => return,
            };
            place.settle(result.as_ref().ok().cloned());
            // The end of the client, or of the broker's being here, may have emptied all places before.
            if pool.tasks.is_closing() {
                drop(place.empty());
            } else if node.has_left() && place.empty().is_some() {
                result = Err(elsewhere(&node));
            }
            let pooled = result.as_ref().ok().cloned();
            told.send_replace(Some(result));
            if let Some(pooled) = pooled.filter(|_| callers.are_gone()) {
                pooled.offer();
            }
        });
        connecting
    }

    async fn connect(
        &self,
        node: &Arc<Node>,
        purpose: Purpose,
        place: &Arc<Place>,
        callers: &Callers,
    ) -> Result<Arc<Pooled>, NotConnected> {
        let mut trial = self.turn(node).await?;
        // Not before: whoever waits for a dead broker must not hold up who wants a healthy one.
        let permit = match self.registry.try_permit() {
            Some(permit) => permit,
            None => {
                drop(trial.take());
                let permit = self.room(place, callers).await?;
                // The wait was long, perhaps: the broker may have failed meanwhile.
                if node.backoff().failures() > 0 {
                    trial = self.turn(node).await?;
                }
                permit
            }
        };
        let _trial = trial;
        match self.dial(node, purpose, place, permit).await {
            Ok(pooled) => {
                node.backoff().succeeded();
                if let Some(health) = node.succeeded() {
                    self.signals.health(node.id, health);
                }
                self.signals.connected(node.id, purpose);
                Ok(pooled)
            }
            Err(error) => {
                let error = error.at_broker(node.id);
                node.backoff().failed(now(), &error, |failures| {
                    self.backoff.delay(failures, Random::any())
                });
                failed(node, &error, &self.signals);
                self.signals.connect_failed(node.id, purpose, &error);
                Err(NotConnected::Failed(error))
            }
        }
    }

    /// Waits until the broker may be connected to. One that could not be is tried by one at a time, and what stops him is told to all who wait for their
    /// turn.
    async fn turn<'a>(&self, node: &'a Node) -> Result<Option<MutexGuard<'a, ()>>, NotConnected> {
        let before = node.backoff().failures();
        if before == 0 {
            return Ok(None);
        }
        if let Some(refusal) = node.backoff().refusal(now()) {
            return Err(NotConnected::Failed(refusal));
        }
        let trial = node.trial().lock().await;
        loop {
            let (failures, wait) = {
                let backoff = node.backoff();
                (backoff.failures(), backoff.wait(now()))
            };
            if failures > before {
                let last = node.backoff().last_error();
                let error = last.unwrap_or_else(|| Error::new(ErrorKind::NoBroker));
                return Err(NotConnected::Failed(error));
            }
            if wait.is_zero() {
                // Whoever was before has found it well again: all may come.
                return Ok((failures > 0).then_some(trial));
            }
            sleep(wait).await;
        }
    }

    /// Waits for room for one more connection, for as long as anybody wants it.
    async fn room(&self, place: &Place, callers: &Callers) -> Result<Permit, NotConnected> {
        callers.set_waits_for_room(true);
        let permit = tokio::select! {
            biased;
            () = place.deserted(callers) => return Err(NotConnected::Deserted),
            permit = self.registry.permit() => permit,
        };
        callers.set_waits_for_room(false);
        Ok(permit)
    }

    async fn dial(
        &self,
        node: &Arc<Node>,
        purpose: Purpose,
        place: &Arc<Place>,
        permit: Permit,
    ) -> Result<Arc<Pooled>, Error> {
        let address = &node.address;
        let held = self.hold()?;
        let hook = Arc::new(Hook {
            node: Arc::downgrade(node),
            place: Arc::downgrade(place),
            pooled: OnceLock::new(),
            broker: node.id,
            purpose,
            signals: Arc::clone(&self.signals),
            rights: Mutex::new(Some(Rights {
                _permit: permit,
                _held: held,
            })),
        });
        let builder = self.builder(address)?;
        let mut builder = builder.on_end(Arc::clone(&hook) as Arc<dyn Ended>);
        if let Some(meter) = self.signals.meter(node.id) {
            builder = builder.metered(meter);
        }
        let connection = builder.connect(address.text()).await?;
        self.learn_address(&connection);
        let keeper = Arc::clone(&self.registry);
        let pooled = Pooled::new(connection, node.id, purpose, keeper);
        let pooled = Arc::new(pooled);
        let _ = hook.pooled.set(Arc::downgrade(&pooled));
        self.registry.insert(&pooled, place);
        Ok(pooled)
    }

    /// # Errors
    /// If the user's rewriter makes an address that is none.
    fn builder(&self, address: &Address) -> Result<ConnectionBuilder, Error> {
        let builder = self.connection.clone();
        let Some(rewriter) = &self.rewriter else {
            return Ok(builder);
        };
        let (host, port) = rewriter.rewrite(address.host(), address.port());
        let elsewhere = Address::new(&host, port).ok_or_else(|| {
            let error = Error::connect(Phase::Resolve, ConnectFailure::InvalidAddress);
            error.at(&Arc::from(format!("{host}:{port}")))
        })?;
        Ok(builder.dial_to(elsewhere))
    }

    /// What a connection has for as long as its socket is there, so that the end of the client waits for that. None begins while the client ends.
    fn hold(&self) -> Result<Held, Error> {
        let held = self.tasks.hold();
        held.ok_or_else(|| Error::new(ErrorKind::Shutdown))
    }

    /// A connection that belongs to no broker yet: to a bootstrap address.
    pub(crate) async fn bootstrap(&self, address: &Address) -> Result<Connection, Error> {
        let held = self.hold()?;
        let hook = Arc::new(BootstrapHook(Mutex::new(Some(held))));
        let mut builder = self.builder(address)?.on_end(hook);
        if let Some(meter) = self.signals.meter(BOOTSTRAP) {
            builder = builder.metered(meter);
        }
        let connection = builder.connect(address.text()).await?;
        self.learn_address(&connection);
        Ok(connection)
    }

    /// The first one counts: a machine with several addresses is to stay the same one.
    fn learn_address(&self, connection: &Connection) {
        if let Some(address) = connection.report().local_address() {
            let _ = self.local_address.set(address.ip().to_canonical());
        }
    }

    /// This machine's address, as the first TCP connection has it.
    pub(crate) fn local_address(&self) -> Option<IpAddr> {
        self.local_address.get().copied()
    }

    /// Waits until the client ends.
    pub(crate) async fn closing(&self) {
        self.tasks.closing().await;
    }

    /// All connections that there are.
    pub(crate) fn connections(&self) -> Vec<Arc<Pooled>> {
        self.registry.list()
    }

    /// The broker is gone from here. Who waits for it is told; what goes over its connections is still answered, if that does not take too long, and then they end.
    pub(crate) fn drain(&self, node: &Node) {
        node.leave();
        for pooled in node.empty() {
            pooled.connection.count_as_draining();
            let left = Arc::downgrade(&pooled);
            drop(pooled);
            if left.strong_count() == 0 {
                continue;
            }
            let (tasks, time) = (self.tasks.clone(), self.drain_timeout);
            self.tasks.spawn(async move {
                let until = after(now(), time);
                tokio::select! {
                    () = sleep_until(until.into()) => {}
                    () = tasks.closing() => {}
                }
                if let Some(pooled) = left.upgrade() {
                    pooled.connection.close();
                }
            });
        }
    }

    /// Ends all connections now.
    pub(crate) fn close_now(&self) {
        for pooled in self.registry.list() {
            pooled.connection.close();
        }
    }
}

/// Learns of the end of a connection.
struct Hook {
    node: Weak<Node>,
    place: Weak<Place>,
    pooled: OnceLock<Weak<Pooled>>,
    broker: i32,
    purpose: Purpose,
    signals: Arc<Signals>,
    /// For as long as the socket is there.
    rights: Mutex<Option<Rights>>,
}

struct Rights {
    _permit: Permit,
    /// The client has not ended before its sockets are gone.
    _held: Held,
}

/// Learns of the end of a connection to a bootstrap address.
struct BootstrapHook(Mutex<Option<Held>>);

impl Ended for BootstrapHook {
    fn ended(&self, _: &CloseReason) {}

    fn gone(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Hook {
    /// However many requests were under way, it is one failure.
    fn failed(&self, reason: &CloseReason) {
        let Some(node) = self.node.upgrade() else {
            return;
        };
        let error = Error::new(ErrorKind::Closed(reason.clone()));
        let error = error.at(node.address.text()).at_broker(node.id);
        failed(&node, &error, &self.signals);
    }
}

/// Who wants to go to the broker has to look again where it is.
fn elsewhere(node: &Node) -> Error {
    let error = Error::new(Node::elsewhere());
    error.at(node.address.text()).at_broker(node.id)
}

/// A connection could not be made, or was lost while it was needed.
fn failed(node: &Node, error: &Error, signals: &Signals) {
    signals.broker_failed(node.id);
    if let Some(health) = node.failed(error) {
        signals.health(node.id, health);
    }
    if let Some(transition) = node.breaker.failed(now()) {
        tell_circuit(node, &transition, signals);
        node.circuit_changed();
    }
}

/// Tells of the circuit of a broker; not of one that was somewhere else before.
pub(crate) fn tell_circuit(node: &Node, transition: &Transition, signals: &Signals) {
    if !node.has_left() {
        signals.circuit(node.id, transition.from, transition.to);
    }
}

impl Ended for Hook {
    fn ended(&self, reason: &CloseReason) {
        // Kept until here, whoever else still has it.
        let pooled = self.pooled.get().and_then(Weak::upgrade);
        if let (Some(place), Some(pooled)) = (self.place.upgrade(), &pooled) {
            place.clear(Arc::as_ptr(pooled));
        }
        let is_failure = !matches!(
            reason,
            CloseReason::IdleDrop | CloseReason::Shutdown | CloseReason::AuthFailure(_)
        );
        // Who asked may have gone away before his question was left unanswered for too long.
        let is_unanswered = matches!(
            reason,
            CloseReason::ConnectionTimeout | CloseReason::OutOfSync { .. }
        );
        let is_in_use = pooled.as_ref().is_some_and(|pooled| pooled.in_use() > 0);
        // A broker may close a connection that nobody uses.
        if is_failure && (is_unanswered || is_in_use) {
            self.failed(reason);
        }
        let has_rested = pooled.is_some_and(|pooled| pooled.idle_for() >= RESTED);
        self.signals
            .disconnected(self.broker, self.purpose, reason, has_rested);
    }

    fn gone(&self) {
        let rights = self.rights.lock();
        drop(rights.unwrap_or_else(PoisonError::into_inner).take());
    }
}
