//! What goes wrong in authentication.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use milena_wire::error_code::ErrorCode;

/// Why an authentication failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SaslError {
    /// The broker does not offer the mechanism. No other is tried in its place.
    UnsupportedMechanism {
        /// The mechanism that was asked for.
        mechanism: String,
        /// Those that the broker offers.
        offered: Vec<String>,
    },
    /// The mechanism would show the credentials to whoever listens, and the connection is not encrypted. See
    /// `allow_plaintext_credentials` of the connection's builder.
    PlaintextCredentials {
        /// The mechanism that was asked for.
        mechanism: String,
    },
    /// The broker refused.
    Refused {
        /// Its error code; `None` if it closed the connection, which is how brokers before 1.0 refuse.
        code: Option<ErrorCode>,
        /// Its words.
        message: Option<String>,
    },
    /// The broker broke the rules of the mechanism, or did not prove that it knows the secret too.
    InvalidChallenge(String),
    /// The credentials cannot be used with the mechanism.
    InvalidCredentials(String),
    /// Whoever provides tokens or credentials failed.
    Provider(Arc<dyn StdError + Send + Sync>),
}

impl SaslError {
    /// A provider's failure.
    pub fn provider(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Provider(Arc::from(error.into()))
    }

    /// Whether the same credentials may be accepted later: only if whoever provides them failed.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Provider(_))
    }
}

impl fmt::Display for SaslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedMechanism { mechanism, offered } if offered.is_empty() => {
                write!(f, "the broker does not offer {mechanism}")
            }
            Self::UnsupportedMechanism { mechanism, offered } => {
                let offered = offered.join(", ");
                write!(f, "the broker does not offer {mechanism}, but {offered}")
            }
            Self::PlaintextCredentials { mechanism } => write!(
                f,
                "{mechanism} would send the credentials readable over a connection that is not encrypted: use TLS, or allow_plaintext_credentials"
            ),
            Self::Refused { code, message } => {
                f.write_str("the broker refuses the credentials")?;
                if let Some(code) = code {
                    write!(f, ", {code}")?;
                }
                match message {
                    Some(message) => write!(f, ": {message}"),
                    None => Ok(()),
                }
            }
            Self::InvalidChallenge(what) | Self::InvalidCredentials(what) => f.write_str(what),
            Self::Provider(error) => write!(f, "no credentials: {error}"),
        }
    }
}

impl StdError for SaslError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Provider(error) => Some(&**error),
            _ => None,
        }
    }
}
