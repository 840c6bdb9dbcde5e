//! Where all parts of a client tell what happens: to the log, to whoever listens, and to the worker that keeps the metadata fresh.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use milena_wire::api_key::ApiKey;
use tokio::sync::{Notify, broadcast};

use super::breaker::BreakerState;
use super::events::{ClientEvent, Events};
use super::purpose::Purpose;
use crate::close_reason::CloseReason;
use crate::connection::now;
use crate::error::Error;
use crate::metrics::{BrokerMetrics, Health, Meter, Recorder};

/// So many events are kept for who is slow to take them.
const KEPT: usize = 256;

/// What happens in a client, and who wants to know.
#[derive(Debug)]
pub(crate) struct Signals {
    /// Until the client ends.
    events: Mutex<Option<broadcast::Sender<ClientEvent>>>,
    /// Something was seen that metadata does not know yet.
    is_stale: AtomicBool,
    worker: Notify,
    down: Notify,
    /// If anything is counted.
    pub(crate) recorder: Option<Arc<Recorder>>,
}

impl Signals {
    pub(crate) fn new(recorder: Option<Arc<Recorder>>) -> Self {
        Self {
            recorder,
            events: Mutex::new(Some(broadcast::Sender::new(KEPT))),
            is_stale: AtomicBool::new(false),
            worker: Notify::new(),
            down: Notify::new(),
        }
    }

    pub(crate) fn listen(&self) -> Events {
        Events::new(match &*self.events() {
            Some(events) => events.subscribe(),
            // It has ended: there will be none.
            None => broadcast::channel(1).1,
        })
    }

    pub(crate) fn tell(&self, event: ClientEvent) {
        if event.is_good() {
            tracing::info!(%event, "cluster");
        } else {
            tracing::warn!(%event, "cluster");
        }
        if let Some(events) = &*self.events() {
            // It is no error if nobody listens.
            let _ = events.send(event);
        }
    }

    /// The client has ended: whoever listens is told so.
    pub(crate) fn end(&self) {
        *self.events() = None;
    }

    fn events(&self) -> MutexGuard<'_, Option<broadcast::Sender<ClientEvent>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the cluster may no longer be true: the worker is to ask.
    pub(crate) fn metadata_is_stale(&self) {
        if !self.is_stale.swap(true, Ordering::AcqRel) {
            self.worker.notify_one();
        }
    }

    /// Whether it was said that metadata is stale, since this was asked last.
    pub(crate) fn take_stale(&self) -> bool {
        self.is_stale.swap(false, Ordering::AcqRel)
    }

    /// Wakes the worker: somebody wants something.
    pub(crate) fn wake_worker(&self) {
        self.worker.notify_one();
    }

    /// Waits until the worker is woken.
    pub(crate) async fn worker_woken(&self) {
        self.worker.notified().await;
    }

    pub(crate) fn health(&self, broker: i32, health: Health) {
        self.count_of(broker, |metrics| metrics.health_changed(health));
        if health == Health::Down {
            self.down.notify_one();
        }
        self.tell(match health {
            Health::Down => ClientEvent::BrokerDown { broker },
            _ => ClientEvent::BrokerUp { broker },
        });
    }

    /// Waits until a broker goes down, or has since this was asked last.
    pub(crate) async fn broker_went_down(&self) {
        self.down.notified().await;
    }

    pub(crate) fn circuit(&self, broker: i32, from: BreakerState, to: BreakerState) {
        self.count_of(broker, |metrics| metrics.breaker_changed(to));
        self.tell(ClientEvent::CircuitChanged { broker, from, to });
    }

    pub(crate) fn connected(&self, broker: i32, purpose: Purpose) {
        tracing::debug!(broker, purpose = purpose.name(), "connected");
    }

    pub(crate) fn connect_failed(&self, broker: i32, purpose: Purpose, error: &Error) {
        tracing::debug!(broker, purpose = purpose.name(), %error, "connecting failed");
        self.metadata_is_stale();
    }

    /// A connection is no more. That of a broker that stops is a reason to ask for news; one that had rested is not, or an idle client would ask each time
    /// that a broker closes what it asked over before, for ever.
    pub(crate) fn disconnected(
        &self,
        broker: i32,
        purpose: Purpose,
        reason: &CloseReason,
        has_rested: bool,
    ) {
        tracing::debug!(broker, purpose = purpose.name(), %reason, "disconnected");
        if !has_rested && !matches!(reason, CloseReason::IdleDrop | CloseReason::Shutdown) {
            self.metadata_is_stale();
        }
    }

    pub(crate) fn throttled(&self, api: ApiKey, time: Duration) {
        self.count(|recorder| recorder.throttled(api, time));
    }

    pub(crate) fn retried(&self, api: ApiKey) {
        self.count(|recorder| recorder.retried(api));
    }

    /// A broker could not be reached, or a request to it was lost with its connection.
    pub(crate) fn broker_failed(&self, broker: i32) {
        self.count_of(broker, BrokerMetrics::failed);
    }

    pub(crate) fn pool_waited(&self, time: Duration) {
        self.count(|recorder| recorder.pool_waited(time));
    }

    pub(crate) fn pool_exhausted(&self) {
        self.count(Recorder::pool_exhausted);
    }

    pub(crate) fn metadata_refreshed(&self) {
        self.count(|recorder| recorder.metadata_refreshed(now()));
    }

    pub(crate) fn metadata_failed(&self) {
        self.count(Recorder::metadata_failed);
    }

    /// A broker is no more.
    pub(crate) fn broker_left(&self, broker: i32) {
        self.count(|recorder| recorder.broker_left(broker));
    }

    /// How connections to a broker are counted.
    pub(crate) fn meter(&self, broker: i32) -> Option<Meter> {
        let recorder = self.recorder.as_ref()?;
        Some(Meter::new(recorder, &recorder.broker(broker)))
    }

    /// Tells the program's recorder what was counted.
    pub(crate) fn export(&self) {
        self.count(|recorder| recorder.export(now()));
    }

    /// Of a broker that has not left: its old connections may still end.
    fn count_of(&self, broker: i32, count: impl FnOnce(&BrokerMetrics)) {
        self.count(|recorder| {
            if let Some(metrics) = recorder.known_broker(broker) {
                count(&metrics);
            }
        });
    }

    fn count(&self, count: impl FnOnce(&Recorder)) {
        if let Some(recorder) = &self.recorder {
            count(recorder);
        }
    }
}
