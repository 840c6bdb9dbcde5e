//! What the handles and the driver of one connection share.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Instant;

use milena_wire::codec::Frame;
use tokio::sync::Notify;

use super::address::Address;
use super::clock::{after, now};
use super::outbox::{Due, Join, Outbox};
use super::report::ConnectReport;
use super::run::Queued;
use super::settings::Settings;
use crate::close_reason::CloseReason;
use crate::metrics::{CloseKind, Meter, Opened};
use crate::versions::BrokerVersions;

/// The state of one connection. Its lock is held for a few instructions, never over I/O.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) address: Address,
    pub(crate) settings: Arc<Settings>,
    pub(crate) versions: BrokerVersions,
    pub(crate) report: ConnectReport,
    /// If it is counted.
    opened: Option<Opened>,
    outbox: Mutex<Outbox>,
    /// Changed under the lock of the outbox, with the reason.
    is_open: AtomicBool,
    is_over: AtomicBool,
    /// The broker has asked for silence until then, which is no rest.
    silent_until: Mutex<Option<Instant>>,
    ended: Notify,
}

impl Shared {
    pub(crate) fn new(
        address: Address,
        settings: Arc<Settings>,
        versions: BrokerVersions,
        report: ConnectReport,
        opened: Option<Opened>,
    ) -> Arc<Self> {
        let first_timer = after(now(), settings.connections_max_idle);
        let outbox = Outbox::new(
            settings.max_outstanding,
            settings.max_queued_bytes,
            first_timer,
        );
        Arc::new(Self {
            address,
            settings,
            versions,
            report,
            opened,
            outbox: Mutex::new(outbox),
            is_open: AtomicBool::new(true),
            is_over: AtomicBool::new(false),
            silent_until: Mutex::new(None),
            ended: Notify::new(),
        })
    }

    pub(crate) fn keep_silent_until(&self, at: Instant) {
        let silent = self.silent_until.lock();
        let mut silent = silent.unwrap_or_else(PoisonError::into_inner);
        *silent = (*silent).max(Some(at));
    }

    /// Until when the broker has asked for silence, if it ever did.
    pub(crate) fn silent_until(&self) -> Option<Instant> {
        let silent = self.silent_until.lock();
        *silent.unwrap_or_else(PoisonError::into_inner)
    }

    /// For the driver.
    pub(crate) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        // Nothing panics while it is held; and if it did, a connection that still closes is better than one that hangs.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request, or waits for room to do so: under `number`, if it waited before.
    pub(crate) fn join(
        &self,
        frame: Frame,
        request: &Queued,
        number: Option<u64>,
        context: &Context<'_>,
    ) -> Joined {
        let mut outbox = self.outbox();
        match outbox.join(frame, request, number) {
            Join::Joined {
                buffer,
                driver,
                next,
            } => {
                drop(outbox);
                wake(next.into_iter().chain(driver));
                Joined::Queued(buffer)
            }
            Join::Full(frame) => {
                let deadline = request.waiter.deadline();
                let (number, driver) = outbox.block(number, deadline, context.waker());
                drop(outbox);
                wake(driver);
                Joined::Blocked(frame, number)
            }
            Join::Closed(reason) => Joined::Closed(reason),
        }
    }

    /// One who waited for room goes away.
    pub(crate) fn unblock(&self, number: u64) {
        let woken = self.outbox().unblock(number);
        wake(woken);
    }

    /// Ends the connection: requests are refused from now on, those queued fail with the reason, and the driver is told to end. Only the
    /// first call does anything.
    pub(crate) fn close(&self, reason: &CloseReason) {
        let mut outbox = self.outbox();
        let closed = outbox.close(reason.clone());
        self.is_open.store(false, Ordering::Release);
        drop(outbox);
        if let Some((queued, woken)) = closed {
            self.tell_end(reason);
            queued.close(reason);
            wake(woken);
        }
    }

    /// The timer's part in the queue; see [`Outbox::expire`].
    pub(crate) fn expire(
        &self,
        now: Instant,
        next: Option<Instant>,
        idle_at: Option<Instant>,
        latest: Instant,
    ) -> Due {
        let mut outbox = self.outbox();
        let due = outbox.expire(now, next, idle_at, latest);
        if due.idle_drop {
            self.is_open.store(false, Ordering::Release);
            drop(outbox);
            self.tell_end(&CloseReason::IdleDrop);
        }
        due
    }

    /// Not under the lock: who is told may drop the last handle, which takes it.
    fn tell_end(&self, reason: &CloseReason) {
        if let Some(opened) = &self.opened {
            opened.ended(reason);
        }
        if let Some(ended) = &self.settings.on_end {
            ended.ended(reason);
        }
    }

    /// What the connection counts with.
    pub(crate) fn meter(&self) -> Option<&Meter> {
        self.opened.as_ref().map(Opened::meter)
    }

    /// It is counted as one that drains from now on.
    pub(crate) fn drain(&self) {
        if let Some(opened) = &self.opened {
            opened.drain();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// The reason, once the connection is closed.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.outbox().closed().cloned()
    }

    /// The driver is gone, and the socket with it: whoever waits for that is told.
    pub(crate) fn end(&self) {
        self.close(&CloseReason::Shutdown);
        let reason = self.close_reason().unwrap_or(CloseReason::Shutdown);
        let is_failure = !matches!(reason, CloseReason::Shutdown | CloseReason::IdleDrop);
        tracing::debug!(
            messaging.system = "kafka",
            server.address = self.address.host(),
            server.port = self.address.port(),
            error.type = is_failure.then(|| CloseKind::from(&reason).name()),
            %reason,
            "connection closed"
        );
        self.is_over.store(true, Ordering::Release);
        if let Some(ended) = &self.settings.on_end {
            ended.gone();
        }
        self.ended.notify_waiters();
        if let Some(observer) = &self.settings.on_close {
            observer.tell(self.address.text(), reason);
        }
    }

    /// Waits for the end of the connection.
    pub(crate) async fn closed(&self) -> CloseReason {
        let mut ended = pin!(self.ended.notified());
        // It counts from here on, so that an end between the look and the wait is not missed.
        ended.as_mut().enable();
        if !self.is_over.load(Ordering::Acquire) {
            ended.await;
        }
        self.close_reason().unwrap_or(CloseReason::Shutdown)
    }
}

/// What became of a request that wanted to be queued.
#[derive(Debug)]
pub(crate) enum Joined {
    /// It is; its buffer comes back to be used again.
    Queued(Vec<u8>),
    /// There is no room: it waits under a number, and will be woken.
    Blocked(Frame, u64),
    /// The connection has ended.
    Closed(CloseReason),
}

pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
