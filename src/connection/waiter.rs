//! Where the answer to one request is put, and who is woken by it.

use std::sync::atomic::{AtomicU8, Ordering};
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
    /// [`LAUNCHED`] and [`OVER`]: whichever of the two comes first decides what becomes of the request.
    flags: AtomicU8,
    state: Mutex<State>,
}

/// The driver has it: from then on it may be sent, whatever becomes of the wait.
const LAUNCHED: u8 = 1;

/// Nobody waits any more: bytes that are not with the driver yet are never written.
const OVER: u8 = 2;

#[derive(Debug)]
enum State {
    Waiting(Waker),
    Done(Outcome),
    /// The answer is dropped unread.
    Abandoned,
}

impl Waiter {
    pub(crate) fn new(deadline: Instant, waker: &Waker) -> Arc<Self> {
        Arc::new(Self {
            deadline,
            flags: AtomicU8::new(0),
            state: Mutex::new(State::Waiting(waker.clone())),
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

    /// The driver is about to send the request: gives false, and it must not, if nobody waits any more.
    pub(crate) fn launch(&self) -> bool {
        self.flags.fetch_or(LAUNCHED, Ordering::AcqRel) & OVER == 0
    }

    /// The wait is over. Gives whether the request was launched before.
    fn end(&self) -> bool {
        self.flags.fetch_or(OVER, Ordering::AcqRel) & LAUNCHED != 0
    }

    /// The answer came.
    pub(crate) fn answer(&self, frame: Bytes) {
        self.settle(Outcome::Answered(frame));
    }

    /// The request is written, and has no answer.
    pub(crate) fn written(&self) {
        self.settle(Outcome::Written);
    }

    /// The deadline passed.
    pub(crate) fn expire(&self) {
        let sent = self.end();
        self.settle(Outcome::Expired { sent });
    }

    /// The connection ended.
    pub(crate) fn close(&self, reason: &CloseReason) {
        let (sent, reason) = (self.end(), reason.clone());
        self.settle(Outcome::Closed { reason, sent });
    }

    /// Tells the outcome, if somebody still waits for one.
    fn settle(&self, outcome: Outcome) {
        let settled = self.with(|state| match state {
            State::Waiting(_) => Ok(std::mem::replace(state, State::Done(outcome))),
            // It is dropped outside of the lock, too.
            State::Done(_) | State::Abandoned => Err(outcome),
        });
        if let Ok(State::Waiting(waker)) = settled {
            waker.wake();
        }
    }

    pub(crate) fn abandon(&self) {
        self.end();
        // What was there is dropped outside of the lock.
        drop(self.with(|state| std::mem::replace(state, State::Abandoned)));
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Outcome> {
        self.with(|state| match state {
            State::Waiting(waker) => {
                waker.clone_from(context.waker());
                Poll::Pending
            }
            State::Done(_) => match std::mem::replace(state, State::Abandoned) {
                State::Done(outcome) => Poll::Ready(outcome),
                State::Waiting(_) | State::Abandoned => Poll::Pending,
            },
            State::Abandoned => Poll::Pending,
        })
    }
}
