//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{DecodeError, EncodeError, VersionRange};

use crate::close_reason::CloseReason;
use crate::sasl::SaslError;
use crate::tls::TlsProblem;

/// What every fallible call of this crate gives: one kind, where it happened, and what is behind it.
///
/// Cheap to clone, so that one failure can be told to many waiters.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    peer: Option<Arc<str>>,
    api: Option<(ApiKey, Option<i16>)>,
    may_have_been_sent: bool,
}

/// What went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection could not be established.
    Connect {
        /// How far it came.
        phase: Phase,
        /// What stopped it.
        cause: ConnectFailure,
    },
    /// The connection ended before the answer came.
    Closed(CloseReason),
    /// The call's deadline passed.
    DeadlineExceeded,
    /// The broker does not know this API.
    UnsupportedApi,
    /// The broker and this crate have no version of the API in common, or none that can carry the request.
    UnsupportedVersion {
        /// The versions that this side could use.
        ours: VersionRange,
        /// The versions that the broker offers.
        theirs: VersionRange,
    },
    /// The request cannot be written.
    InvalidRequest(EncodeError),
    /// A produce request with acks 0 has no answer to wait for.
    NoAnswer,
    /// The answer cannot be read.
    InvalidResponse(DecodeError),
    /// There is no tokio runtime to run on.
    NoRuntime,
}

/// The steps of connecting, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Finding the addresses of a host name.
    Resolve,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// Asking which versions the broker speaks.
    ApiVersions,
    /// Agreeing on a SASL mechanism.
    SaslHandshake,
    /// Authenticating by it.
    SaslAuthenticate,
}

/// What stopped a connection from being established.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The operating system's word.
    Io(Arc<std::io::Error>),
    /// Not done within the connect time-out.
    TimedOut,
    /// The address is not `host:port`.
    InvalidAddress,
    /// What answers is no Kafka broker, or not on this port.
    NotKafka(String),
    /// The broker's answer cannot be used.
    Refused(String),
    /// The TLS handshake failed.
    Tls(TlsProblem),
    /// The authentication failed.
    Sasl(SaslError),
}

impl Phase {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Resolve,
        Self::Tcp,
        Self::Tls,
        Self::ApiVersions,
        Self::SaslHandshake,
        Self::SaslAuthenticate,
    ];
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            peer: None,
            api: None,
            may_have_been_sent: false,
        }))
    }

    pub(crate) fn connect(phase: Phase, cause: ConnectFailure) -> Self {
        Self::new(ErrorKind::Connect { phase, cause })
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        // Only ever called on an error that was just made, and so has one owner.
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    pub(crate) fn at(self, peer: &Arc<str>) -> Self {
        self.change(|inner| inner.peer = Some(Arc::clone(peer)))
    }

    pub(crate) fn during(self, api: ApiKey, version: Option<i16>) -> Self {
        self.change(|inner| inner.api = Some((api, version)))
    }

    pub(crate) fn maybe_sent(self, sent: bool) -> Self {
        self.change(|inner| inner.may_have_been_sent = sent)
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The broker's address, as it was given.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.0.peer.as_deref()
    }

    /// The API of the request.
    #[must_use]
    pub fn api(&self) -> Option<ApiKey> {
        self.0.api.map(|(api, _)| api)
    }

    /// Whether the broker may have seen, and so carried out, the request.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    /// Whether the same call may succeed later, perhaps on another connection. It says nothing of whether the request was
    /// carried out: see [`may_have_been_sent`](Self::may_have_been_sent).
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Connect { cause, .. } => match cause {
                ConnectFailure::Io(_)
                | ConnectFailure::TimedOut
                | ConnectFailure::Tls(TlsProblem::HungUp) => true,
                ConnectFailure::Sasl(error) => error.is_retriable(),
                _ => false,
            },
            ErrorKind::Closed(CloseReason::AuthFailure(error)) => error.is_retriable(),
            ErrorKind::Closed(_) | ErrorKind::DeadlineExceeded => true,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind, peer, api, ..
        } = &*self.0;
        if let Some((api, version)) = api {
            write!(f, "{api}")?;
            if let Some(version) = version {
                write!(f, " v{version}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{kind}")?;
        if let Some(peer) = peer {
            write!(f, " (broker {peer})")?;
        }
        if self.0.may_have_been_sent {
            f.write_str("; the request may have been carried out")?;
        }
        Ok(())
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { phase, cause } => write!(f, "cannot connect, {phase}: {cause}"),
            Self::Closed(reason) => write!(f, "{reason}"),
            Self::DeadlineExceeded => f.write_str("not answered within the deadline"),
            Self::UnsupportedApi => f.write_str("the broker does not know this API"),
            Self::UnsupportedVersion { ours, theirs } => write!(
                f,
                "no version in common that can carry the request: this side {ours}, the broker {theirs}"
            ),
            Self::InvalidRequest(error) => write!(f, "the request cannot be written: {error}"),
            Self::NoAnswer => f.write_str("acks 0 has no answer to wait for: use send_oneway"),
            Self::InvalidResponse(error) => write!(f, "the answer cannot be read: {error}"),
            Self::NoRuntime => f.write_str("there is no tokio runtime to run on"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolving the host name",
            Self::Tcp => "opening the TCP connection",
            Self::Tls => "the TLS handshake",
            Self::ApiVersions => "asking for API versions",
            Self::SaslHandshake => "agreeing on a SASL mechanism",
            Self::SaslAuthenticate => "authenticating",
        })
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::InvalidAddress => f.write_str("the address is not host:port"),
            Self::NotKafka(what) => f.write_str(what),
            Self::Refused(why) => f.write_str(why),
            Self::Tls(problem) => write!(f, "{problem}"),
            Self::Sasl(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("peer", &self.0.peer)
            .field("api", &self.0.api)
            .field("may_have_been_sent", &self.0.may_have_been_sent)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            ErrorKind::InvalidRequest(error) => Some(error),
            ErrorKind::InvalidResponse(error) => Some(error),
            ErrorKind::Closed(CloseReason::ConnectionBroken(error))
            | ErrorKind::Connect {
                cause: ConnectFailure::Io(error),
                ..
            } => Some(&**error),
            ErrorKind::Connect {
                cause: ConnectFailure::Tls(problem),
                ..
            } => Some(problem),
            ErrorKind::Connect {
                cause: ConnectFailure::Sasl(error),
                ..
            } => Some(error),
            ErrorKind::Closed(CloseReason::AuthFailure(error)) => Some(&**error),
            _ => None,
        }
    }
}
