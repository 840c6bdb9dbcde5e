//! One request on its way: queued, waited for, given up. What is in it is known to others.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::Frame;

use super::clock::{after, now};
use super::run::{Answer, Queued};
use super::shared::{Joined, Shared};
use super::waiter::{Outcome, Waiter};

/// A call, from when it was made.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) deadline: Instant,
    api: ApiKey,
    began: Instant,
    /// How long the connection waits for the answer before it is given up.
    patience: Duration,
    state: State,
}

enum State {
    /// Not sent yet.
    New,
    /// Waiting for room in the queue. Seldom, and large.
    Blocked(Box<Blocked>),
    /// Queued or in flight.
    Waiting(Arc<Waiter>),
    Done,
}

/// A request that is encoded and waits for room.
struct Blocked {
    frame: Frame,
    /// His place in the line.
    number: u64,
    request: Queued,
}

impl Call {
    /// The clock starts. `own_wait` is how long the request itself asks the broker to take its time.
    pub(crate) fn new(shared: Arc<Shared>, api: ApiKey, own_wait: Duration) -> Self {
        let time = shared.settings.deadline.saturating_add(own_wait);
        let began = now();
        Self {
            deadline: after(began, time),
            api,
            began,
            patience: shared.settings.request_timeout.saturating_add(own_wait),
            shared,
            state: State::New,
        }
    }

    /// When it was made.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Gives up after `time`, counted from now on; once the call was started it is too late to say so.
    pub(crate) fn set_deadline(&mut self, time: Duration) {
        self.set_deadline_at(after(now(), time));
    }

    /// Gives up at `deadline`; once the call was started it is too late to say so.
    pub(crate) fn set_deadline_at(&mut self, deadline: Instant) {
        if let State::New = self.state {
            self.deadline = deadline;
        }
    }

    /// Queues the request, or begins to wait for room; the task of `context` is woken when there is news. `spare` is given its buffer, to
    /// be used again, if it does not wait.
    pub(crate) fn start(
        &mut self,
        frame: Frame,
        answer: Answer,
        context: &Context<'_>,
        spare: impl FnOnce(Vec<u8>),
    ) -> Poll<Outcome> {
        let request = Queued {
            waiter: Waiter::new(self.deadline, context.waker()),
            patience: self.patience,
            answer,
            api: self.api,
            began: self.began,
        };
        self.join(frame, request, None, context, spare)
    }

    /// What became of it, once it is known. It is to have been started.
    pub(crate) fn poll(&mut self, context: &Context<'_>) -> Poll<Outcome> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Waiting(waiter) => {
                let poll = waiter.poll(context);
                if poll.is_pending() {
                    self.state = State::Waiting(waiter);
                }
                poll
            }
            State::Blocked(blocked) => {
                let Blocked {
                    frame,
                    number,
                    request,
                } = *blocked;
                if self.deadline <= now() {
                    self.shared.unblock(number);
                    return Poll::Ready(Outcome::Expired { sent: false });
                }
                // Another task may wait by now.
                let _ = request.waiter.poll(context);
                self.join(frame, request, Some(number), context, drop)
            }
            // A future that is polled after it was ready never wakes again.
            State::New | State::Done => Poll::Pending,
        }
    }

    fn join(
        &mut self,
        frame: Frame,
        request: Queued,
        number: Option<u64>,
        context: &Context<'_>,
        spare: impl FnOnce(Vec<u8>),
    ) -> Poll<Outcome> {
        self.state = match self.shared.join(frame, &request, number, context) {
            Joined::Queued(buffer) => {
                spare(buffer);
                State::Waiting(request.waiter)
            }
            Joined::Blocked(frame, number) => State::Blocked(Box::new(Blocked {
                frame,
                number,
                request,
            })),
            Joined::Closed(reason) => {
                self.state = State::Done;
                let sent = false;
                return Poll::Ready(Outcome::Closed { reason, sent });
            }
        };
        Poll::Pending
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        match &self.state {
            State::Blocked(blocked) => self.shared.unblock(blocked.number),
            State::Waiting(waiter) => waiter.abandon(),
            State::New | State::Done => {}
        }
    }
}
