//! How connections of the pool come about, one at a time for each place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use tokio::sync::watch;
use tokio::time::{sleep, timeout_at};

use super::node::Node;
use super::place::{Connecting, Joined, Place};
use super::pooled::{Lease, Pooled};
use super::registry::{Permit, Registry};
use crate::close_reason::CloseReason;
use crate::cluster::purpose::Purpose;
use crate::cluster::random::Random;
use crate::cluster::retry::Backoff;
use crate::cluster::rewriter::Rewriter;
use crate::cluster::signals::Signals;
use crate::cluster::tasks::Tasks;
use crate::connection::{Address, Connection, ConnectionBuilder, Ended, now};
use crate::error::{ConnectFailure, Error, ErrorKind, Phase};

/// What makes the connections of a client, and knows how many there are.
#[derive(Debug)]
pub(crate) struct Pool {
    connection: ConnectionBuilder,
    rewriter: Option<Rewriter>,
    backoff: Backoff,
    registry: Arc<Registry>,
    signals: Arc<Signals>,
    tasks: Tasks,
}

impl Pool {
    pub(crate) fn new(
        connection: ConnectionBuilder,
        rewriter: Option<Rewriter>,
        backoff: Backoff,
        max_connections: Option<usize>,
        signals: Arc<Signals>,
        tasks: Tasks,
    ) -> Arc<Self> {
        Arc::new(Self {
            connection,
            rewriter,
            backoff,
            registry: Registry::new(max_connections),
            signals,
            tasks,
        })
    }

    /// The right to send over a connection to this broker: at once if one is there, else when it is made.
    pub(crate) async fn checkout(
        self: &Arc<Self>,
        node: &Arc<Node>,
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<Lease, Error> {
        if let Some(lease) = node.lease(purpose) {
            return Ok(lease);
        }
        let began = now();
        let result = self.wait(node, purpose, deadline).await;
        self.signals.pool_waited(now() - began);
        result
    }

    async fn wait(
        self: &Arc<Self>,
        node: &Arc<Node>,
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<Lease, Error> {
        loop {
            if self.tasks.is_closing() {
                return Err(Error::new(ErrorKind::Shutdown));
            }
            let place = node.place(purpose);
            let place = place.ok_or_else(|| Error::new(ErrorKind::UnknownBroker(node.id)))?;
            let mut connecting = match place.join(|| self.begin(node, purpose, place)) {
                Joined::Connected(lease) => return Ok(lease),
                Joined::Connecting(connecting) => connecting,
            };
            match timeout_at(deadline.into(), connecting.done()).await {
                Ok(Some(Ok(pooled))) if pooled.connection.is_open() => {
                    return Ok(Lease::new(pooled));
                }
                // It has ended already.
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(error),
                // The task is gone without a word: the runtime or the client ends.
                Ok(None) => return Err(Error::new(ErrorKind::Shutdown)),
                Err(_) => return Err(self.out_of_time(node, &connecting)),
            }
        }
    }

    fn out_of_time(&self, node: &Node, connecting: &Connecting) -> Error {
        let kind = match self.registry.max_connections() {
            Some(max_connections) if connecting.waits_for_room() => {
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
        let waits_for_room = Arc::new(AtomicBool::new(false));
        let connecting = Connecting {
            outcome,
            waits_for_room: Arc::clone(&waits_for_room),
        };
        let (pool, node, place) = (Arc::clone(self), Arc::clone(node), Arc::clone(place));
        self.tasks.spawn(async move {
            let result = tokio::select! {
                result = pool.connect(&node, purpose, &place, &waits_for_room) => result,
                () = pool.tasks.closing() => Err(Error::new(ErrorKind::Shutdown)),
            };
            place.settle(result.as_ref().ok().cloned());
            if pool.tasks.is_closing() {
                // Closing may have emptied all places before.
                place.empty();
            }
            let _ = told.send(Some(result));
        });
        connecting
    }

    async fn connect(
        &self,
        node: &Arc<Node>,
        purpose: Purpose,
        place: &Arc<Place>,
        waits_for_room: &AtomicBool,
    ) -> Result<Arc<Pooled>, Error> {
        if let Some(refusal) = node.backoff().refusal(now()) {
            return Err(refusal);
        }
        let permit = self
            .registry
            .permit(|| waits_for_room.store(true, Ordering::Relaxed))
            .await;
        waits_for_room.store(false, Ordering::Relaxed);
        loop {
            let wait = node.backoff().wait(now());
            if wait.is_zero() {
                break;
            }
            sleep(wait).await;
            if let Some(refusal) = node.backoff().refusal(now()) {
                return Err(refusal);
            }
        }
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
                Err(error)
            }
        }
    }

    async fn dial(
        &self,
        node: &Arc<Node>,
        purpose: Purpose,
        place: &Arc<Place>,
        permit: Permit,
    ) -> Result<Arc<Pooled>, Error> {
        let address = &node.address;
        let hook = Arc::new(Hook {
            node: Arc::downgrade(node),
            place: Arc::downgrade(place),
            pooled: OnceLock::new(),
            broker: node.id,
            purpose,
            signals: Arc::clone(&self.signals),
            _permit: permit,
        });
        let builder = self.builder(address)?;
        let mut builder = builder.on_end(Arc::clone(&hook) as Arc<dyn Ended>);
        if let Some(meter) = self.signals.meter(node.id) {
            builder = builder.metered(meter);
        }
        let connection = builder.connect(address.text()).await?;
        let pooled = Pooled::new(connection, node.id, purpose, &self.registry);
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

    /// A connection that belongs to no broker yet: to a bootstrap address.
    pub(crate) async fn bootstrap(&self, address: &Address) -> Result<Connection, Error> {
        self.builder(address)?.connect(address.text()).await
    }

    /// Waits until the client ends.
    pub(crate) async fn closing(&self) {
        self.tasks.closing().await;
    }

    /// All connections that there are.
    pub(crate) fn connections(&self) -> Vec<Arc<Pooled>> {
        self.registry.list()
    }

    /// The broker is gone from here: what goes over its connections is still answered, and then they end.
    pub(crate) fn drain(&self, node: &Node) {
        node.empty();
    }

    /// Ends all connections now.
    pub(crate) fn close_now(&self) {
        for pooled in self.registry.list() {
            pooled.connection.close();
        }
    }

    /// Ends all connections now, and waits until their sockets are gone.
    pub(crate) async fn close(&self) {
        self.close_now();
        for pooled in self.registry.list() {
            pooled.connection.closed().await;
        }
    }
}

/// Learns of the end of a connection, and holds its right to be there for as long as anything of it is.
struct Hook {
    node: Weak<Node>,
    place: Weak<Place>,
    pooled: OnceLock<Weak<Pooled>>,
    broker: i32,
    purpose: Purpose,
    signals: Arc<Signals>,
    _permit: Permit,
}

impl Hook {
    /// Whether anybody is let down. A broker may close a connection that nobody uses.
    fn is_in_use(&self) -> bool {
        let pooled = self.pooled.get().and_then(Weak::upgrade);
        pooled.is_some_and(|pooled| pooled.in_use() > 0)
    }

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

/// A connection could not be made, or was lost while it was needed.
fn failed(node: &Node, error: &Error, signals: &Signals) {
    signals.broker_failed(node.id);
    if let Some(health) = node.failed(error) {
        signals.health(node.id, health);
    }
    if let Some(transition) = node.breaker.failed(now()) {
        signals.circuit(node.id, &transition);
        node.circuit_changed();
    }
}

impl Ended for Hook {
    fn ended(&self, reason: &CloseReason) {
        let place = self.place.upgrade();
        if let (Some(place), Some(pooled)) = (place, self.pooled.get()) {
            place.clear(pooled.as_ptr());
        }
        let is_failure = !matches!(
            reason,
            CloseReason::IdleDrop | CloseReason::Shutdown | CloseReason::AuthFailure(_)
        );
        if is_failure && self.is_in_use() {
            self.failed(reason);
        }
        self.signals.disconnected(self.broker, self.purpose, reason);
    }
}
