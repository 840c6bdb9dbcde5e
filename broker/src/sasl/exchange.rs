//! The exchange of tokens, whatever the mechanism.

use super::accounts::Accounts;
use super::hash::Hash;
use super::mechanism::Mechanism;
use super::oauth_bearer::OauthBearerExchange;
use super::plain;
use super::scram::Scram;
use super::step::{Failure, Step};

/// One login on its way.
#[derive(Debug)]
pub(super) enum Exchange {
    Plain,
    Scram(Scram),
    OauthBearer(OauthBearerExchange),
}

impl Exchange {
    /// `nonce` is one that was never used before.
    pub(super) fn new(mechanism: Mechanism, nonce: String) -> Self {
        match mechanism {
            Mechanism::Plain => Self::Plain,
            Mechanism::ScramSha256 => Self::Scram(Scram::new(Hash::Sha256, nonce)),
            Mechanism::ScramSha512 => Self::Scram(Scram::new(Hash::Sha512, nonce)),
            Mechanism::OauthBearer => Self::OauthBearer(OauthBearerExchange::default()),
        }
    }

    /// Takes the client's token, at a time in milliseconds since 1970.
    pub(super) fn step(
        &mut self,
        accounts: &Accounts,
        token: &[u8],
        now: i64,
    ) -> Result<Step, Failure> {
        match self {
            Self::Plain => plain::step(accounts, token),
            Self::Scram(scram) => scram.step(accounts, token, now),
            Self::OauthBearer(exchange) => exchange.step(accounts, token, now),
        }
    }
}
