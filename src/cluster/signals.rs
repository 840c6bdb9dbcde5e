//! Where all parts of a client tell what happens: to the log, to whoever listens, and to the worker that keeps the metadata fresh.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use tokio::sync::{Notify, broadcast};

use super::breaker::Transition;
use super::events::{ClientEvent, Events};
use super::purpose::Purpose;
use crate::close_reason::CloseReason;
use crate::error::Error;

/// So many events are kept for who is slow to take them.
const KEPT: usize = 256;

/// What happens in a client, and who wants to know.
#[derive(Debug)]
pub(crate) struct Signals {
    events: broadcast::Sender<ClientEvent>,
    /// Something was seen that metadata does not know yet.
    is_stale: AtomicBool,
    worker: Notify,
}

/// Whether a broker answers, as its traffic shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It does.
    Up,
    /// It has not for several times in a row.
    Down,
}

impl Signals {
    pub(crate) fn new() -> Self {
        Self {
            events: broadcast::Sender::new(KEPT),
            is_stale: AtomicBool::new(false),
            worker: Notify::new(),
        }
    }

    pub(crate) fn listen(&self) -> Events {
        Events::new(self.events.subscribe())
    }

    pub(crate) fn tell(&self, event: ClientEvent) {
        tracing::info!(%event, "cluster");
        // It is no error if nobody listens.
        let _ = self.events.send(event);
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
        self.tell(match health {
            Health::Up => ClientEvent::BrokerUp { broker },
            Health::Down => ClientEvent::BrokerDown { broker },
        });
    }

    pub(crate) fn circuit(&self, broker: i32, transition: &Transition) {
        self.tell(ClientEvent::CircuitChanged {
            broker,
            from: transition.from,
            to: transition.to,
        });
    }

    pub(crate) fn connected(&self, broker: i32, purpose: Purpose) {
        tracing::debug!(broker, purpose = purpose.name(), "connected");
    }

    pub(crate) fn connect_failed(&self, broker: i32, purpose: Purpose, error: &Error) {
        tracing::debug!(broker, purpose = purpose.name(), %error, "connecting failed");
        self.metadata_is_stale();
    }

    pub(crate) fn disconnected(&self, broker: i32, purpose: Purpose, reason: &CloseReason) {
        tracing::debug!(broker, purpose = purpose.name(), %reason, "disconnected");
        if !matches!(reason, CloseReason::IdleDrop | CloseReason::Shutdown) {
            self.metadata_is_stale();
        }
    }

    pub(crate) fn throttled(&self, _api: ApiKey, _time: Duration) {}

    pub(crate) fn retried(&self, _api: ApiKey) {}

    pub(crate) fn refused(&self, _api: ApiKey, _code: ErrorCode) {}

    pub(crate) fn lost(&self, _api: ApiKey, _error: &Error) {}

    pub(crate) fn pool_waited(&self, _time: Duration) {}

    pub(crate) fn pool_exhausted(&self) {}
}
