//! Why a connection ended.

use std::fmt;
use std::sync::Arc;

use crate::sasl::SaslError;

/// Why a connection ended. Every connection that was established ends with exactly one of these.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// Reading or writing failed, the broker hung up, or what it sent is not Kafka's protocol.
    ConnectionBroken(Arc<std::io::Error>),
    /// The oldest request stayed unanswered for longer than `request_timeout`.
    ConnectionTimeout,
    /// An answer came that belongs to no request, or not to the oldest one.
    OutOfSync {
        /// The correlation id of the oldest request; `None` if none was in flight.
        expected: Option<i32>,
        /// The correlation id that came.
        received: i32,
    },
    /// Nothing was sent, received or awaited for `connections_max_idle`.
    IdleDrop,
    /// The broker refused to authenticate the connection anew, or the mechanism did.
    AuthFailure(Arc<SaslError>),
    /// `close()` was called, or the last handle was dropped.
    Shutdown,
}

impl CloseReason {
    pub(crate) fn broken(kind: std::io::ErrorKind, text: impl Into<String>) -> Self {
        std::io::Error::new(kind, text.into()).into()
    }
}

impl From<std::io::Error> for CloseReason {
    fn from(error: std::io::Error) -> Self {
        Self::ConnectionBroken(Arc::new(error))
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionBroken(error) => write!(f, "connection broken: {error}"),
            Self::ConnectionTimeout => {
                f.write_str("the broker left a request unanswered for longer than request_timeout")
            }
            Self::OutOfSync {
                expected: Some(expected),
                received,
            } => write!(
                f,
                "out of sync: expected the answer to request {expected}, received one to {received}"
            ),
            Self::OutOfSync {
                expected: None,
                received,
            } => write!(
                f,
                "out of sync: received an answer to request {received}, and none was in flight"
            ),
            Self::IdleDrop => f.write_str("idle for longer than connections_max_idle"),
            Self::AuthFailure(error) => write!(f, "re-authentication failed: {error}"),
            Self::Shutdown => f.write_str("closed by this side"),
        }
    }
}
