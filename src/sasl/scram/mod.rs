//! SCRAM (RFC 5802, RFC 7677).

mod cache;
mod exchange;
mod keys;
mod messages;
#[cfg(test)]
mod tests;

pub(crate) use self::keys::Hash;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::cache::Cache;
use self::exchange::{Begun, Proved};
use self::keys::Keys;
use self::messages::invalid;
use super::authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
use super::error::SaslError;
use crate::secret::Secret;

/// The two mechanisms differ in their hash only.
macro_rules! mechanism {
    ($(#[$docs:meta])* $name:ident, $hash:expr) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name(Scram);

        impl $name {
            /// For this user. Names and passwords are taken as they are, in UTF-8, like Kafka's own clients and tools do it.
            pub fn new(user: impl Into<String>, password: impl Into<Secret>) -> Self {
                Self(Scram::new($hash, user.into(), password.into()))
            }

            /// For this user, with both prepared by SASLprep (RFC 4013), so that spellings which look the same are the same. Only for users
            /// that were made so too: Kafka's own tools do not prepare. ASCII stays as it is.
            ///
            /// # Errors
            /// SASLprep forbids a character, or the order of those of scripts in both directions.
            #[cfg(feature = "saslprep")]
            pub fn with_saslprep(
                user: impl AsRef<str>,
                password: impl Into<Secret>,
            ) -> Result<Self, SaslError> {
                let (user, password) = prepare(user.as_ref(), &password.into())?;
                Ok(Self::new(user, password))
            }

            /// The user is the id of a delegation token (KIP-48) and the password its HMAC, in base64 as the broker gave it.
            /// Not so by default. In Java: `tokenauth` in `sasl.jaas.config`.
            #[must_use]
            pub fn delegation_token(mut self) -> Self {
                self.0.delegation_token = true;
                self
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("user", &self.0.user)
                    .field("delegation_token", &self.0.delegation_token)
                    .finish_non_exhaustive()
            }
        }

        impl SaslAuthenticator for $name {
            fn mechanism(&self) -> &str {
                self.0.hash.mechanism()
            }

            fn session(&self, _broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
                Box::new(Session {
                    scram: self.0.clone(),
                    state: State::New,
                })
            }
        }
    };
}

mechanism! {
    /// A password that is never sent: both sides prove that they know it. With SHA-256.
    ///
    /// In Java: `ScramLoginModule` with `username` and `password` in `sasl.jaas.config`.
    ///
    /// # Cost
    /// The password is hashed on a thread for blocking work, a millisecond or so for the usual 4,096 iterations, and once: an
    /// authenticator and its clones keep what they derived for the last eight pairs of salt and iterations. So clone one, and do not make
    /// one for each connection.
    ///
    /// # Security
    /// Who listens, or plays the broker, learns enough to try passwords out at his leisure; only TLS keeps the proof from him, and only
    /// a long random password withstands him. The broker chooses salt and iterations before it has proved anything: fewer than 4,096 are
    /// refused, which would make that guessing cheap, and more than 1,000,000, which bounds the work that it can cause to
    /// about a second of one core for each connection attempt. Dropping the attempt does not end a hashing that has begun.
    ScramSha256, Hash::Sha256
}

mechanism! {
    /// A password that is never sent: both sides prove that they know it. With SHA-512.
    ///
    /// All that is said of [`ScramSha256`] holds for it too.
    ScramSha512, Hash::Sha512
}

#[derive(Clone)]
struct Scram {
    hash: Hash,
    user: Arc<str>,
    delegation_token: bool,
    keys: Arc<Cache<Result<Arc<Keys>, SaslError>>>,
}

impl Scram {
    fn new(hash: Hash, user: String, password: Secret) -> Self {
        Self {
            hash,
            user: user.into(),
            delegation_token: false,
            keys: Arc::new(Cache::new(move |salt: &[u8], iterations| {
                Keys::derive(hash, &password, salt, iterations).map(Arc::new)
            })),
        }
    }
}

struct Session {
    scram: Scram,
    state: State,
}

enum State {
    New,
    Begun(Begun),
    Proved(Proved),
    Over,
}

impl Session {
    async fn advance(&mut self, challenge: Option<&[u8]>) -> Result<Step, SaslError> {
        // After an error, and after a step that was dropped, there is no further one.
        match (std::mem::replace(&mut self.state, State::Over), challenge) {
            (State::New, None) => {
                let Scram {
                    user,
                    delegation_token,
                    ..
                } = &self.scram;
                let begun = Begun::new(user, *delegation_token, nonce()?)?;
                let step = Step::respond(begun.message());
                self.state = State::Begun(begun);
                Ok(step)
            }
            (State::Begun(begun), Some(challenge)) => {
                let challenged = begun.challenge(challenge)?;
                let (salt, iterations) = (&challenged.salt, challenged.iterations);
                let keys = self.scram.keys.value(salt, iterations).await??;
                let (message, proved) = challenged.prove(keys)?;
                self.state = State::Proved(proved);
                Ok(Step::Respond(message))
            }
            (State::Proved(proved), Some(challenge)) => {
                proved.conclude(challenge)?;
                Ok(Step::Done)
            }
            _ => invalid("SCRAM has no such step"),
        }
    }
}

impl SaslSession for Session {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(self.advance(challenge))
    }
}

#[cfg(feature = "saslprep")]
fn prepare(user: &str, password: &Secret) -> Result<(String, Secret), SaslError> {
    // What exactly is wrong stays untold: it would show a part of the password.
    let invalid = |what| SaslError::InvalidCredentials(format!("SASLprep forbids the {what}"));
    let user = stringprep::saslprep(user).map_err(|_| invalid("user"))?;
    let password = stringprep::saslprep(password.expose()).map_err(|_| invalid("password"))?;
    Ok((user.into_owned(), password.into_owned().into()))
}

/// 192 bits, in characters that a nonce may have.
fn nonce() -> Result<String, SaslError> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| {
        SaslError::provider(format!(
            "the operating system has no random numbers: {error}"
        ))
    })?;
    Ok(STANDARD.encode(bytes))
}
