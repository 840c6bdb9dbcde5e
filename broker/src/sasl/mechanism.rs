//! The names of the mechanisms.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A SASL mechanism that the broker speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// Name and password in the clear (RFC 4616).
    Plain,
    /// The password is never sent (RFC 5802 and 7677).
    ScramSha256,
    /// As before, with a longer hash.
    ScramSha512,
    /// A token that somebody else has issued (RFC 7628).
    OauthBearer,
}

impl Mechanism {
    const ALL: [Self; 4] = [
        Self::Plain,
        Self::ScramSha256,
        Self::ScramSha512,
        Self::OauthBearer,
    ];

    /// The registered name, such as `SCRAM-SHA-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By its registered name, in small letters or large ones.
impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Self, UnknownMechanism> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownMechanism(()))
    }
}

/// No [`Mechanism`] has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMechanism(());

impl fmt::Display for UnknownMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such SASL mechanism")
    }
}

impl Error for UnknownMechanism {}
