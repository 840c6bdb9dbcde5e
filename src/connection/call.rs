//! The futures that a connection's calls return.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use milena_wire::codec::{EncodeErrorKind, Frame, Message as _, Request, Response, VersionRange};
use milena_wire::encode_request;
use milena_wire::messages::{ProduceRequest, ResponseHeader};

use super::clock::after;
use super::outbox::Queued;
use super::patience::own_wait;
use super::shared::{Joined, Shared};
use super::waiter::{Outcome, Waiter};
use crate::error::{Error, ErrorKind};

/// The largest buffer that a thread keeps for its next request.
const MAX_SCRATCH: usize = 64 << 10;

thread_local! {
    /// Requests are encoded here before they are queued, so that no lock is held meanwhile.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The answer to a request, once it is awaited; made by [`Connection::send`](super::Connection::send).
///
/// The clock of its deadline runs from the call on. The request joins the queue when the future is first polled, and that is the
/// order on the wire.
///
/// # Cancel safety
/// Dropped before the writer has taken it, the request is never written. Dropped later, the broker may carry it out, and the answer
/// is passed over.
#[must_use = "a request is sent when its future is polled"]
pub struct ResponseFuture<R: Request> {
    call: Call<R>,
}

/// Completes when a request without an answer is written; made by [`Connection::send_oneway`](super::Connection::send_oneway).
///
/// # Cancel safety
/// Dropped before the writer has taken it, the request is never written.
#[must_use = "a request is sent when its future is polled"]
pub struct OnewayFuture {
    call: Call<ProduceRequest>,
}

struct Call<R: Request> {
    shared: Arc<Shared>,
    deadline: Instant,
    /// How long the connection waits for the answer before it is given up.
    patience: Duration,
    max_version: i16,
    oneway: bool,
    state: State<R>,
}

enum State<R> {
    /// Not polled yet.
    New(R),
    /// Encoded, and waiting for room in the queue.
    Blocked {
        frame: Frame,
        number: u64,
        version: i16,
        request: Queued,
    },
    /// Queued or in flight.
    Waiting {
        version: i16,
        waiter: Arc<Waiter>,
    },
    Done(PhantomData<R>),
}

// Nothing in it is ever pinned.
impl<R: Request> Unpin for Call<R> {}

impl<R: Request + 'static> ResponseFuture<R> {
    pub(crate) fn new(shared: Arc<Shared>, request: R) -> Self {
        Self {
            call: Call::new(shared, request, false),
        }
    }

    /// Gives up after `time`, counted from now on, instead of the connection's default.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.call.deadline = after(Instant::now(), time);
        self
    }

    /// Sends the request at no higher version than this.
    pub fn max_version(mut self, version: i16) -> Self {
        self.call.max_version = version;
        self
    }
}

impl OnewayFuture {
    pub(crate) fn new(shared: Arc<Shared>, request: ProduceRequest) -> Self {
        // Any other would be answered, and the answer would belong to nobody.
        let request = request.with_acks(0);
        Self {
            call: Call::new(shared, request, true),
        }
    }

    /// Gives up after `time`, counted from now on, instead of the connection's default.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.call.deadline = after(Instant::now(), time);
        self
    }
}

impl<R: Request + 'static> Future for ResponseFuture<R> {
    type Output = Result<R::Response, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (version, outcome) = ready!(self.call.poll(context))?;
        Poll::Ready(self.call.answer(version, outcome))
    }
}

impl Future for OnewayFuture {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (version, outcome) = ready!(self.call.poll(context))?;
        Poll::Ready(match outcome {
            Outcome::Written => Ok(()),
            other => Err(self.call.failure(version, other)),
        })
    }
}

impl<R: Request + 'static> Call<R> {
    fn new(shared: Arc<Shared>, request: R, oneway: bool) -> Self {
        let own_wait = own_wait(&request);
        let time = shared.settings.deadline.saturating_add(own_wait);
        Self {
            deadline: after(Instant::now(), time),
            patience: shared.settings.request_timeout.saturating_add(own_wait),
            shared,
            max_version: i16::MAX,
            oneway,
            state: State::New(request),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(i16, Outcome), Error>> {
        loop {
            match std::mem::replace(&mut self.state, State::Done(PhantomData)) {
                State::New(request) => {
                    if self.deadline <= Instant::now() {
                        return Poll::Ready(Ok((
                            self.max_version,
                            Outcome::Expired { sent: false },
                        )));
                    }
                    let (version, frame) = self.encode(&request)?;
                    let queued = Queued {
                        waiter: Waiter::new(self.deadline),
                        patience: self.patience,
                        oneway: self.oneway,
                    };
                    self.join(frame, version, queued, None, context);
                    if let State::Blocked { .. } = self.state {
                        return Poll::Pending;
                    }
                }
                State::Blocked {
                    frame,
                    number,
                    version,
                    request,
                } => {
                    if self.deadline <= Instant::now() {
                        self.shared.unblock(number);
                        return Poll::Ready(Ok((version, Outcome::Expired { sent: false })));
                    }
                    self.join(frame, version, request, Some(number), context);
                    if let State::Blocked { .. } = self.state {
                        return Poll::Pending;
                    }
                }
                State::Waiting { version, waiter } => {
                    let poll = waiter.poll(context);
                    if poll.is_pending() {
                        self.state = State::Waiting { version, waiter };
                    }
                    return poll.map(|outcome| Ok((version, outcome)));
                }
                // A future that is polled after it was ready never wakes again.
                State::Done(_) => return Poll::Pending,
            }
        }
    }

    fn join(
        &mut self,
        frame: Frame,
        version: i16,
        request: Queued,
        number: Option<u64>,
        context: &Context<'_>,
    ) {
        self.state = match self.shared.join(frame, &request, number, context) {
            Joined::Queued(buffer) => {
                if buffer.capacity() <= MAX_SCRATCH {
                    SCRATCH.set(buffer);
                }
                let waiter = request.waiter;
                State::Waiting { version, waiter }
            }
            Joined::Blocked(frame, number) => State::Blocked {
                frame,
                number,
                version,
                request,
            },
            Joined::Closed(reason) => {
                let waiter = request.waiter;
                waiter.close(&reason);
                State::Waiting { version, waiter }
            }
        };
    }

    /// The request at the highest version that both sides know and that can carry what it says.
    fn encode(&self, request: &R) -> Result<(i16, Frame), Error> {
        let at = |error: Error| error.at(&self.shared.peer);
        if !self.oneway && is_unanswered(request) {
            return Err(at(Error::new(ErrorKind::NoAnswer).during(R::API_KEY, None)));
        }
        let common = self.shared.versions.common(request).map_err(at)?;
        let highest = common.max.min(self.max_version);
        if highest < common.min {
            let theirs = self.shared.versions.range(R::API_KEY);
            let kind = ErrorKind::UnsupportedVersion {
                ours: VersionRange::new(R::VERSIONS.min, self.max_version),
                theirs: theirs.unwrap_or(VersionRange::NONE),
            };
            return Err(at(Error::new(kind).during(R::API_KEY, None)));
        }
        let client_id = self.shared.settings.client_id.as_ref();
        let mut version = highest;
        loop {
            let buffer = SCRATCH.take();
            // The writer gives the id, in the order in which frames leave.
            match encode_request(buffer, request, version, 0, client_id) {
                Ok(frame) => return Ok((version, frame)),
                Err(error) => {
                    let may_fit_lower = matches!(
                        error.kind(),
                        EncodeErrorKind::FieldNotInVersion | EncodeErrorKind::NullNotAllowed
                    );
                    if may_fit_lower && version > common.min {
                        version -= 1;
                        continue;
                    }
                    let kind = ErrorKind::InvalidRequest(error);
                    return Err(at(Error::new(kind).during(R::API_KEY, Some(version))));
                }
            }
        }
    }

    fn answer(&self, version: i16, outcome: Outcome) -> Result<R::Response, Error> {
        match outcome {
            Outcome::Answered(frame) => self.decode(frame, version).map_err(|kind| {
                let error = Error::new(kind).during(R::API_KEY, Some(version));
                error.at(&self.shared.peer).maybe_sent(true)
            }),
            other => Err(self.failure(version, other)),
        }
    }

    fn decode(&self, mut frame: Bytes, version: i16) -> Result<R::Response, ErrorKind> {
        let budget = self.shared.settings.memory_budget;
        let header_version = R::Response::header_version(version);
        let (_, left) = ResponseHeader::decode_prefix(&frame, header_version, budget)
            .map_err(ErrorKind::InvalidResponse)?;
        frame.advance(frame.len() - left);
        let (response, left) = R::Response::decode_prefix(&frame, version, budget)
            .map_err(ErrorKind::InvalidResponse)?;
        if left > 0 {
            tracing::trace!(
                peer = %self.shared.peer,
                api = %R::API_KEY,
                version,
                left,
                "bytes are left behind an answer"
            );
        }
        Ok(response)
    }

    fn failure(&self, version: i16, outcome: Outcome) -> Error {
        let (kind, sent) = match outcome {
            Outcome::Closed { reason, sent } => (ErrorKind::Closed(reason), sent),
            Outcome::Expired { sent } => (ErrorKind::DeadlineExceeded, sent),
            // What is answered has no waiter that only waits for writing, and the other way round.
            Outcome::Answered(_) | Outcome::Written => (ErrorKind::NoAnswer, true),
        };
        // Without a version it was never encoded.
        let version = Some(version).filter(|&version| R::VERSIONS.contains(version));
        let error = Error::new(kind).during(R::API_KEY, version);
        error.at(&self.shared.peer).maybe_sent(sent)
    }
}

/// Whether the broker will not answer.
fn is_unanswered<R: Request + 'static>(request: &R) -> bool {
    let request: &dyn std::any::Any = request;
    request
        .downcast_ref::<ProduceRequest>()
        .is_some_and(|produce| produce.acks == 0)
}

impl<R: Request> Drop for Call<R> {
    fn drop(&mut self) {
        match &self.state {
            State::Blocked { number, .. } => self.shared.unblock(*number),
            State::Waiting { waiter, .. } => waiter.abandon(),
            State::New(_) | State::Done(_) => {}
        }
    }
}

impl<R: Request> fmt::Debug for ResponseFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("api", &R::API_KEY)
            .field("deadline", &self.call.deadline)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OnewayFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnewayFuture")
            .field("deadline", &self.call.deadline)
            .finish_non_exhaustive()
    }
}
