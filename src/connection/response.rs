//! The futures of typed requests.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena_wire::codec::{EncodeErrorKind, Frame, Message as _, Request, VersionRange};
use milena_wire::messages::ProduceRequest;
use milena_wire::{encode_request, split_response};

use super::call::Call;
use super::patience::own_wait;
use super::run::Answer;
use super::shared::Shared;
use super::waiter::Outcome;
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
/// Dropped before the driver has taken it, the request is never written. Dropped later, the broker may carry it out, and the answer
/// is passed over.
#[must_use = "a request is sent when its future is polled"]
pub struct ResponseFuture<R: Request> {
    typed: Typed<R>,
}

/// Completes when a request without an answer is written; made by [`Connection::send_oneway`](super::Connection::send_oneway).
///
/// # Cancel safety
/// Dropped before the driver has taken it, the request is never written.
#[must_use = "a request is sent when its future is polled"]
pub struct OnewayFuture {
    typed: Typed<ProduceRequest>,
}

/// A call with what is in it.
struct Typed<R> {
    call: Call,
    request: R,
    is_started: bool,
    max_version: i16,
    /// Which one it was sent at.
    version: Option<i16>,
}

// Nothing in it is ever pinned.
impl<R> Unpin for Typed<R> {}

impl<R: Request + 'static> ResponseFuture<R> {
    pub(crate) fn new(shared: Arc<Shared>, request: R) -> Self {
        let typed = Typed::new(shared, request);
        Self { typed }
    }

    /// Gives up after `time`, counted from now on, instead of the connection's default. To be said before the future is polled.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.typed.call.set_deadline(time);
        self
    }

    /// Sends the request at no higher version than this.
    pub fn max_version(mut self, version: i16) -> Self {
        self.typed.max_version = version;
        self
    }

    /// Gives up at `deadline`; to be said before the future is polled.
    pub(crate) fn until(mut self, deadline: Instant) -> Self {
        self.typed.call.set_deadline_at(deadline);
        self
    }

    /// The request, which may have to be sent again.
    pub(crate) fn into_request(self) -> R {
        self.typed.request
    }

    /// When it was made.
    pub(crate) fn began(&self) -> Instant {
        self.typed.call.began()
    }

    /// At which version it was sent, once it is.
    pub(crate) fn version(&self) -> Option<i16> {
        self.typed.version
    }
}

impl OnewayFuture {
    pub(crate) fn new(shared: Arc<Shared>, request: ProduceRequest) -> Self {
        // Any other would be answered, and the answer would belong to nobody.
        let typed = Typed::new(shared, request.with_acks(0));
        Self { typed }
    }

    /// Gives up after `time`, counted from now on, instead of the connection's default. To be said before the future is polled.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.typed.call.set_deadline(time);
        self
    }
}

impl<R: Request + 'static> Future for ResponseFuture<R> {
    type Output = Result<R::Response, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let typed = &mut self.typed;
        if !typed.is_started && is_unanswered(&typed.request) {
            return Poll::Ready(Err(typed.error(ErrorKind::NoAnswer)));
        }
        let outcome = ready!(typed.poll(|version| Answer::to(R::API_KEY, version), context))?;
        Poll::Ready(match outcome {
            Outcome::Answered(frame) => typed.decode(frame),
            other => Err(typed.failure(other)),
        })
    }
}

impl Future for OnewayFuture {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let typed = &mut self.typed;
        let outcome = ready!(typed.poll(|_| Answer::None, context))?;
        Poll::Ready(match outcome {
            Outcome::Written => Ok(()),
            other => Err(typed.failure(other)),
        })
    }
}

impl<R: Request + 'static> Typed<R> {
    fn new(shared: Arc<Shared>, request: R) -> Self {
        Self {
            call: Call::new(shared, R::API_KEY, own_wait(&request)),
            request,
            is_started: false,
            max_version: i16::MAX,
            version: None,
        }
    }

    fn poll(
        &mut self,
        answer: impl FnOnce(i16) -> Answer,
        context: &Context<'_>,
    ) -> Poll<Result<Outcome, Error>> {
        if !self.is_started {
            self.is_started = true;
            let (version, frame) = self.encode(&self.request)?;
            self.version = Some(version);
            let spare = |buffer: Vec<u8>| {
                if buffer.capacity() <= MAX_SCRATCH {
                    SCRATCH.set(buffer);
                }
            };
            let answer = answer(version);
            return self.call.start(frame, answer, context, spare).map(Ok);
        }
        self.call.poll(context).map(Ok)
    }

    /// The request at the highest version that both sides know and that can carry what it says.
    fn encode(&self, request: &R) -> Result<(i16, Frame), Error> {
        let shared = &self.call.shared;
        let at = |error: Error| error.at(shared.address.text());
        let common = shared.versions.common(request).map_err(at)?;
        let highest = common.max.min(self.max_version);
        if highest < common.min {
            let theirs = shared.versions.range(R::API_KEY);
            return Err(self.error(ErrorKind::UnsupportedVersion {
                ours: VersionRange::new(R::VERSIONS.min, self.max_version),
                theirs: theirs.unwrap_or(VersionRange::NONE),
            }));
        }
        let client_id = shared.settings.client_id.as_ref();
        let mut version = highest;
        loop {
            let buffer = SCRATCH.take();
            // The driver gives the id, in the order in which frames leave.
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
                    let error = Error::new(ErrorKind::InvalidRequest(error));
                    return Err(at(error.during(R::API_KEY, Some(version))));
                }
            }
        }
    }

    fn decode(&self, frame: Bytes) -> Result<R::Response, Error> {
        let version = self.version.unwrap_or_default();
        let settings = &self.call.shared.settings;
        let budget = settings.memory_budget;
        let invalid = |error| {
            self.error(ErrorKind::InvalidResponse(error))
                .maybe_sent(true)
        };
        let (_, body) = split_response::<R::Response>(frame, version).map_err(invalid)?;
        let (response, left) =
            R::Response::decode_prefix(&body, version, budget).map_err(invalid)?;
        if left > 0 {
            if settings.reject_trailing_bytes {
                // Read again as if nothing were behind it, which makes the error that says where the rest begins.
                R::Response::decode(&body, version).map_err(invalid)?;
            }
            tracing::trace!(
                messaging.system = "kafka",
                server.address = self.call.shared.address.host(),
                server.port = self.call.shared.address.port(),
                api = %R::API_KEY,
                version,
                left,
                "bytes are left behind an answer"
            );
        }
        Ok(response)
    }

    fn failure(&self, outcome: Outcome) -> Error {
        let (kind, sent) = outcome.failure();
        self.error(kind).maybe_sent(sent)
    }

    fn error(&self, kind: ErrorKind) -> Error {
        let error = Error::new(kind).during(R::API_KEY, self.version);
        error.at(self.call.shared.address.text())
    }
}

/// Whether the broker will not answer.
fn is_unanswered<R: Request + 'static>(request: &R) -> bool {
    let request: &dyn Any = request;
    request
        .downcast_ref::<ProduceRequest>()
        .is_some_and(|produce| produce.acks == 0)
}

impl<R: Request> fmt::Debug for ResponseFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("api", &R::API_KEY)
            .field("deadline", &self.typed.call.deadline)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OnewayFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnewayFuture")
            .field("deadline", &self.typed.call.deadline)
            .finish_non_exhaustive()
    }
}
