//! OAUTHBEARER (RFC 7628).

use super::accounts::Accounts;
use super::jwt::{self, InvalidToken};
use super::settings::OauthBearer;
use super::step::{Failure, Identity, Step};

/// Between the parts of a message, and alone the answer to an error.
const SEPARATOR: char = '\u{1}';

/// One exchange.
#[derive(Debug, Default)]
pub(super) struct OauthBearerExchange {
    /// What the client was told about its last token.
    error: Option<String>,
}

impl OauthBearerExchange {
    pub(super) fn step(
        &mut self,
        accounts: &Accounts,
        token: &[u8],
        now: i64,
    ) -> Result<Step, Failure> {
        if let (Some(error), b"\x01") = (self.error.take(), token) {
            return Err(Failure::Told(error));
        }
        let first = ClientFirst::parse(token).ok_or(Failure::Untold("malformed first message"))?;
        let rules = accounts.oauth_bearer();
        let claims = match jwt::check(first.token, rules, now) {
            Ok(claims) => claims,
            Err(problem) => {
                tracing::debug!(?problem, "invalid token");
                let error = describe(problem, rules);
                self.error = Some(error.clone());
                return Ok(Step::Challenge(error.into_bytes()));
            }
        };
        if !first.authorization.is_empty() && first.authorization != claims.subject {
            return Err(Failure::Told(format!(
                "Authentication failed: Client requested an authorization id ({}) that is different from the token's principal name ({})",
                first.authorization, claims.subject
            )));
        }
        let identity = Identity {
            name: claims.subject,
            expires: Some(claims.expires),
            by_token: false,
        };
        Ok(Step::Done {
            token: Vec::new(),
            identity,
        })
    }
}

/// The JSON of RFC 7628, to the character as Kafka writes it.
fn describe(problem: InvalidToken, rules: &OauthBearer) -> String {
    if problem == InvalidToken::Scope {
        let scope = rules.required_scope.join(", ");
        format!(r#"{{"status":"insufficient_scope", "scope":"[{scope}]"}}"#)
    } else {
        r#"{"status":"invalid_token"}"#.to_owned()
    }
}

/// `n,,^Aauth=Bearer token^A^A`, with extensions that nobody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ClientFirst<'a> {
    /// Empty if none is asked for.
    authorization: &'a str,
    token: &'a str,
}

impl<'a> ClientFirst<'a> {
    fn parse(message: &'a [u8]) -> Option<Self> {
        let message = std::str::from_utf8(message).ok()?;
        let (header, pairs) = message.split_once(SEPARATOR)?;
        let authorization = header.strip_prefix("n,")?.strip_suffix(',')?;
        let authorization = match authorization.strip_prefix("a=") {
            Some(name) => (!name.is_empty() && !name.contains(',')).then_some(name)?,
            None if authorization.is_empty() => "",
            None => return None,
        };
        // What is left is pairs, each with a separator behind it, and one separator more.
        let pairs = pairs.strip_suffix(SEPARATOR)?.strip_suffix(SEPARATOR)?;
        let mut auth = None;
        for pair in pairs.split(SEPARATOR) {
            let (key, value) = pair.split_once('=')?;
            let named = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
            let legal = |byte: u8| byte.is_ascii_graphic() || b" \t\r\n".contains(&byte);
            if !named || value.is_empty() || !value.bytes().all(legal) {
                return None;
            }
            if key == "auth" {
                auth = Some(value);
            }
        }
        let (scheme, token) = auth?.split_once(' ')?;
        let token = token.trim_start_matches(' ');
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~+/.".contains(&byte);
        let unpadded = token.trim_end_matches('=');
        let valid = scheme.eq_ignore_ascii_case("bearer")
            && !unpadded.is_empty()
            && unpadded.bytes().all(legal);
        valid.then_some(Self {
            authorization,
            token,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::settings::Sasl;

    #[test]
    fn first_messages() {
        let first = ClientFirst::parse(b"n,a=me,\x01auth=Bearer a.b.\x01trace=7\x01\x01");
        let expected = ClientFirst {
            authorization: "me",
            token: "a.b.",
        };
        assert_eq!(first, Some(expected));
        assert!(ClientFirst::parse(b"n,,\x01auth=bearer   a.b.c==\x01\x01").is_some());
        for bad in [
            "",
            "\x01",
            "n,,\x01\x01",
            "n,,\x01auth=Bearer a\x01",
            "y,,\x01auth=Bearer a\x01\x01",
            "n,\x01auth=Bearer a\x01\x01",
            "n,,\x01auth=Basic a\x01\x01",
            "n,,\x01auth=Bearer \x01\x01",
            "n,,\x01auth=Bearer a b\x01\x01",
            "n,,\x01auth=Bearer a\x01x\x01\x01",
            "n,,\x01auth=Bearer a\x012=x\x01\x01",
        ] {
            assert_eq!(ClientFirst::parse(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn an_error_is_told_first_and_ends_the_exchange_then() {
        let rules = OauthBearer::unsecured();
        let accounts = Accounts::new(&Sasl::new().oauth_bearer(rules), false);
        let mut exchange = OauthBearerExchange::default();
        // Nothing was told yet.
        assert!(exchange.step(&accounts, b"\x01", 0).is_err());
        let error = br#"{"status":"invalid_token"}"#.to_vec();
        let first = b"n,,\x01auth=Bearer a.b.\x01\x01";
        for _ in 0..2 {
            // A client may try another one.
            let step = exchange.step(&accounts, first, 0);
            assert_eq!(step, Ok(Step::Challenge(error.clone())));
        }
        let told = Failure::Told(String::from_utf8(error).unwrap());
        assert_eq!(exchange.step(&accounts, b"\x01", 0), Err(told));
    }
}
