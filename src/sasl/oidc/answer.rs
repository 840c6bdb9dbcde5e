//! What a token endpoint answers: RFC 6749, sections 5.1 and 5.2.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::failure::Failure;
use crate::secret::Secret;

/// The longest word of an endpoint that goes into an error.
const LONGEST_WORD: usize = 256;

/// Longer than any token lives, and short enough to be added to any time.
const LONGEST_LIFE: u64 = 10 * 365 * 86_400;

/// A token, and for how long it is good.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) token: Secret,
    pub(super) expires_in: Option<Duration>,
}

/// Takes the answer apart. The client's secret is struck out of the endpoint's words, should it repeat it.
pub(super) fn read(status: StatusCode, body: &[u8], secret: &Secret) -> Result<Grant, Failure> {
    let fields = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => fields,
        _ if status.is_success() => return Err(Failure::Unusable("no JSON object")),
        _ => Map::new(),
    };
    if !status.is_success() {
        let words = ["error", "error_description"].into_iter();
        let words = words.filter_map(|name| fields.get(name)?.as_str());
        return Err(Failure::Refused {
            status,
            words: words.map(|word| printable(word, secret)).collect(),
        });
    }
    grant(fields)
}

fn grant(mut fields: Map<String, Value>) -> Result<Grant, Failure> {
    // The token moves from where the parser put it to where it is overwritten.
    let token = match fields.remove("access_token") {
        Some(Value::String(token)) if !token.is_empty() => Secret::from(token),
        _ => return Err(Failure::Unusable("no access_token")),
    };
    match fields.get("token_type") {
        None => {}
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(_) => return Err(Failure::Unusable("a token that is no bearer token")),
    }
    // A number by the RFC, a string by some.
    let expires_in = match fields.get("expires_in") {
        Some(Value::String(seconds)) => seconds.parse().ok(),
        Some(seconds) => seconds.as_u64(),
        None => None,
    };
    Ok(Grant {
        token,
        expires_in: expires_in.map(|seconds| Duration::from_secs(seconds.min(LONGEST_LIFE))),
    })
}

fn printable(word: &str, secret: &Secret) -> String {
    let secret = secret.expose();
    let word = if secret.is_empty() {
        word.to_owned()
    } else {
        word.replace(secret, "***")
    };
    let printable = word.chars().filter(|c| !c.is_control());
    printable.take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn success(body: &str) -> Result<Grant, Failure> {
        read(StatusCode::OK, body.as_bytes(), &"hunter2".into())
    }

    #[test]
    fn a_token_and_its_life() {
        let grant = success(r#"{"access_token":"t","token_type":"Bearer","expires_in":300}"#);
        let grant = grant.unwrap();
        assert_eq!(grant.token.expose(), "t");
        assert_eq!(grant.expires_in, Some(Duration::from_secs(300)));
        for (life, seconds) in [
            (r#""300""#, Some(300)),
            ("0", Some(0)),
            ("18446744073709551615", Some(LONGEST_LIFE)),
            ("-1", None),
            ("null", None),
            (r#""soon""#, None),
            ("3.5", None),
        ] {
            let grant = success(&format!(r#"{{"access_token":"t","expires_in":{life}}}"#));
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(grant.unwrap().expires_in, expected, "{life}");
        }
        assert_eq!(success(r#"{"access_token":"t"}"#).unwrap().expires_in, None);
    }

    #[test]
    fn a_success_without_a_token_is_none() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":1}"#,
            r#"{"access_token":"t","token_type":"mac"}"#,
            r#"{"access_token":"t","token_type":7}"#,
        ] {
            assert!(matches!(success(body), Err(Failure::Unusable(_))), "{body}");
        }
    }

    fn refusal(body: &str) -> Vec<String> {
        match read(StatusCode::UNAUTHORIZED, body.as_bytes(), &"hunter2".into()) {
            Err(Failure::Refused { words, .. }) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_says_why_if_it_can() {
        let body = r#"{"error":"invalid_client","error_description":"no\n such client hunter2"}"#;
        assert_eq!(refusal(body), ["invalid_client", "no such client ***"]);
        assert_eq!(refusal(r#"{"error":7}"#), [""; 0]);
        assert_eq!(refusal("<html>"), [""; 0]);
        let long = refusal(&format!(r#"{{"error":"{}"}}"#, "x".repeat(10_000)));
        assert_eq!(long[0].len(), LONGEST_WORD);
    }
}
