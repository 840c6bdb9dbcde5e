//! Why no token came.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use hyper::StatusCode;

use super::endpoint::Endpoint;
use crate::sasl::error::SaslError;

/// Why no token came.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection, or none that is trusted.
    Io(io::Error),
    /// No HTTP.
    Http(hyper::Error),
    /// What is needed to ask is missing here, such as trusted roots.
    Setup(String),
    /// Not done in time.
    TimedOut(Duration),
    /// The answer is longer than any of its kind.
    TooLong,
    /// A success without a token that can be used.
    Unusable(&'static str),
    /// No success.
    Refused {
        status: StatusCode,
        /// RFC 6749's `error` and `error_description`, as far as they were given.
        words: Vec<String>,
    },
}

impl Failure {
    /// Only a refusal may be for good; and not one that speaks of the endpoint's own state.
    fn is_for_good(&self) -> bool {
        match self {
            Self::Refused { status, .. } => {
                let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
                !status.is_server_error() && !passes.contains(status)
            }
            _ => false,
        }
    }

    /// The error of the whole request.
    pub(super) fn at(self, endpoint: &Endpoint) -> SaslError {
        let is_for_good = self.is_for_good();
        let error = TokenRequestError {
            endpoint: endpoint.clone(),
            failure: self,
        };
        if is_for_good {
            SaslError::InvalidCredentials(error.to_string())
        } else {
            SaslError::provider(error)
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error)
    }
}

#[derive(Debug)]
struct TokenRequestError {
    endpoint: Endpoint,
    failure: Failure,
}

impl fmt::Display for TokenRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token endpoint {}", self.endpoint)?;
        match &self.failure {
            Failure::Io(error) => write!(f, " cannot be reached: {error}"),
            Failure::Http(error) => match error.source() {
                // hyper's own words only say at which step it was.
                Some(source) => write!(f, " does not answer as HTTP has it: {error}: {source}"),
                None => write!(f, " does not answer as HTTP has it: {error}"),
            },
            Failure::Setup(what) => write!(f, " cannot be asked: {what}"),
            Failure::TimedOut(limit) => write!(f, " did not answer within {limit:?}"),
            Failure::TooLong => f.write_str(" answers more than a token"),
            Failure::Unusable(what) => write!(f, " answers {what}"),
            Failure::Refused { status, words } => {
                write!(f, " answers {status}")?;
                words.iter().try_for_each(|word| write!(f, ": {word}"))
            }
        }
    }
}

impl StdError for TokenRequestError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.failure {
            Failure::Io(error) => Some(error),
            Failure::Http(error) => Some(error),
            _ => None,
        }
    }
}
