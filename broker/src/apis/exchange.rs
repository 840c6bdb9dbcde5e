//! A request as it comes, and where its answer goes.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{
    DEFAULT_MEMORY_BUDGET, DecodeError, EncodeError, Frame, Message, Request, Response,
};
use milena_wire::encode_response;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::headers::RequestHeader;

use crate::faults::Spoiled;
use crate::head::Head;
use crate::shared::Shared;
use crate::topics::Reader;

/// What the tagged fields of a header may take.
const MAX_HEADER_MEMORY: usize = 64 << 10;

/// Who answers, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    /// The node that the client speaks to.
    pub(crate) node: i32,
    /// The number of the connection that the request came over.
    pub(crate) connection: u64,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    /// The same by the clock by which waits are measured.
    pub(crate) instant: Instant,
    /// How long the client is to wait before it asks again, in milliseconds.
    pub(crate) throttle_ms: i32,
    /// What of the request fails, whatever it asks.
    pub(crate) spoiled: Option<&'a Spoiled>,
    /// Set as soon as records were made corrupt because a fault says so.
    pub(crate) corrupted: &'a AtomicBool,
    /// The name of the user who asks, if he has logged in, and whether a delegation token was enough for it.
    pub(crate) user: Option<(&'a str, bool)>,
}

impl Context<'_> {
    /// The error that is answered for this topic or partition without a look at it, because a fault says so.
    pub(super) fn spoiled_before(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.spoiled?.before(topic, partition)
    }

    /// The error that is answered after it has succeeded.
    pub(super) fn spoiled_after(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.spoiled?.after(topic, partition)
    }

    /// The error that is answered for what changes nothing, so that it does not matter when it fails.
    pub(super) fn spoiled(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        let before = self.spoiled_before(topic, partition);
        before.or_else(|| self.spoiled_after(topic, partition))
    }

    /// Whether the records that are read of this partition are to be corrupt; then they are.
    pub(super) fn corrupts(&self, topic: &str, partition: i32) -> bool {
        let corrupts = self
            .spoiled
            .is_some_and(|spoiled| spoiled.corrupts(topic, partition));
        if corrupts {
            self.corrupted.store(true, Ordering::Relaxed);
        }
        corrupts
    }

    /// One who reads from the leader only, and knows this epoch of it.
    pub(super) fn reader(&self, epoch: i32) -> Reader {
        Reader {
            node: self.node,
            epoch,
            from_follower: false,
            committed: false,
        }
    }
}

/// A request, its header read.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// Cuts the header off, whose version depends on that of the request.
    pub(crate) fn open(frame: Bytes, header_version: fn(i16) -> i16) -> Result<Self, Refusal> {
        let head = Head::parse(&frame).ok_or(Refusal::NoHeader)?;
        let (version, correlation_id) = (head.version, head.correlation_id);
        let (header, left) =
            RequestHeader::decode_prefix(&frame, header_version(version), MAX_HEADER_MEMORY)
                .map_err(Refusal::Malformed)?;
        tracing::trace!(
            api = head.api.name(),
            version,
            client_id = header.client_id.as_deref(),
            "request"
        );
        drop(header);
        let mut body = frame;
        let body = body.split_off(body.len() - left);
        Ok(Self {
            version,
            correlation_id,
            body,
        })
    }

    /// Reads the body, with which the request is spent, so that nothing else holds its memory. As in Java, bytes behind it don't matter.
    pub(crate) fn decode<R: Request>(self) -> Result<(R, Reply), Refusal> {
        let (request, _) = R::decode_prefix(&self.body, self.version, DEFAULT_MEMORY_BUDGET)
            .map_err(Refusal::Malformed)?;
        let reply = Reply {
            version: self.version,
            correlation_id: self.correlation_id,
        };
        Ok((request, reply))
    }
}

/// Where an answer goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
}

impl Reply {
    /// The answer as it goes over the wire.
    pub(crate) fn frame<R: Response>(self, response: &R) -> Result<Frame, Refusal> {
        encode_response(Vec::new(), response, self.version, self.correlation_id)
            .map_err(Refusal::Answer)
    }
}

/// Why a connection is closed instead of answering.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request is shorter than any header.
    NoHeader,
    UnknownApi(ApiKey),
    UnsupportedVersion(ApiKey, i16),
    Malformed(DecodeError),
    /// A produce request with `acks=0` failed, and closing is the only way to say so.
    UnacknowledgedFailure,
    /// Something else than the request with which a client logs in.
    Unauthenticated(ApiKey),
    /// A client could not log in, for this reason.
    Authentication(String),
    /// A client had to log in anew, and did not.
    SessionExpired,
    /// An error is to be answered that no answer of this API can carry.
    NoPlaceForError(ApiKey),
    /// A bug: the answer does not fit its version.
    Answer(EncodeError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => f.write_str("the request has no whole header"),
            Self::UnknownApi(key) => write!(f, "API {} is not served", key.0),
            Self::UnsupportedVersion(key, version) => {
                write!(f, "version {version} of API {} is not served", key.0)
            }
            Self::Malformed(error) => write!(f, "malformed request: {error}"),
            Self::UnacknowledgedFailure => f.write_str("a produce request with acks=0 failed"),
            Self::Unauthenticated(key) => write!(f, "API {} during authentication", key.0),
            Self::Authentication(reason) => f.write_str(reason),
            Self::SessionExpired => f.write_str("the session has expired"),
            Self::NoPlaceForError(key) => write!(f, "no answer of API {} carries an error", key.0),
            Self::Answer(error) => write!(f, "the answer cannot be written: {error}"),
        }
    }
}
