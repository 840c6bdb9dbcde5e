//! Why a connection ended.

use std::fmt;
use std::io;

use super::incoming::InvalidLength;
use crate::apis::Refusal;

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The client has closed it.
    Closed,
    /// Nothing came for too long.
    Idle,
    /// A fault says so.
    Fault,
    Io(io::Error),
    Length(InvalidLength),
    Refused(Refusal),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the client closed it"),
            Self::Idle => f.write_str("nothing came for too long"),
            Self::Fault => f.write_str("a fault that was injected"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Length(error) => write!(f, "{error}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<InvalidLength> for End {
    fn from(length: InvalidLength) -> Self {
        Self::Length(length)
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
