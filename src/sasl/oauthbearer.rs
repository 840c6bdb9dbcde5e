//! OAUTHBEARER (RFC 7628, KIP-255, KIP-342).

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
use super::error::SaslError;
use super::text::one_line;
use super::token::{FromFn, Token, TokenProvider};
use crate::secret::Secret;

/// What separates the pairs of key and value.
const SEPARATOR: u8 = 1;

/// A bearer token instead of a password. The broker, and without TLS everybody on the way, can use it for as long as it is valid.
///
/// In Java: `OAuthBearerLoginModule`, with a `sasl.login.callback.handler.class` for the provider.
///
/// ```
/// use milena::sasl::{OauthBearer, SaslError, Token};
///
/// # async fn fetch() -> Result<String, std::io::Error> { Ok("abc".to_owned()) }
/// let authenticator = OauthBearer::from_fn(|| async {
///     let token = fetch().await.map_err(SaslError::provider)?;
///     Ok(Token::new(token))
/// });
/// ```
#[derive(Clone, Debug)]
pub struct OauthBearer {
    provider: Arc<dyn TokenProvider>,
    authorization_id: String,
}

impl OauthBearer {
    /// With tokens of this provider, which is asked for one for each authentication.
    pub fn new(provider: impl TokenProvider + 'static) -> Self {
        Self {
            provider: Arc::new(provider),
            authorization_id: String::new(),
        }
    }

    /// With tokens of this function.
    pub fn from_fn<F, Fut>(provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Token, SaslError>> + Send + 'static,
    {
        Self::new(FromFn(provider))
    }

    /// With always the same token.
    pub fn with_token(token: impl Into<Secret>) -> Self {
        Self::new(Token::new(token))
    }

    /// Whom to act as. Empty by default, which means the one whom the token names; Kafka's own broker accepts nobody else.
    #[must_use]
    pub fn authorization_id(mut self, id: impl Into<String>) -> Self {
        self.authorization_id = id.into();
        self
    }
}

impl SaslAuthenticator for OauthBearer {
    fn mechanism(&self) -> &str {
        "OAUTHBEARER"
    }

    fn exposes_credentials(&self) -> bool {
        true
    }

    fn session(&self, _broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
        Box::new(Session::New(self.clone()))
    }
}

enum Session {
    New(OauthBearer),
    Sent(Token),
    Over,
}

impl Session {
    async fn advance(&mut self, challenge: Option<&[u8]>) -> Result<Step, SaslError> {
        // After an error, and after a step that was dropped, there is no further one.
        match (std::mem::replace(self, Self::Over), challenge) {
            (Self::New(with), None) => {
                let token = with.provider.token().await?;
                let message = message(&with.authorization_id, &token)?;
                *self = Self::Sent(token);
                Ok(Step::Respond(message))
            }
            (Self::Sent(_), Some([])) => Ok(Step::Done),
            // What a broker says after a token is why it refuses it, and it says no more before it has got this.
            (Self::Sent(token), Some(challenge)) => {
                let error = refusal(&token, challenge, SystemTime::now());
                Ok(Step::Abort(Zeroizing::new(vec![SEPARATOR]), error))
            }
            _ => Err(SaslError::InvalidChallenge(
                "OAUTHBEARER has no such step".to_owned(),
            )),
        }
    }
}

impl SaslSession for Session {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(self.advance(challenge))
    }
}

/// The one message with a token in it.
fn message(authorization_id: &str, token: &Token) -> Result<Zeroizing<Vec<u8>>, SaslError> {
    let value = token.value().expose();
    check(value, token.extensions())?;
    let header = header(authorization_id)?;
    let mut parts = vec![header.as_bytes(), b"\x01auth=Bearer ", value.as_bytes()];
    for (key, value) in token.extensions() {
        parts.extend([&b"\x01"[..], key.as_bytes(), b"=", value.as_bytes()]);
    }
    parts.push(b"\x01\x01");
    // Of its final size at once: growing would leave copies of the token behind.
    let length = parts.iter().map(|part| part.len()).sum();
    let mut message = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        message.extend_from_slice(part);
    }
    Ok(message)
}

/// Without channel binding, and with the other name to act as.
fn header(authorization_id: &str) -> Result<String, SaslError> {
    if authorization_id.is_empty() {
        return Ok("n,,".to_owned());
    }
    if authorization_id.contains(['\0', char::from(SEPARATOR)]) {
        return invalid("OAUTHBEARER cannot carry a NUL or a separator in a name");
    }
    let name = authorization_id.replace('=', "=3D").replace(',', "=2C");
    Ok(format!("n,a={name},"))
}

/// Nothing may be in a message that would read as another part of it.
fn check(token: &str, extensions: &[(String, String)]) -> Result<(), SaslError> {
    // RFC 6750's b64token.
    let body = token.trim_end_matches('=');
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if body.is_empty() || !body.bytes().all(is_token) {
        return invalid("the token is empty, or has characters that a bearer token cannot have");
    }
    let mut keys = BTreeSet::new();
    for (key, value) in extensions {
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !is_key || key == "auth" || !keys.insert(key) {
            return invalid(
                "an extension's key is not of letters only, is \"auth\", or is there twice",
            );
        }
        let is_value = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        if value.is_empty() || !value.bytes().all(is_value) {
            return invalid("an extension's value is empty, or not of printable ASCII");
        }
    }
    Ok(())
}

fn invalid<T>(what: &str) -> Result<T, SaslError> {
    Err(SaslError::InvalidCredentials(what.to_owned()))
}

/// The broker's JSON as it is: it is made for people, and not every broker's is valid.
fn refusal(token: &Token, challenge: &[u8], now: SystemTime) -> SaslError {
    let text = Zeroizing::new(String::from_utf8_lossy(challenge).into_owned());
    // A broker that repeats the token must not bring it into a log.
    let mut message = one_line(&text.replace(token.value().expose(), "..."));
    let age = token
        .expires_at()
        .and_then(|end| now.duration_since(end).ok());
    if let Some(age) = age {
        let seconds = age.as_secs();
        message.push_str(&format!(
            " (by this machine's clock, the token expired {seconds} s ago)"
        ));
    }
    SaslError::Refused {
        code: None,
        message: Some(message),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::sasl::testing::{Random, session, shown, step};

    fn first(with: &OauthBearer) -> Result<String, SaslError> {
        match step(&mut *session(with), None)? {
            Step::Respond(bytes) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    fn refused(with: &OauthBearer, challenge: &[u8]) -> String {
        let mut session = session(with);
        step(&mut *session, None).unwrap();
        let Step::Abort(answer, error) = step(&mut *session, Some(challenge)).unwrap() else {
            panic!("it goes on");
        };
        assert_eq!(*answer, [1]);
        assert!(!error.is_retriable());
        assert!(step(&mut *session, Some(b"")).is_err(), "it is over");
        match error {
            SaslError::Refused {
                code: None,
                message: Some(message),
            } => message,
            other => panic!("{other:?}"),
        }
    }

    /// Statement 27: `n,,`, the token and the extensions.
    #[test]
    fn statement_27_the_message() {
        // RFC 7628, section 4.1.
        let with = OauthBearer::new(
            Token::new("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
                .with_extension("host", "server.example.com")
                .with_extension("port", "143"),
        )
        .authorization_id("user@example.com");
        assert_eq!(
            first(&with).unwrap(),
            "n,a=user@example.com,\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01host=server.example.com\x01port=143\x01\x01"
        );
        let with = OauthBearer::with_token("a.B-1_~+/=");
        assert_eq!(
            first(&with).unwrap(),
            "n,,\x01auth=Bearer a.B-1_~+/=\x01\x01"
        );
        assert_eq!(
            first(&with.clone().authorization_id("a=b,c")).unwrap(),
            "n,a=a=3Db=2Cc,\x01auth=Bearer a.B-1_~+/=\x01\x01"
        );
        assert_eq!(with.mechanism(), "OAUTHBEARER");
        assert!(with.exposes_credentials());
    }

    /// Statement 27: nothing is sent that would read as another part of the message.
    #[test]
    fn statement_27_the_message_is_validated() {
        let token = || Token::new("token");
        let with = |token| OauthBearer::new(token);
        for (name, bad) in [
            ("empty", with(Token::new(""))),
            ("only padding", with(Token::new("=="))),
            ("padding inside", with(Token::new("a=b"))),
            ("a separator", with(Token::new("a\x01b"))),
            ("a space", with(Token::new("a b"))),
            ("a line", with(Token::new("token\n"))),
            ("not ASCII", with(Token::new("tökén"))),
            ("no key", with(token().with_extension("", "x"))),
            ("auth", with(token().with_extension("auth", "x"))),
            ("a digit", with(token().with_extension("key1", "x"))),
            ("key with =", with(token().with_extension("a=b", "x"))),
            ("key not ASCII", with(token().with_extension("é", "x"))),
            (
                "twice",
                with(token().with_extension("k", "x").with_extension("k", "y")),
            ),
            ("no value", with(token().with_extension("k", ""))),
            (
                "value with a separator",
                with(token().with_extension("k", "a\x01auth=b")),
            ),
            ("value with NUL", with(token().with_extension("k", "\0"))),
            ("value with DEL", with(token().with_extension("k", "\x7f"))),
            ("value not ASCII", with(token().with_extension("k", "é"))),
            ("name with NUL", with(token()).authorization_id("a\0")),
            (
                "name with a separator",
                with(token()).authorization_id("a\x01"),
            ),
        ] {
            let error = first(&bad).unwrap_err();
            assert!(
                matches!(error, SaslError::InvalidCredentials(_)),
                "{name}: {error:?}"
            );
        }
        let good = token()
            .with_extension("AUTH", "a=b,c ~\t\r\n")
            .with_extension("auths", "x");
        assert!(first(&with(good)).is_ok());
    }

    /// Statement 27: a rejected token is never a success: the JSON is answered with 0x01 and becomes the error.
    #[test]
    fn statement_27_a_refusal() {
        let with = OauthBearer::with_token("abc.def");
        let json = r#"{"status":"invalid_token","scope":"kafka"}"#;
        assert_eq!(refused(&with, json.as_bytes()), json);
        assert_eq!(refused(&with, b"{\n\x1b\xff"), "{\\n\\u{1b}\u{fffd}");
        assert_eq!(refused(&with, b" "), " ");
        assert!(refused(&with, &[b'x'; 60_000]).len() < 300);
        let mut session = session(&with);
        step(&mut *session, None).unwrap();
        let outcome = step(&mut *session, Some(b"")).unwrap();
        assert!(matches!(outcome, Step::Done), "{outcome:?}");
        assert!(step(&mut *session, Some(b"")).is_err(), "it is over");
    }

    #[test]
    fn a_refusal_tells_of_an_expired_token() {
        let now = SystemTime::now();
        let second = Duration::from_secs(1);
        for (expires_at, told) in [(now - 12 * second, true), (now + second, false)] {
            let token = Token::new("token").with_expires_at(expires_at);
            let error = refusal(&token, b"{}", now).to_string();
            assert_eq!(error.contains("expired 12 s ago"), told, "{error}");
        }
    }

    /// Statements 22 and 27: each authentication asks the provider anew, and its failure is told as it is.
    #[test]
    fn statement_27_the_provider() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let with = OauthBearer::from_fn(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    0 | 1 => Ok(Token::new(format!("token{number}"))),
                    _ => Err(SaslError::provider("no more")),
                }
            }
        });
        assert!(first(&with).unwrap().contains("token0"));
        assert!(first(&with.clone()).unwrap().contains("token1"));
        let error = first(&with).unwrap_err();
        assert!(error.is_retriable());
        assert_eq!(error.to_string(), "no credentials: no more");
        drop(session(&with));
        assert_eq!(asked.load(Ordering::SeqCst), 3, "not before the first step");
        let shared: Arc<dyn TokenProvider> = Arc::new(Token::new("shared"));
        assert!(first(&OauthBearer::new(shared)).unwrap().contains("shared"));
    }

    /// Statement 22: a step whose future was dropped is not taken up again.
    #[test]
    fn statement_22_a_dropped_step() {
        let with = OauthBearer::from_fn(std::future::pending);
        let mut session = session(&with);
        let waits = session
            .step(None)
            .as_mut()
            .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
            .is_pending();
        assert!(waits);
        assert!(step(&mut *session, None).is_err());
    }

    /// Statement 32: not even a broker that repeats the token brings it into an error.
    #[test]
    fn statement_32_nothing_shows_the_token() {
        let with = OauthBearer::new(Token::new("hunter2").with_extension("tenant", "blue"));
        let shown = shown(&with, &[br#"{"status":"hunter2 is bad","hunter2":1}"#, b""]);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("is bad") && shown.contains("blue"));
        let invalid = OauthBearer::with_token("hunter2 \0");
        let error = first(&invalid).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    /// No bytes of a broker but none at all end well.
    #[test]
    fn any_challenges_end_with_an_error() {
        let with = OauthBearer::with_token("token");
        let mut random = Random::new(7628);
        for _ in 0..5_000 {
            let challenge = match random.below(2) {
                0 => random.bytes(300),
                _ => random.mutate(br#"{"status":"invalid_token"}"#),
            };
            if !challenge.is_empty() {
                refused(&with, &challenge);
            }
        }
    }
}
