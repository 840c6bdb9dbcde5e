//! What a test says about SASL.

use std::fmt;
use std::time::Duration;

use super::mechanism::Mechanism;

/// How clients of a cluster log in, and who may.
///
/// Each mechanism knows every user. Nothing but ApiVersions and the login itself is answered before a client has logged in.
///
/// ```
/// use milena_broker::{Cluster, Sasl};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let sasl = Sasl::new().plain().scram_sha_256().user("alice", "alice-secret");
/// let cluster = Cluster::builder().sasl(sasl).start().await?;
/// assert_eq!(cluster.authentications().succeeded, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing before a builder has it"]
pub struct Sasl {
    pub(super) mechanisms: Vec<Mechanism>,
    pub(super) users: Vec<(String, Secret)>,
    pub(super) tokens: Vec<DelegationToken>,
    pub(super) oauth_bearer: OauthBearer,
    pub(super) scram_iterations: Option<u32>,
    pub(super) scram_errors: bool,
    pub(super) session_lifetime: Option<Duration>,
}

impl Sasl {
    /// No mechanism and no user.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enables a mechanism. Clients are told of them in the order in which they were enabled. (Kafka: `sasl.enabled.mechanisms`)
    pub fn mechanism(mut self, mechanism: Mechanism) -> Self {
        if !self.mechanisms.contains(&mechanism) {
            self.mechanisms.push(mechanism);
        }
        self
    }

    /// Enables PLAIN.
    pub fn plain(self) -> Self {
        self.mechanism(Mechanism::Plain)
    }

    /// Enables SCRAM-SHA-256.
    pub fn scram_sha_256(self) -> Self {
        self.mechanism(Mechanism::ScramSha256)
    }

    /// Enables SCRAM-SHA-512.
    pub fn scram_sha_512(self) -> Self {
        self.mechanism(Mechanism::ScramSha512)
    }

    /// Enables OAUTHBEARER, for these tokens. Users are those whom the tokens name; [`user`](Self::user) does not matter.
    pub fn oauth_bearer(mut self, tokens: OauthBearer) -> Self {
        self.oauth_bearer = tokens;
        self.mechanism(Mechanism::OauthBearer)
    }

    /// Adds a user, for PLAIN and SCRAM. The later of two with the same name counts.
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.users.push((name.into(), Secret(password.into())));
        self
    }

    /// Adds a delegation token (KIP-48), with which a client logs in by SCRAM and the extension `tokenauth=true`: its id in place of a name, and as the
    /// password its HMAC, in base64 as Kafka's tools print it. The principal is the token's owner.
    pub fn delegation_token(
        mut self,
        id: impl Into<String>,
        hmac: impl Into<String>,
        owner: impl Into<String>,
    ) -> Self {
        self.tokens.push(DelegationToken {
            id: id.into(),
            hmac: Secret(hmac.into()),
            owner: owner.into(),
        });
        self
    }

    /// How often SCRAM hashes a password, at least 1. Kafka refuses less than 4,096, and so may clients. Default: 4,096.
    pub fn scram_iterations(mut self, iterations: u32) -> Self {
        self.scram_iterations = Some(iterations);
        self
    }

    /// Whether SCRAM answers a wrong password as RFC 5802 has it, by `e=invalid-proof` within an exchange that goes on, as brokers other than Kafka
    /// may. Kafka ends the exchange with error 58. Default: false.
    pub fn scram_errors(mut self, told: bool) -> Self {
        self.scram_errors = told;
        self
    }

    /// After which time a client has to log in again on the same connection (KIP-368); who asks for something else then loses it. Milliseconds count;
    /// 0 means never. Default: never, but for an OAUTHBEARER token's own expiry. (Kafka: `connections.max.reauth.ms`)
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = Some(lifetime);
        self
    }

    /// What makes it impossible, if anything.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.mechanisms.is_empty() {
            return Some("SASL without a mechanism");
        }
        (self.scram_iterations == Some(0)).then_some("SCRAM with 0 iterations")
    }
}

/// Which tokens OAUTHBEARER takes: JSON Web Tokens with `sub`, the name of the principal, and `exp`, in seconds since 1970. If there is an `iat`, it
/// must not lie in the future. Default: [`unsecured`](Self::unsecured).
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing before `Sasl::oauth_bearer` has it"]
pub struct OauthBearer {
    pub(super) key: Option<Key>,
    pub(super) clock_skew: Duration,
    pub(super) required_scope: Vec<String>,
}

impl OauthBearer {
    /// Tokens that nobody has signed (`"alg":"none"`), as Kafka's validator for tests takes them.
    pub fn unsecured() -> Self {
        Self::default()
    }

    /// Tokens signed by HMAC-SHA-256 with this key (`"alg":"HS256"`).
    pub fn hs256(key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: Some(Key(key.into())),
            ..Self::default()
        }
    }

    /// By how much clocks may differ. Default: 0. (Kafka: `unsecuredValidatorAllowableClockSkewMs`)
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// What a token's `scope` must hold. Default: nothing. (Kafka: `unsecuredValidatorRequiredScope`)
    pub fn required_scope<S: Into<String>>(mut self, scope: impl IntoIterator<Item = S>) -> Self {
        self.required_scope = scope.into_iter().map(Into::into).collect();
        self
    }
}

#[derive(Clone, Debug)]
pub(super) struct DelegationToken {
    pub(super) id: String,
    pub(super) hmac: Secret,
    pub(super) owner: String,
}

/// Not for logs.
#[derive(Clone)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

/// Not for logs either.
#[derive(Clone)]
pub(super) struct Key(pub(super) Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let sasl = Sasl::new()
            .user("alice", "hunter2")
            .delegation_token("id", "hunter2", "bob")
            .oauth_bearer(OauthBearer::hs256("hunter2"));
        let shown = format!("{sasl:?}");
        assert!(shown.contains("alice"), "{shown}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("104, 117"),
            "{shown}"
        );
    }
}
