//! Who may log in, and by which mechanisms.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::delegation_tokens::DelegationTokens;
use super::hash::Hash;
use super::mechanism::Mechanism;
use super::scram_credential::ScramCredential;
use super::scram_users::ScramUsers;
use super::settings::{OauthBearer, Sasl, Secret};
use crate::identity;

/// As Kafka's tools choose it if nobody says.
const ITERATIONS: u32 = 4096;

/// Who may log in, and by which mechanisms.
#[derive(Debug)]
pub(crate) struct Accounts {
    mechanisms: Vec<Mechanism>,
    passwords: HashMap<String, Secret>,
    scram: Arc<ScramUsers>,
    tokens: Arc<DelegationTokens>,
    oauth_bearer: OauthBearer,
    session_lifetime: Option<Duration>,
    scram_iterations: u32,
    scram_errors: bool,
    lenient_with_nonces: bool,
}

impl Accounts {
    /// Hashes every password, which takes a while. `lenient_with_nonces` is how brokers before 3.9 were (CVE-2024-56128), without which clients that
    /// got their nonce wrong cannot log in.
    pub(crate) fn new(settings: &Sasl, lenient_with_nonces: bool) -> Self {
        let passwords: HashMap<_, _> = settings.users.iter().cloned().collect();
        let iterations = settings.scram_iterations.unwrap_or(ITERATIONS);
        let (scram, tokens) = (Arc::<ScramUsers>::default(), Arc::default());
        for mechanism in &settings.mechanisms {
            let hash = match mechanism {
                Mechanism::ScramSha256 => Hash::Sha256,
                Mechanism::ScramSha512 => Hash::Sha512,
                Mechanism::Plain | Mechanism::OauthBearer => continue,
            };
            for (name, password) in &passwords {
                let salt = identity::nonce().into_bytes();
                let credential = ScramCredential::new(hash, &password.0, salt, iterations);
                scram.insert(hash, name, credential);
            }
        }
        for token in &settings.tokens {
            DelegationTokens::insert(&tokens, &token.id, token.hmac.clone(), &token.owner);
        }
        Self {
            mechanisms: settings.mechanisms.clone(),
            passwords,
            scram,
            tokens,
            scram_iterations: iterations,
            oauth_bearer: settings.oauth_bearer.clone(),
            session_lifetime: settings
                .session_lifetime
                .filter(|lifetime| lifetime.as_millis() > 0),
            scram_errors: settings.scram_errors,
            lenient_with_nonces,
        }
    }

    /// Those that are enabled.
    pub(crate) fn mechanisms(&self) -> &[Mechanism] {
        &self.mechanisms
    }

    pub(super) fn session_lifetime(&self) -> Option<Duration> {
        self.session_lifetime
    }

    pub(super) fn oauth_bearer(&self) -> &OauthBearer {
        &self.oauth_bearer
    }

    pub(super) fn scram_errors(&self) -> bool {
        self.scram_errors
    }

    pub(super) fn is_lenient_with_nonces(&self) -> bool {
        self.lenient_with_nonces
    }

    pub(super) fn knows_password(&self, name: &str, password: &str) -> bool {
        let known = self.passwords.get(name);
        known.is_some_and(|known| known.0 == password)
    }

    /// The users that SCRAM knows.
    pub(crate) fn scram_users(&self) -> Arc<ScramUsers> {
        self.scram.clone()
    }

    pub(crate) fn delegation_tokens(&self) -> Arc<DelegationTokens> {
        self.tokens.clone()
    }

    /// A user's credential.
    pub(super) fn scram(&self, hash: Hash, name: &str) -> Option<ScramCredential> {
        self.scram.find(hash, name)
    }

    /// A delegation token's owner, the credential that goes with it, and when it expires, if it ever does. Slow: its password is hashed each time.
    pub(super) fn delegation_token(
        &self,
        hash: Hash,
        id: &str,
        now: i64,
    ) -> Option<(String, ScramCredential, Option<i64>)> {
        let (owner, password, expires) = self.tokens.login(id, now)?;
        let salt = identity::nonce().into_bytes();
        let credential = ScramCredential::new(hash, &password.0, salt, self.scram_iterations);
        Some((owner, credential, expires))
    }

    #[cfg(test)]
    pub(super) fn insert_scram(&mut self, hash: Hash, name: &str, credential: ScramCredential) {
        self.scram.insert(hash, name, credential);
    }
}
