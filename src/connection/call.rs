//! One request on its way: queued, waited for, given up. What is in it is known to others.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use milena_wire::codec::Frame;

use super::clock::{after, now};
use super::run::{Answer, Queued};
use super::shared::{Joined, Shared};
use super::waiter::{Outcome, Waiter};

/// A call, from when it was made.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) deadline: Instant,
    /// How long the connection waits for the answer before it is given up.
    patience: Duration,
    state: State,
}

enum State {
    /// Not sent yet.
    New,
    /// Encoded, and waiting for room in the queue.
    Blocked {
        frame: Frame,
        number: u64,
        request: Queued,
    },
    /// Queued or in flight.
    Waiting(Arc<Waiter>),
    Done,
}

impl Call {
    /// The clock starts. `own_wait` is how long the request itself asks the broker to take its time.
    pub(crate) fn new(shared: Arc<Shared>, own_wait: Duration) -> Self {
        let time = shared.settings.deadline.saturating_add(own_wait);
        Self {
            deadline: after(now(), time),
            patience: shared.settings.request_timeout.saturating_add(own_wait),
            shared,
            state: State::New,
        }
    }

    /// Gives up after `time`, counted from now on.
    pub(crate) fn set_deadline(&mut self, time: Duration) {
        self.deadline = after(now(), time);
    }

    /// Queues the request, or begins to wait for room. Gives its buffer back to be used again, if it does not wait.
    pub(crate) fn start(
        &mut self,
        frame: Frame,
        answer: Answer,
        context: &Context<'_>,
    ) -> Option<Vec<u8>> {
        let request = Queued {
            waiter: Waiter::new(self.deadline),
            patience: self.patience,
            answer,
        };
        self.join(frame, request, None, context)
    }

    /// What became of it, once it is known. It is to have been started.
    pub(crate) fn poll(&mut self, context: &Context<'_>) -> Poll<Outcome> {
        if let State::Blocked { .. } = self.state {
            let late = self.deadline <= now();
            let State::Blocked {
                frame,
                number,
                request,
            } = std::mem::replace(&mut self.state, State::Done)
            else {
                return Poll::Pending;
            };
            if late {
                self.shared.unblock(number);
                return Poll::Ready(Outcome::Expired { sent: false });
            }
            self.join(frame, request, Some(number), context);
        }
        // A future that is polled after it was ready never wakes again.
        let State::Waiting(waiter) = &self.state else {
            return Poll::Pending;
        };
        let poll = waiter.poll(context);
        if poll.is_ready() {
            self.state = State::Done;
        }
        poll
    }

    fn join(
        &mut self,
        frame: Frame,
        request: Queued,
        number: Option<u64>,
        context: &Context<'_>,
    ) -> Option<Vec<u8>> {
        let (state, buffer) = match self.shared.join(frame, &request, number, context) {
            Joined::Queued(buffer) => (State::Waiting(request.waiter), Some(buffer)),
            Joined::Blocked(frame, number) => {
                let state = State::Blocked {
                    frame,
                    number,
                    request,
                };
                (state, None)
            }
            Joined::Closed(reason) => {
                request.waiter.close(&reason);
                (State::Waiting(request.waiter), None)
            }
        };
        self.state = state;
        buffer
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        match &self.state {
            State::Blocked { number, .. } => self.shared.unblock(*number),
            State::Waiting(waiter) => waiter.abandon(),
            State::New | State::Done => {}
        }
    }
}
