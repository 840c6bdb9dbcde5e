//! Requests that wire does not know.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{EncodeError, Frame, Message as _, Request, Response};
use milena_wire::encode_raw_request;
use milena_wire::messages::ResponseHeader;

use super::call::Call;
use super::run::Answer;
use super::shared::Shared;
use super::waiter::Outcome;
use crate::error::{Error, ErrorKind};

/// The body of the answer to a raw request, once it is awaited; made by [`Connection::send_raw`](super::Connection::send_raw).
///
/// # Cancel safety
/// As of [`ResponseFuture`](super::ResponseFuture).
#[must_use = "a request is sent when its future is polled"]
pub struct RawFuture {
    call: Call,
    api: ApiKey,
    version: i16,
    headers: HeaderVersions,
    /// Until it is sent.
    body: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeaderVersions {
    request: i16,
    response: i16,
}

/// The versions of the headers of an API. One that wire does not know is newer than it, and so has tagged fields.
fn header_versions(api: ApiKey, version: i16) -> HeaderVersions {
    macro_rules! look_up {
        ($(($key:ident, $request:ident, $response:ident))*) => {
            match api {
                $(ApiKey::$key => {
                    use milena_wire::messages::{$request, $response};
                    // Versions that wire does not know are newer as well.
                    let version = version.min($request::VERSIONS.max);
                    HeaderVersions {
                        request: $request::header_version(version),
                        response: $response::header_version(version),
                    }
                })*
                _ => HeaderVersions { request: 2, response: 1 },
            }
        };
    }
    milena_wire::for_each_api!(look_up)
}

impl RawFuture {
    pub(crate) fn new(shared: Arc<Shared>, api: ApiKey, version: i16, body: Bytes) -> Self {
        Self {
            call: Call::new(shared, api, Duration::ZERO),
            api,
            version,
            headers: header_versions(api, version),
            body: Some(body),
        }
    }

    /// Gives up after `time`, counted from now on, instead of the connection's default. To be said before the future is polled.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.call.set_deadline(time);
        self
    }

    fn encode(&self, body: &Bytes) -> Result<Frame, EncodeError> {
        let client_id = self.call.shared.settings.client_id.as_ref();
        let header = self.headers.request;
        // The driver gives the id.
        encode_raw_request(self.api, self.version, header, 0, client_id, body)
    }

    fn decode(&self, mut frame: Bytes) -> Result<Bytes, Error> {
        let budget = self.call.shared.settings.memory_budget;
        let header = ResponseHeader::decode_prefix(&frame, self.headers.response, budget);
        let (_, left) = header.map_err(|error| {
            self.error(ErrorKind::InvalidResponse(error))
                .maybe_sent(true)
        })?;
        frame.advance(frame.len() - left);
        Ok(frame)
    }

    fn error(&self, kind: ErrorKind) -> Error {
        let error = Error::new(kind).during(self.api, Some(self.version));
        error.at(self.call.shared.address.text())
    }
}

impl Future for RawFuture {
    type Output = Result<Bytes, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = if let Some(body) = self.body.take() {
            let frame = self.encode(&body);
            let frame = frame.map_err(|error| self.error(ErrorKind::InvalidRequest(error)))?;
            let answer = Answer::to(self.api, self.version);
            self.call.start(frame, answer, context, drop)
        } else {
            self.call.poll(context)
        };
        Poll::Ready(match ready!(outcome) {
            Outcome::Answered(frame) => self.decode(frame),
            other => {
                let (kind, sent) = other.failure();
                Err(self.error(kind).maybe_sent(sent))
            }
        })
    }
}

impl fmt::Debug for RawFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFuture")
            .field("api", &self.api)
            .field("version", &self.version)
            .field("deadline", &self.call.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_of_the_version() {
        let versions = |api, version| {
            let headers = header_versions(api, version);
            (headers.request, headers.response)
        };
        assert_eq!(versions(ApiKey::METADATA, 1), (1, 0));
        assert_eq!(versions(ApiKey::METADATA, 9), (2, 1));
        assert_eq!(versions(ApiKey::METADATA, 99), (2, 1));
        assert_eq!(versions(ApiKey::API_VERSIONS, 4), (2, 0));
        assert_eq!(versions(ApiKey(3000), 0), (2, 1));
    }
}
