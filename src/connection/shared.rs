//! What the handles, the reader and the writer of one connection share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Instant;

use bytes::Bytes;
use milena_wire::codec::Frame;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::in_flight::InFlight;
use super::outbox::{Join, Outbox, Queued, Run};
use super::settings::Settings;
use super::waiter::Waiter;
use crate::close_reason::CloseReason;
use crate::versions::BrokerVersions;

/// The state of one connection. Each lock is held for a few instructions, never over I/O; where two are needed, the outbox
/// comes first.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) peer: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) versions: BrokerVersions,
    outbox: Mutex<Outbox>,
    in_flight: Mutex<InFlight<Arc<Waiter>>>,
    writer_wake: Notify,
    timer_wake: Notify,
    closed: watch::Sender<Option<CloseReason>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Shared {
    pub(crate) fn new(
        peer: Arc<str>,
        settings: Settings,
        versions: BrokerVersions,
        next_id: i32,
    ) -> Arc<Self> {
        let outbox = Outbox::new(settings.max_outstanding, settings.max_queued_bytes);
        Arc::new(Self {
            peer,
            settings,
            versions,
            outbox: Mutex::new(outbox),
            in_flight: Mutex::new(InFlight::new(next_id)),
            writer_wake: Notify::new(),
            timer_wake: Notify::new(),
            closed: watch::Sender::new(None),
            tasks: Mutex::new(Vec::new()),
        })
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        lock(&self.outbox)
    }

    fn in_flight(&self) -> MutexGuard<'_, InFlight<Arc<Waiter>>> {
        lock(&self.in_flight)
    }

    /// Queues a request, or waits for room to do so: under `number`, if it waited before.
    pub(crate) fn join(
        &self,
        frame: Frame,
        request: &Queued,
        number: Option<u64>,
        context: &Context<'_>,
    ) -> Joined {
        let deadline = request.waiter.deadline();
        let mut outbox = self.outbox();
        match outbox.join(frame, request, number) {
            Join::Joined {
                buffer,
                wake_writer,
                rearm,
                next,
            } => {
                drop(outbox);
                wake(next);
                if wake_writer {
                    self.writer_wake.notify_one();
                }
                if rearm {
                    self.timer_wake.notify_one();
                }
                Joined::Queued(buffer)
            }
            Join::Full(frame) => {
                let (number, rearm) = outbox.block(number, deadline, context.waker());
                drop(outbox);
                if rearm {
                    self.timer_wake.notify_one();
                }
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

    /// Waits until requests are queued. For the writer.
    pub(crate) async fn queued(&self, run: &mut Run) {
        // So that everybody who is ready gets his bytes into this write; twice serves both kinds of runtime best.
        const YIELDS: usize = 2;
        loop {
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
            if self.outbox().take(run) {
                return;
            }
            self.writer_wake.notified().await;
        }
    }

    /// Gives the requests of a run their ids, in order, and notes that they are in flight. Withdrawn ones are taken out of it.
    pub(crate) fn launch(&self, run: &mut Run) -> Result<(), CloseReason> {
        let queued = run.len();
        let now = Instant::now();
        let mut in_flight = self.in_flight();
        run.stamp(|row| {
            let request = &row.request;
            if request.waiter.deadline() <= now {
                request.waiter.expire();
            }
            if !request.waiter.launch() {
                return None;
            }
            let id = in_flight.next_id();
            let (patience, waiter) = (request.patience, Arc::clone(&request.waiter));
            if request.oneway {
                in_flight.push_oneway(id, now, patience, waiter);
            } else {
                in_flight.push(id, now, patience, waiter);
            }
            Some(id)
        });
        let give_up_at = in_flight.give_up_at();
        drop(in_flight);
        let outbox = self.outbox();
        if let Some(reason) = outbox.closed().cloned() {
            // Whoever closed may have looked for requests in flight before these were.
            drop(outbox);
            self.fail_in_flight(&reason);
            return Err(reason);
        }
        // The queue is empty again, so whoever waited for room for his bytes may try, too.
        self.settled(outbox, queued - run.len(), give_up_at);
        Ok(())
    }

    /// A run was written: requests that have no answer are done.
    pub(crate) fn written(&self) {
        let done = self.in_flight().written();
        for entry in &done {
            entry.waiter.written();
        }
        if !done.is_empty() {
            self.settled(self.outbox(), done.len(), None);
        }
    }

    /// Requests were settled: whoever waits for room may try, and the timer is set for when the connection is to be given up now.
    fn settled(
        &self,
        mut outbox: MutexGuard<'_, Outbox>,
        count: usize,
        give_up_at: Option<Instant>,
    ) {
        let rearm = give_up_at.is_some_and(|at| outbox.arm_by(at));
        let woken = outbox.settled(count);
        drop(outbox);
        if rearm {
            self.timer_wake.notify_one();
        }
        wake(woken);
    }

    /// Some bytes of a large run went out.
    pub(crate) fn progressed(&self) {
        self.in_flight().progressed(Instant::now());
    }

    /// Answers came, each with its correlation id.
    pub(crate) fn answered(&self, answers: &mut Vec<(i32, Bytes)>) -> Result<(), CloseReason> {
        // A large answer arrives in many pieces, and all but the last one make none whole.
        if answers.is_empty() {
            return Ok(());
        }
        let now = Instant::now();
        let mut result = Ok(());
        let mut waiters = Vec::with_capacity(answers.len());
        let mut in_flight = self.in_flight();
        for (id, frame) in answers.drain(..) {
            match in_flight.answered(id, now) {
                Ok(waiter) => waiters.push((waiter, frame)),
                Err(reason) => {
                    result = Err(reason);
                    break;
                }
            }
        }
        let give_up_at = in_flight.give_up_at();
        drop(in_flight);
        let settled = waiters.len();
        for (waiter, frame) in waiters {
            waiter.answer(frame);
        }
        // The next request may be given up sooner than the one before it would have been.
        self.settled(self.outbox(), settled, give_up_at);
        result
    }

    /// When the timer must go off next.
    pub(crate) fn armed(&self) -> Option<Instant> {
        self.outbox().armed()
    }

    /// Waits until the timer must be set anew.
    pub(crate) fn rearmed(&self) -> tokio::sync::futures::Notified<'_> {
        self.timer_wake.notified()
    }

    /// Ends the calls whose deadline has passed, and the connection if its oldest request has waited too long.
    pub(crate) fn expire(&self, now: Instant) -> Result<(), CloseReason> {
        let mut outbox = self.outbox();
        let in_flight = self.in_flight();
        let mut next = in_flight.give_up_at();
        if next.is_some_and(|at| at <= now) {
            return Err(CloseReason::ConnectionTimeout);
        }
        let mut late = Vec::new();
        for waiter in in_flight.waiters() {
            let deadline = waiter.deadline();
            if deadline <= now {
                late.push(Arc::clone(waiter));
            } else if next.is_none_or(|next| deadline < next) && waiter.is_waiting() {
                next = Some(deadline);
            }
        }
        drop(in_flight);
        let (queued, woken) = outbox.expire(now, next);
        drop(outbox);
        for waiter in late.iter().chain(&queued) {
            waiter.expire();
        }
        wake(woken);
        Ok(())
    }

    /// Ends the connection: every request fails with the reason, the tasks end, and whoever waits for the end is told. Only the
    /// first call does anything.
    pub(crate) fn close(&self, reason: CloseReason) {
        let Some((queued, woken)) = self.outbox().close(reason.clone()) else {
            return;
        };
        tracing::debug!(peer = %self.peer, %reason, "connection closed");
        self.fail_in_flight(&reason);
        queued.close(&reason);
        wake(woken);
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
        self.closed.send_replace(Some(reason));
    }

    /// The reason, once the connection has ended.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        // Set first when the connection closes: whoever was told of it finds it here.
        self.outbox().closed().cloned()
    }

    /// Waits for the end of the connection.
    pub(crate) async fn closed(&self) -> CloseReason {
        let mut closed = self.closed.subscribe();
        // The sender lives in `self`, so waiting cannot fail; were it gone, the connection would be too.
        match closed.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(CloseReason::Shutdown),
            Err(_) => CloseReason::Shutdown,
        }
    }

    /// A background task of the connection: it ends with it.
    pub(crate) fn adopt(&self, task: AbortHandle) {
        let mut tasks = lock(&self.tasks);
        if self.close_reason().is_some() {
            task.abort();
        } else {
            tasks.push(task);
        }
    }

    fn fail_in_flight(&self, reason: &CloseReason) {
        let waiters = self.in_flight().drain();
        for waiter in waiters {
            waiter.close(reason);
        }
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

fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while a lock is held; and if it did, a connection that still closes is better than one that hangs.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
