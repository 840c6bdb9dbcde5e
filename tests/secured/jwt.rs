//! Tokens for OAUTHBEARER.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// What a token says.
pub(crate) struct Claims(Value);

impl Claims {
    /// Of this subject, for this long from now.
    pub(crate) fn of(subject: &str, lasts: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // To the millisecond, as sessions of a second or two are made of it.
        let end = (now + lasts).as_secs_f64();
        Self(json!({"sub": subject, "exp": end}))
    }

    /// That ended a minute ago.
    pub(crate) fn over(subject: &str) -> Self {
        let mut claims = Self::of(subject, Duration::ZERO);
        claims.0["exp"] = json!(claims.0["exp"].as_f64().unwrap() - 60.0);
        claims
    }

    pub(crate) fn scope(mut self, scope: &[&str]) -> Self {
        self.0["scope"] = json!(scope);
        self
    }

    /// As a token that nobody has signed.
    pub(crate) fn unsecured(&self) -> String {
        format!("{}.", self.encoded("none"))
    }

    /// As one that is signed by this key.
    pub(crate) fn signed(&self, key: &str) -> String {
        let signed = self.encoded("HS256");
        let mut hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        hmac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    fn encoded(&self, algorithm: &str) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}", part(&json!({"alg": algorithm})), part(&self.0))
    }
}
