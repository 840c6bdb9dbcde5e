//! Who may log in, and by which mechanisms.

use std::collections::HashMap;
use std::time::Duration;

use super::hash::Hash;
use super::mechanism::Mechanism;
use super::scram_credential::ScramCredential;
use super::settings::{OauthBearer, Sasl, Secret};
use crate::identity;

/// As Kafka's tools choose it if nobody says.
const ITERATIONS: u32 = 4096;

/// Who may log in, and by which mechanisms.
#[derive(Debug)]
pub(crate) struct Accounts {
    mechanisms: Vec<Mechanism>,
    passwords: HashMap<String, Secret>,
    scram: HashMap<Hash, HashMap<String, ScramCredential>>,
    /// Each with its owner.
    tokens: HashMap<Hash, HashMap<String, (String, ScramCredential)>>,
    oauth_bearer: OauthBearer,
    session_lifetime: Option<Duration>,
    scram_errors: bool,
    lenient_with_nonces: bool,
}

impl Accounts {
    /// Hashes every password, which takes a while. `lenient_with_nonces` is how brokers before 3.9 were (CVE-2024-56128), without which clients that
    /// got their nonce wrong cannot log in.
    pub(crate) fn new(settings: &Sasl, lenient_with_nonces: bool) -> Self {
        let passwords: HashMap<_, _> = settings.users.iter().cloned().collect();
        let iterations = settings.scram_iterations.unwrap_or(ITERATIONS);
        let (mut scram, mut tokens) = (HashMap::new(), HashMap::new());
        for mechanism in &settings.mechanisms {
            let hash = match mechanism {
                Mechanism::ScramSha256 => Hash::Sha256,
                Mechanism::ScramSha512 => Hash::Sha512,
                Mechanism::Plain | Mechanism::OauthBearer => continue,
            };
            let credential = |password: &Secret| {
                let salt = identity::nonce().into_bytes();
                ScramCredential::new(hash, &password.0, salt, iterations)
            };
            let users = passwords
                .iter()
                .map(|(name, password)| (name.clone(), credential(password)));
            scram.insert(hash, users.collect());
            let known = settings.tokens.iter().map(|token| {
                let owned = (token.owner.clone(), credential(&token.hmac));
                (token.id.clone(), owned)
            });
            tokens.insert(hash, known.collect());
        }
        Self {
            mechanisms: settings.mechanisms.clone(),
            passwords,
            scram,
            tokens,
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

    /// A user's principal and credential.
    pub(super) fn scram<'a>(
        &'a self,
        hash: Hash,
        name: &'a str,
    ) -> Option<(&'a str, &'a ScramCredential)> {
        let credential = self.scram.get(&hash)?.get(name)?;
        Some((name, credential))
    }

    /// A delegation token's owner and credential.
    pub(super) fn delegation_token(
        &self,
        hash: Hash,
        id: &str,
    ) -> Option<(&str, &ScramCredential)> {
        let (owner, credential) = self.tokens.get(&hash)?.get(id)?;
        Some((owner, credential))
    }

    #[cfg(test)]
    pub(super) fn insert_scram(&mut self, hash: Hash, name: &str, credential: ScramCredential) {
        let users = self.scram.entry(hash).or_default();
        users.insert(name.to_owned(), credential);
    }
}
