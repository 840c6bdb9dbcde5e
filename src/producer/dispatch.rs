//! Has a sender do its work: by a task of its own and, where nothing is under way, by whoever has something to be sent at once.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use milena_wire::codec::VersionRange;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep_until};

use super::flight::{Answer, Parts};
use super::partition::{Help, Line};
use super::sender::Sender;
use super::shared::Shared;
use crate::cluster::Boxed;
use crate::connection::now;
use crate::error::Error;

/// How long the task goes on looking at its clock when nothing is under way any more.
const AWAKE: Duration = Duration::from_millis(250);

/// A sender, for its task and those who help it.
struct Dispatch {
    desk: Mutex<Desk>,
    /// The task's.
    runtime: Handle,
}

struct Desk {
    sender: Sender,
    /// The task's.
    waker: Option<Waker>,
    /// Until when the task looks at its clock, whatever is under way. Before that others may send for it, as it would see that there is no answer.
    awake_until: Option<Instant>,
    /// Whether something was sent since the task has decided to stay awake.
    was_busy: bool,
    /// Whether the last request had one record: then whoever sends awaits one after the other. Who sends several at a stretch is better served by the task,
    /// which finds them together.
    was_single: bool,
}

/// Writes what is ready to a broker, until the producer or the client ends.
pub(super) async fn run(shared: Arc<Shared>, line: Arc<Line>) {
    let desk = Desk {
        sender: Sender::new(Arc::clone(&shared), Arc::clone(&line)),
        waker: None,
        awake_until: None,
        was_busy: false,
        was_single: false,
    };
    let dispatch = Arc::new(Dispatch {
        desk: Mutex::new(desk),
        runtime: Handle::current(),
    });
    let helper = Arc::downgrade(&dispatch);
    line.set_helper(helper);
    tokio::select! {
        () = dispatch.work(&shared, &line) => {}
        () = shared.client.closing() => {}
    }
    let mut desk = dispatch.lock();
    desk.awake_until = None;
    desk.sender.give_up();
    desk.sender.tick();
}

impl Dispatch {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(&self, shared: &Shared, line: &Line) {
        let mut timer = pin!(sleep_until(now().into()));
        let mut news = shared.client.news();
        let mut has_waited = false;
        // Of the broker: that it can be asked.
        let mut readiness: Option<Boxed<'static, Result<VersionRange, Error>>> = None;
        while !shared.is_over() {
            let mut called = pin!(line.called());
            // From before the look on, so that nothing is missed.
            called.as_mut().enable();
            let next = {
                let mut desk = self.lock();
                let next = earlier(desk.stay_awake(), desk.sender.look_at_clock());
                let next = earlier(next, desk.sender.tick());
                desk.sender.look_elsewhere();
                if desk.sender.may_send() && readiness.is_none() {
                    readiness = Some(desk.sender.readiness());
                }
                news.mark_unchanged();
                // Mostly the broker can be asked at once.
                if readiness.is_some() && has_waited {
                    desk.sender.let_go();
                    if !line.is_anybody_ready() {
                        // Nobody waits for the broker any more.
                        readiness = None;
                    }
                }
                next
            };
            set(timer.as_mut(), next);
            let is_waiting = readiness.is_some();
            let mut changed = pin!(news.changed());
            let happened = std::future::poll_fn(|context| {
                // Those under way first: they may be sent again, or make room.
                if let Some((parts, answer)) = self.lock().poll_flights(context) {
                    return Poll::Ready(Happened::Answered(parts, answer));
                }
                if let Some(waiting) = &mut readiness {
                    if let Poll::Ready(result) = waiting.as_mut().poll(context) {
                        return Poll::Ready(Happened::Ready(result));
                    }
                }
                if is_waiting && changed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Happened::Called);
                }
                if called.as_mut().poll(context).is_ready()
                    || next.is_some() && timer.as_mut().poll(context).is_ready()
                {
                    return Poll::Ready(Happened::Called);
                }
                Poll::Pending
            });
            match happened.await {
                Happened::Answered(parts, answer) => self.lock().sender.answered(parts, answer),
                Happened::Ready(result) => {
                    readiness = None;
                    match result {
                        Ok(versions) => {
                            let mut desk = self.lock();
                            // Somebody may have sent meanwhile.
                            if desk.sender.may_send() {
                                desk.send(versions);
                            }
                        }
                        Err(error) => self.lock().sender.cannot_send(&error),
                    }
                }
                Happened::Called => {}
            }
            has_waited = readiness.is_some();
        }
    }
}

impl Desk {
    /// Decides whether the task looks at its clock for some more time; gives until when.
    fn stay_awake(&mut self) -> Option<Instant> {
        let now = now();
        if self.awake_until.is_none_or(|until| until <= now) {
            let was_busy = std::mem::take(&mut self.was_busy) || self.sender.is_under_way();
            self.awake_until = was_busy.then(|| now + AWAKE);
        }
        self.awake_until
    }

    fn poll_flights(&mut self, context: &mut Context<'_>) -> Option<(Parts, Answer)> {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => self.waker = Some(context.waker().clone()),
        }
        self.sender.poll_flights(context)
    }

    fn send(&mut self, versions: VersionRange) {
        self.was_busy = true;
        let records = self.sender.send(versions);
        if records > 0 {
            self.was_single = records == 1;
        }
    }
}

impl Help for Dispatch {
    /// Sends what is ready, if nothing is under way, the broker can be asked at once, and records come one by one. The task would do the same; but to be woken
    /// for it, often on another thread, takes longer than all the rest of what is done for a record that is sent by itself.
    fn help(&self, line: &Line) -> bool {
        if !line.is_anybody_ready() {
            // It is done already.
            return true;
        }
        let Ok(mut desk) = self.desk.try_lock() else {
            return false;
        };
        let Desk {
            sender,
            waker: Some(waker),
            awake_until: Some(_),
            was_single: true,
            ..
        } = &mut *desk
        else {
            return false;
        };
        if sender.is_under_way() || !sender.may_send() {
            return false;
        }
        // What waits for the answer is the task's: so are its timers, whoever calls.
        let _in_runtime = self.runtime.enter();
        let waker = waker.clone();
        let mut context = Context::from_waker(&waker);
        let mut readiness = sender.readiness();
        let ready = readiness
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(versions)) = ready else {
            return false;
        };
        desk.send(versions);
        // It is on its way with the first look for its answer.
        if let Some((parts, answer)) = desk.sender.poll_flights(&mut context) {
            desk.sender.answered(parts, answer);
        }
        !line.is_anybody_ready()
    }
}

/// What the task waits for.
enum Happened {
    Answered(Parts, Answer),
    Ready(Result<VersionRange, Error>),
    Called,
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

fn set(timer: Pin<&mut Sleep>, at: Option<Instant>) {
    if let Some(at) = at {
        let at = at.into();
        if timer.deadline() != at {
            timer.reset(at);
        }
    }
}
