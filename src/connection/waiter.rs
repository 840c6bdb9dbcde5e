//! Where the answer to one request is put, and who is woken by it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;

use crate::close_reason::CloseReason;

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

/// The one allocation of a request: shared by the future that waits and the connection that answers.
#[derive(Debug)]
pub(crate) struct Waiter {
    deadline: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Waiting(Option<Waker>),
    Done(Outcome),
    /// Nobody waits any more: the answer is dropped unread, and bytes not yet written never are.
    Abandoned,
}

impl Waiter {
    pub(crate) fn new(deadline: Instant) -> Arc<Self> {
        Arc::new(Self {
            deadline,
            state: Mutex::new(State::Waiting(None)),
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
        self.with(|state| matches!(state, State::Waiting(_)))
    }

    /// Tells the outcome, if somebody still waits for one.
    pub(crate) fn settle(&self, outcome: Outcome) {
        let waker = self.with(|state| match state {
            State::Waiting(waker) => {
                let waker = waker.take();
                *state = State::Done(outcome);
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
            State::Waiting(old) => {
                let waker = match old {
                    Some(old) if old.will_wake(context.waker()) => old,
                    _ => context.waker().clone(),
                };
                *state = State::Waiting(Some(waker));
                Poll::Pending
            }
            State::Abandoned => Poll::Pending,
        })
    }
}
