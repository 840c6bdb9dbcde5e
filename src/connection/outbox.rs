//! The requests that wait to be written, in the order in which they joined. No I/O.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use milena_wire::codec::Frame;

use super::run::{Queued, Run};
use super::waiter::Waiter;
use super::waiting_room::WaitingRoom;
use crate::close_reason::CloseReason;

/// What became of a request that wanted to join.
#[derive(Debug)]
pub(crate) enum Join {
    /// It joined. Gives back the buffer of its frame, and who must be woken.
    Joined {
        buffer: Vec<u8>,
        driver: Option<Waker>,
        /// Who was next in the line for room, if there is some left.
        next: Option<Waker>,
    },
    /// No room, or others are before: the waker is called when there is some.
    Full(Frame),
    Closed(CloseReason),
}

/// Whether the driver may rest.
#[derive(Debug)]
pub(crate) enum Rest {
    /// Until it is woken, or until the timer goes off at this time.
    Until(Instant),
    /// Not at all: requests are queued. The timer goes off at this time.
    Queue(Instant),
    Closed(CloseReason),
}

/// What the timer finds.
#[derive(Debug)]
pub(crate) struct Due {
    /// Requests whose time is up.
    pub(crate) late: Vec<Arc<Waiter>>,
    /// Those who waited for room and whose time is up, and whoever may try now.
    pub(crate) woken: Vec<Waker>,
    /// The connection was idle for too long, and is closed now.
    pub(crate) idle_drop: bool,
    /// When it must go off next.
    pub(crate) next: Instant,
}

/// The requests that wait to be written, and the bounds of what a connection holds at once.
#[derive(Debug)]
pub(crate) struct Outbox {
    run: Run,
    closed: Option<CloseReason>,
    /// The driver, while it rests.
    driver: Option<Waker>,
    /// Whether it rests because nothing is queued.
    wants_requests: bool,
    /// When the driver's timer goes off.
    timer: Instant,
    /// Bytes that the driver has taken and not written yet.
    writing: usize,
    /// Requests that joined and are not settled: queued or in flight.
    outstanding: usize,
    max_outstanding: usize,
    max_bytes: usize,
    waiting: WaitingRoom,
}

impl Outbox {
    /// `timer` is when the driver's timer goes off at first.
    pub(crate) fn new(max_outstanding: usize, max_bytes: usize, timer: Instant) -> Self {
        Self {
            run: Run::default(),
            closed: None,
            driver: None,
            wants_requests: false,
            timer,
            writing: 0,
            outstanding: 0,
            max_outstanding,
            max_bytes,
            waiting: WaitingRoom::default(),
        }
    }

    /// Adds a request, which has waited for room under `number` if it did.
    pub(crate) fn join(&mut self, frame: Frame, request: &Queued, number: Option<u64>) -> Join {
        if let Some(reason) = &self.closed {
            return Join::Closed(reason.clone());
        }
        // A frame larger than the bound goes alone, or it never would.
        let bytes = self.run.bytes() + self.writing + frame.len();
        let fits = self.run.is_empty() || bytes <= self.max_bytes;
        if !fits || !self.has_room() || !self.waiting.may_pass(number) {
            return Join::Full(frame);
        }
        if let Some(number) = number {
            self.waiting.leave(number);
        }
        self.outstanding += 1;
        let must_wake = std::mem::take(&mut self.wants_requests);
        let must_rearm = self.arm_by(request.waiter.deadline());
        let buffer = self.run.push(frame, request.clone());
        Join::Joined {
            buffer,
            driver: (must_wake || must_rearm)
                .then(|| self.driver.take())
                .flatten(),
            next: self.next_in_line(),
        }
    }

    fn has_room(&self) -> bool {
        self.outstanding < self.max_outstanding
    }

    /// Who may try now to join.
    fn next_in_line(&self) -> Option<Waker> {
        self.has_room().then(|| self.waiting.first())?
    }

    /// Whether the timer must be set earlier, which it then is to be.
    fn arm_by(&mut self, time: Instant) -> bool {
        let earlier = time < self.timer;
        if earlier {
            self.timer = time;
        }
        earlier
    }

    /// Waits for room, under `number` if it waited before. Gives the number, and the driver if its timer must be set anew.
    pub(crate) fn block(
        &mut self,
        number: Option<u64>,
        deadline: Instant,
        waker: &Waker,
    ) -> (u64, Option<Waker>) {
        let number = self.waiting.wait(number, deadline, waker);
        let must_rearm = self.arm_by(deadline);
        (number, must_rearm.then(|| self.driver.take()).flatten())
    }

    /// One who waited for room goes away: gives who may try in his place.
    pub(crate) fn unblock(&mut self, number: u64) -> Option<Waker> {
        self.waiting.leave(number);
        self.next_in_line()
    }

    /// The driver has nothing to do, but perhaps to take what is queued if it `wants_requests`. It `is_writing`, or is done with that;
    /// `settled` requests are done with since the last time, and the requests in flight need the timer at `timer`. Gives who may try now
    /// to join, too.
    pub(crate) fn rest(
        &mut self,
        waker: &Waker,
        wants_requests: bool,
        is_writing: bool,
        settled: usize,
        timer: Option<Instant>,
    ) -> (Rest, Option<Waker>) {
        self.outstanding = self.outstanding.saturating_sub(settled);
        let is_written = !is_writing && std::mem::take(&mut self.writing) > 0;
        // Only what was settled or written can have made room: others were told when it was made.
        let next = (settled > 0 || is_written).then(|| self.next_in_line());
        let next = next.flatten();
        if let Some(reason) = &self.closed {
            return (Rest::Closed(reason.clone()), next);
        }
        if let Some(timer) = timer {
            self.arm_by(timer);
        }
        if wants_requests && !self.run.is_empty() {
            return (Rest::Queue(self.timer), next);
        }
        self.wants_requests = wants_requests;
        if !self
            .driver
            .as_ref()
            .is_some_and(|driver| driver.will_wake(waker))
        {
            self.driver = Some(waker.clone());
        }
        (Rest::Until(self.timer), next)
    }

    /// Takes what is queued, leaving `empty` in its place. Gives who may try now to join: there is room for bytes again.
    pub(crate) fn take(&mut self, empty: &mut Run) -> Option<Waker> {
        std::mem::swap(&mut self.run, empty);
        self.writing = empty.bytes();
        self.next_in_line()
    }

    /// Refuses every request from now on. Gives what was queued, and who must be woken; `None` if it is closed already.
    pub(crate) fn close(&mut self, reason: CloseReason) -> Option<(Run, Vec<Waker>)> {
        if self.closed.is_some() {
            return None;
        }
        self.closed = Some(reason);
        let mut wakers = self.waiting.clear();
        wakers.extend(self.driver.take());
        Some((std::mem::take(&mut self.run), wakers))
    }

    /// Why requests are refused, if they are.
    pub(crate) fn closed(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// The timer went off. `next` is the next time that the requests in flight need it, `idle_at` when the connection is idle for too
    /// long if nothing comes, which has no say while something is queued, and `latest` when it goes off in any case.
    pub(crate) fn expire(
        &mut self,
        now: Instant,
        next: Option<Instant>,
        idle_at: Option<Instant>,
        latest: Instant,
    ) -> Due {
        let mut next = next.map_or(latest, |next| next.min(latest));
        let (mut late, mut idle_drop) = (Vec::new(), false);
        for waiter in self.run.waiters() {
            if waiter.deadline() <= now {
                late.push(Arc::clone(waiter));
            } else {
                next = next.min(waiter.deadline());
            }
        }
        let mut woken = self.waiting.late(now);
        if let Some(at) = self.waiting.next_deadline() {
            next = next.min(at);
        }
        woken.extend(self.next_in_line());
        let is_unused = self.run.is_empty() && self.waiting.is_empty() && self.closed.is_none();
        if let Some(at) = idle_at.filter(|_| is_unused) {
            if at <= now {
                // Under the same lock as joining: a request is either before it, and nothing is idle, or finds the connection closed.
                self.closed = Some(CloseReason::IdleDrop);
                // It is the driver who asks; his task's memory is not to stay for as long as there are handles.
                self.driver = None;
                idle_drop = true;
            }
            next = next.min(at);
        }
        self.timer = next;
        Due {
            late,
            woken,
            idle_drop,
            next,
        }
    }
}

#[cfg(test)]
mod tests;
