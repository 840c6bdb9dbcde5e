//! What a mechanism is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use zeroize::Zeroizing;

use super::error::SaslError;

/// A SASL mechanism with its credentials. Those of this crate are in [`sasl`](crate::sasl); any other can be written outside of it.
///
/// One authenticator serves many connections at once, each with a session of its own.
pub trait SaslAuthenticator: fmt::Debug + Send + Sync {
    /// The mechanism's registered name, such as `SCRAM-SHA-256`.
    fn mechanism(&self) -> &str;

    /// Whether who listens to the connection could use what he hears. Such a mechanism is refused without TLS.
    fn exposes_credentials(&self) -> bool {
        false
    }

    /// Begins one authentication. Nothing of an earlier one may be used again.
    fn session(&self, broker: &SaslBroker<'_>) -> Box<dyn SaslSession>;
}

/// One authentication.
pub trait SaslSession: Send {
    /// Takes the broker's challenge and gives what to do. The first call has no challenge, as the client begins.
    ///
    /// It may take its time, for as long as the connection may: fetching a token here is fine, blocking is not.
    ///
    /// # Errors
    /// Whatever ends the authentication.
    ///
    /// # Cancel safety
    /// A session whose future was dropped is not used again.
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a>;
}

/// What [`SaslSession::step`] returns.
pub type SaslFuture<'a> = Pin<Box<dyn Future<Output = Result<Step, SaslError>> + Send + 'a>>;

/// Who is authenticated to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SaslBroker<'a> {
    /// The host name or IP address, as it was given.
    pub host: &'a str,
    /// The TCP port.
    pub port: u16,
}

impl<'a> SaslBroker<'a> {
    /// For tests of mechanisms.
    #[must_use]
    pub fn new(host: &'a str, port: u16) -> Self {
        Self { host, port }
    }
}

/// What to do after a challenge. The bytes are overwritten in memory once they are sent.
#[derive(Clone)]
pub enum Step {
    /// Send this; the broker's answer is the next challenge.
    Respond(Zeroizing<Vec<u8>>),
    /// Send this, and the authentication is done: the mechanism has no further challenge. (GSSAPI ends so.)
    Finish(Zeroizing<Vec<u8>>),
    /// Send this to end the exchange as the mechanism demands, and fail with the error. (OAUTHBEARER does so with a refusal.)
    Abort(Zeroizing<Vec<u8>>, SaslError),
    /// The last challenge was in order: the authentication is done.
    Done,
}

impl Step {
    /// Send this; the broker's answer is the next challenge.
    pub fn respond(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Respond(Zeroizing::new(bytes.into()))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Respond(_) => "Respond(..)",
            Self::Finish(_) => "Finish(..)",
            Self::Abort(..) => "Abort(..)",
            Self::Done => "Done",
        })
    }
}
