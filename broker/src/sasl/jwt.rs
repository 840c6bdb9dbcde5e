//! JSON Web Tokens (RFC 7519), checked as Kafka's validator of unsecured ones does.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::hash::Hash;
use super::settings::OauthBearer;

/// As Java's decoder, which takes padding and its absence.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) subject: String,
    /// Milliseconds since 1970.
    pub(super) expires: i64,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidToken {
    Malformed,
    Algorithm,
    Signature,
    Subject,
    IssuedLater,
    Expired,
    Scope,
}

/// Checks a token at a time in milliseconds since 1970.
pub(super) fn check(token: &str, rules: &OauthBearer, now: i64) -> Result<Claims, InvalidToken> {
    let (signed, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(InvalidToken::Malformed)?;
    let (header, claims) = (object(header)?, object(claims)?);
    let algorithm = header.get("alg").and_then(Value::as_str);
    match &rules.key {
        None if algorithm != Some("none") => return Err(InvalidToken::Algorithm),
        None if !signature.is_empty() => return Err(InvalidToken::Signature),
        None => {}
        Some(_) if algorithm != Some("HS256") => return Err(InvalidToken::Algorithm),
        Some(key) => {
            let expected = Hash::Sha256.hmac(&key.0, signed.as_bytes());
            let signature = BASE64.decode(signature);
            if signature.map_err(|_| InvalidToken::Malformed)? != expected {
                return Err(InvalidToken::Signature);
            }
        }
    }
    let subject = claims.get("sub").and_then(Value::as_str);
    let subject = subject.filter(|subject| !subject.trim().is_empty());
    let subject = subject.ok_or(InvalidToken::Subject)?.to_owned();
    let expires = time(&claims, "exp")?.ok_or(InvalidToken::Malformed)?;
    let issued = time(&claims, "iat")?;
    let skew = milliseconds(rules.clock_skew);
    if issued.is_some_and(|issued| issued > now.saturating_add(skew)) {
        return Err(InvalidToken::IssuedLater);
    }
    if now.saturating_sub(skew) >= expires || issued.is_some_and(|issued| expires <= issued) {
        return Err(InvalidToken::Expired);
    }
    let scope = scope(&claims);
    let given = |required: &String| scope.contains(&required.as_str());
    if !rules.required_scope.iter().all(given) {
        return Err(InvalidToken::Scope);
    }
    Ok(Claims { subject, expires })
}

fn object(part: &str) -> Result<Map<String, Value>, InvalidToken> {
    let json = BASE64.decode(part).map_err(|_| InvalidToken::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| InvalidToken::Malformed)
}

/// A time of a token, which is in seconds and may have a fraction, in milliseconds.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, InvalidToken> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_f64().ok_or(InvalidToken::Malformed)?;
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Ok(Some(milliseconds))
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A string is one element to Kafka's validator, blanks or not.
fn scope(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("scope") {
        Some(Value::String(one)) => vec![one.trim()],
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_str)
            .map(str::trim)
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn token(header: &str, claims: &str) -> String {
        let encode = |json| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        format!("{}.{}", encode(header), encode(claims))
    }

    fn unsecured(claims: &str) -> String {
        token(r#"{"alg":"none"}"#, claims) + "."
    }

    #[test]
    fn unsecured_tokens() {
        let rules = OauthBearer::unsecured();
        let valid = unsecured(r#"{"sub":"alice","exp":1000.5,"iat":999}"#);
        let claims = Claims {
            subject: "alice".to_owned(),
            expires: 1_000_500,
        };
        assert_eq!(check(&valid, &rules, NOW), Ok(claims));
        for (claims, problem) in [
            (r#"{"exp":1001}"#, InvalidToken::Subject),
            (r#"{"sub":" ","exp":1001}"#, InvalidToken::Subject),
            (r#"{"sub":7,"exp":1001}"#, InvalidToken::Subject),
            (r#"{"sub":"a"}"#, InvalidToken::Malformed),
            (r#"{"sub":"a","exp":"1001"}"#, InvalidToken::Malformed),
            (r#"{"sub":"a","exp":1000}"#, InvalidToken::Expired),
            (
                r#"{"sub":"a","exp":1001,"iat":1000.1}"#,
                InvalidToken::IssuedLater,
            ),
            ("[]", InvalidToken::Malformed),
        ] {
            assert_eq!(
                check(&unsecured(claims), &rules, NOW),
                Err(problem),
                "{claims}"
            );
        }
        let signed = unsecured(r#"{"sub":"a","exp":1001}"#) + "AAAA";
        assert_eq!(check(&signed, &rules, NOW), Err(InvalidToken::Signature));
        let other = token(r#"{"alg":"HS256"}"#, r#"{"sub":"a","exp":1001}"#) + ".";
        assert_eq!(check(&other, &rules, NOW), Err(InvalidToken::Algorithm));
        for malformed in ["", "a.b", "a.b.c.d", "....", "!.!.!"] {
            assert_eq!(check(malformed, &rules, NOW), Err(InvalidToken::Malformed));
        }
    }

    #[test]
    fn skew_and_scope() {
        let rules = OauthBearer::unsecured().clock_skew(Duration::from_secs(1));
        let late = unsecured(r#"{"sub":"a","exp":999.5}"#);
        assert!(check(&late, &rules, NOW).is_ok());
        let rules = OauthBearer::unsecured().required_scope(["read", "write"]);
        for (scope, enough) in [
            (r#"["write","read","x"]"#, true),
            (r#"["write"]"#, false),
            (r#""read write""#, false),
        ] {
            let token = unsecured(&format!(r#"{{"sub":"a","exp":1001,"scope":{scope}}}"#));
            assert_eq!(check(&token, &rules, NOW).is_ok(), enough, "{scope}");
        }
    }

    #[test]
    fn signed_tokens() {
        // The example of RFC 7515, appendix A.1, has neither `sub` nor a text as its key: its like, made by `openssl dgst -sha256 -hmac key`.
        let signed = token(
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"sub":"alice","exp":1001}"#,
        );
        let signature = Hash::Sha256.hmac(b"key", signed.as_bytes());
        let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature);
        let signed = format!("{signed}.{encoded}");
        assert_eq!(
            signed,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTAwMX0.gDZJYEtgE14uO_FxpAY4ThZ0Tj4TRzcYly4yVVrHdpE"
        );
        assert!(check(&signed, &OauthBearer::hs256("key"), NOW).is_ok());
        let other = check(&signed, &OauthBearer::hs256("other"), NOW);
        assert_eq!(other, Err(InvalidToken::Signature));
        let unsigned = unsecured(r#"{"sub":"alice","exp":1001}"#);
        let rules = OauthBearer::hs256("key");
        assert_eq!(check(&unsigned, &rules, NOW), Err(InvalidToken::Algorithm));
    }
}
