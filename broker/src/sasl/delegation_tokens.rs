//! Delegation tokens (KIP-48): with what others log in in somebody's name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use milena_wire::error_code::ErrorCode;

use super::hash::Hash;
use super::settings::Secret;
use crate::identity;

/// How long a token may live, in milliseconds. (Kafka: `delegation.token.max.lifetime.ms`)
const MAX_LIFETIME: i64 = 7 * 24 * 3600 * 1000;
/// For how long it is renewed, in milliseconds. (Kafka: `delegation.token.expiry.time.ms`)
const RENEWAL: i64 = 24 * 3600 * 1000;

/// A delegation token. All principals are users.
#[derive(Clone, Debug)]
pub(crate) struct DelegationToken {
    pub(crate) id: String,
    /// What a client logs in with, as it stands in requests.
    pub(crate) hmac: Vec<u8>,
    /// The same as a client gives it for a password.
    password: Secret,
    pub(crate) owner: String,
    pub(crate) requester: String,
    pub(crate) renewers: Vec<String>,
    /// Milliseconds since 1970, as all that follow.
    pub(crate) issued: i64,
    pub(crate) expires: i64,
    /// Later than that it is never renewed.
    pub(crate) max: i64,
}

impl DelegationToken {
    fn is_over(&self, now: i64) -> bool {
        self.max < now || self.expires < now
    }

    fn may_be_renewed_by(&self, principal: &str) -> bool {
        self.owner == principal
            || self.requester == principal
            || self.renewers.iter().any(|renewer| renewer == principal)
    }
}

/// All delegation tokens, by id.
#[derive(Debug)]
pub(crate) struct DelegationTokens {
    secret: String,
    tokens: Mutex<BTreeMap<String, DelegationToken>>,
}

impl Default for DelegationTokens {
    fn default() -> Self {
        Self {
            secret: identity::nonce(),
            tokens: Mutex::default(),
        }
    }
}

impl DelegationTokens {
    /// A token that was there before the cluster, and stays.
    pub(super) fn insert(&self, id: &str, password: Secret, owner: &str) {
        let decoded = STANDARD.decode(&password.0);
        let token = DelegationToken {
            id: id.to_owned(),
            hmac: decoded.unwrap_or_else(|_| password.0.clone().into_bytes()),
            password,
            owner: owner.to_owned(),
            requester: owner.to_owned(),
            renewers: Vec::new(),
            issued: 0,
            expires: i64::MAX,
            max: i64::MAX,
        };
        self.lock().insert(token.id.clone(), token);
    }

    /// The owner of a token, the password that goes with it, and when it expires, if it ever does.
    pub(super) fn login(&self, id: &str, now: i64) -> Option<(String, Secret, Option<i64>)> {
        let tokens = self.lock();
        let token = tokens.get(id).filter(|token| !token.is_over(now))?;
        let expires = (token.expires != i64::MAX).then_some(token.expires);
        Some((token.owner.clone(), token.password.clone(), expires))
    }

    /// Issues a token; without a lifetime of more than 0 ms it has the longest.
    pub(crate) fn create(
        &self,
        owner: String,
        requester: String,
        renewers: Vec<String>,
        lifetime: i64,
        now: i64,
    ) -> DelegationToken {
        let id = identity::token_id();
        let hmac = Hash::Sha512.hmac(self.secret.as_bytes(), id.as_bytes());
        let lifetime = match lifetime {
            ..=0 => MAX_LIFETIME,
            lifetime => lifetime.min(MAX_LIFETIME),
        };
        let max = now.saturating_add(lifetime);
        let token = DelegationToken {
            id: id.clone(),
            password: Secret(STANDARD.encode(&hmac)),
            hmac,
            owner,
            requester,
            renewers,
            issued: now,
            expires: max.min(now.saturating_add(RENEWAL)),
            max,
        };
        self.lock().insert(id, token.clone());
        token
    }

    /// Renews a token for so long, or for as long as it goes without a period of more than 0 ms; when it expires then.
    pub(crate) fn renew(
        &self,
        hmac: &[u8],
        principal: &str,
        period: i64,
        now: i64,
    ) -> Result<i64, ErrorCode> {
        let mut tokens = self.lock();
        let token = find(&mut tokens, hmac)?;
        if token.is_over(now) {
            return Err(ErrorCode::DELEGATION_TOKEN_EXPIRED);
        }
        if !token.may_be_renewed_by(principal) {
            return Err(ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH);
        }
        let period = match period {
            ..=0 => RENEWAL,
            period => period.min(RENEWAL),
        };
        token.expires = token.max.min(now.saturating_add(period));
        Ok(token.expires)
    }

    /// Lets a token expire after so long, or takes it away at once if that is negative; when it expires then.
    pub(crate) fn expire(
        &self,
        hmac: &[u8],
        principal: &str,
        period: i64,
        now: i64,
    ) -> Result<i64, ErrorCode> {
        let mut tokens = self.lock();
        let token = find(&mut tokens, hmac)?;
        if !token.may_be_renewed_by(principal) {
            return Err(ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH);
        }
        if period < 0 {
            let id = token.id.clone();
            tokens.remove(&id);
            return Ok(now);
        }
        if token.is_over(now) {
            return Err(ErrorCode::DELEGATION_TOKEN_EXPIRED);
        }
        token.expires = token.max.min(now.saturating_add(period));
        Ok(token.expires)
    }

    /// Those that have not expired.
    pub(crate) fn all(&self, now: i64) -> Vec<DelegationToken> {
        let tokens = self.lock();
        let all = tokens.values().filter(|token| !token.is_over(now));
        all.cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, DelegationToken>> {
        // No code panics under this lock.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'a>(
    tokens: &'a mut BTreeMap<String, DelegationToken>,
    hmac: &[u8],
) -> Result<&'a mut DelegationToken, ErrorCode> {
    let mut tokens = tokens.values_mut();
    let token = tokens.find(|token| token.hmac == hmac);
    token.ok_or(ErrorCode::DELEGATION_TOKEN_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(tokens: &DelegationTokens, lifetime: i64) -> DelegationToken {
        let renewers = vec!["carol".to_owned()];
        tokens.create(
            "alice".to_owned(),
            "bob".to_owned(),
            renewers,
            lifetime,
            1000,
        )
    }

    #[test]
    fn tokens_live_as_long_as_they_are_renewed_and_no_longer() {
        let tokens = DelegationTokens::default();
        let token = create(&tokens, 5000);
        assert_eq!((token.max, token.expires), (6000, 6000));
        let token = create(&tokens, -1);
        assert_eq!(
            (token.max, token.expires),
            (1000 + MAX_LIFETIME, 1000 + RENEWAL)
        );
        for renewer in ["alice", "bob", "carol"] {
            assert_eq!(tokens.renew(&token.hmac, renewer, 10, 2000), Ok(2010));
        }
        let mallory = tokens.renew(&token.hmac, "mallory", 10, 2000);
        assert_eq!(mallory, Err(ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH));
        let late = tokens.renew(&token.hmac, "alice", 10, 2011);
        assert_eq!(late, Err(ErrorCode::DELEGATION_TOKEN_EXPIRED));
        let unknown = tokens.renew(b"none", "alice", 10, 2000);
        assert_eq!(unknown, Err(ErrorCode::DELEGATION_TOKEN_NOT_FOUND));
        assert_eq!(tokens.all(2010).len(), 2);
        assert_eq!(tokens.all(2011).len(), 1);
    }

    #[test]
    fn who_has_one_logs_in_as_its_owner_until_it_expires() {
        let tokens = DelegationTokens::default();
        let token = create(&tokens, -1);
        let (owner, password, expires) = tokens.login(&token.id, 1000).unwrap();
        assert_eq!((&*owner, expires), ("alice", Some(token.expires)));
        assert_eq!(STANDARD.decode(&password.0).unwrap(), token.hmac);
        assert_eq!(tokens.expire(&token.hmac, "alice", 5, 1000), Ok(1005));
        assert!(tokens.login(&token.id, 1006).is_none());
        assert_eq!(tokens.expire(&token.hmac, "alice", -1, 2000), Ok(2000));
        let gone = tokens.expire(&token.hmac, "alice", -1, 2000);
        assert_eq!(gone, Err(ErrorCode::DELEGATION_TOKEN_NOT_FOUND));
        tokens.insert("fixed", Secret("pw".to_owned()), "dave");
        let (owner, password, expires) = tokens.login("fixed", i64::MAX).unwrap();
        assert_eq!((&*owner, &*password.0, expires), ("dave", "pw", None));
    }
}
