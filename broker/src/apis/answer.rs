//! What becomes of a request.

use milena_wire::codec::{Frame, Response};

use super::exchange::{Refusal, Reply};
use super::pending_fetch::PendingFetch;

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Frame(Frame),
    /// The client expects no answer.
    None,
    /// There is not enough to answer with yet.
    Later(Box<PendingFetch>),
}

impl Answer {
    /// An answer that is ready.
    pub(super) fn now<R: Response>(reply: Reply, response: &R) -> Result<Self, Refusal> {
        reply.frame(response).map(Self::Frame)
    }
}
