//! What becomes of a request.

use milena_wire::codec::{Frame, Response};

use super::exchange::{Refusal, Reply};
use super::pending_fetch::PendingFetch;

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Frame(Frame),
    /// The last: the connection is closed behind it, and this is why.
    Last(Frame, Refusal),
    /// A SASL token that has no header.
    Token(Vec<u8>),
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

    /// An answer behind which the connection is closed.
    pub(super) fn last<R: Response>(
        reply: Reply,
        response: &R,
        refusal: Refusal,
    ) -> Result<Self, Refusal> {
        let frame = reply.frame(response)?;
        Ok(Self::Last(frame, refusal))
    }
}
