//! Where the answer to one request is put, and who is woken by it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::close_reason::CloseReason;
use crate::error::ErrorKind;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The frame of the answer, without its length.
    Answered(Bytes),
    /// Written; no answer will come.
    Written,
    /// The connection ended.
    Closed { reason: CloseReason, sent: bool },
    /// The deadline passed.
    Expired { sent: bool },
}

impl Outcome {
    /// What to tell the caller if it is not what he hoped for, and whether the request may have been carried out.
    pub(crate) fn failure(self) -> (ErrorKind, bool) {
        match self {
            Self::Closed { reason, sent } => (ErrorKind::Closed(reason), sent),
            Self::Expired { sent } => (ErrorKind::DeadlineExceeded, sent),
            // What is answered has no waiter that only waits for writing, and the other way round.
            Self::Answered(_) | Self::Written => (ErrorKind::NoAnswer, true),
        }
    }
}

/// The one allocation of a request: shared by the future that waits and the connection that answers.
#[derive(Debug)]
pub(crate) struct Waiter {
    deadline: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Waiting {
        waker: Option<Waker>,
        /// Whether the writer has it: from then on it may be sent, whatever becomes of the wait.
        launched: bool,
    },
    Done(Outcome),
    /// Nobody waits any more: the answer is dropped unread, and bytes not yet written never are.
    Abandoned,
}

impl Waiter {
    pub(crate) fn new(deadline: Instant) -> Arc<Self> {
        Arc::new(Self {
            deadline,
            state: Mutex::new(State::Waiting {
                waker: None,
                launched: false,
            }),
        })
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    fn with<R>(&self, body: impl FnOnce(&mut State) -> R) -> R {
        body(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether somebody still waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.with(|state| matches!(state, State::Waiting { .. }))
    }

    /// The writer is about to send the request: gives false, and it must not, if nobody waits any more.
    pub(crate) fn launch(&self) -> bool {
        self.with(|state| match state {
            State::Waiting { launched, .. } => {
                *launched = true;
                true
            }
            State::Done(_) | State::Abandoned => false,
        })
    }

    /// The answer came.
    pub(crate) fn answer(&self, frame: Bytes) {
        self.settle(|_| Outcome::Answered(frame));
    }

    /// The request is written, and has no answer.
    pub(crate) fn written(&self) {
        self.settle(|_| Outcome::Written);
    }

    /// The deadline passed.
    pub(crate) fn expire(&self) {
        self.settle(|sent| Outcome::Expired { sent });
    }

    /// The connection ended.
    pub(crate) fn close(&self, reason: &CloseReason) {
        self.settle(|sent| Outcome::Closed {
            reason: reason.clone(),
            sent,
        });
    }

    /// Tells the outcome, which may depend on whether the request was launched, if somebody still waits for one.
    fn settle(&self, outcome: impl FnOnce(bool) -> Outcome) {
        let waker = self.with(|state| match state {
            State::Waiting { waker, launched } => {
                let (waker, launched) = (waker.take(), *launched);
                *state = State::Done(outcome(launched));
                waker
            }
            State::Done(_) | State::Abandoned => None,
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn abandon(&self) {
        // What was there is dropped outside of the lock.
        drop(self.with(|state| std::mem::replace(state, State::Abandoned)));
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Outcome> {
        self.with(|state| match std::mem::replace(state, State::Abandoned) {
            State::Done(outcome) => Poll::Ready(outcome),
            State::Waiting { waker, launched } => {
                let waker = match waker {
                    Some(waker) if waker.will_wake(context.waker()) => waker,
                    _ => context.waker().clone(),
                };
                let waker = Some(waker);
                *state = State::Waiting { waker, launched };
                Poll::Pending
            }
            State::Abandoned => Poll::Pending,
        })
    }
}
