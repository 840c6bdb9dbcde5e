//! What must not be seen is not: in logs at every level, in errors, in what `Debug` shows. Statement 32.

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use milena::sasl::{OauthBearer, Plain, SaslAuthenticator, ScramSha256, Token};
use milena::wire::codec::Message as _;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::{SaslAuthenticateRequest, SaslAuthenticateResponse};
use milena::{CloseReason, Connection};

use crate::logs::{collect, logged};
use crate::peer::{Listener, Memory, Peer, soon, strict};
use crate::sasl::{authenticate, challenge, lasts, old_versions, shake_hands, versions};
use crate::scram::Script;

const PASSWORD: &str = "correct-horse~battery+staple";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

/// Everything that a program could print.
#[derive(Default)]
struct Seen(String);

impl Seen {
    fn debug(&mut self, value: &impl Debug) {
        write!(self.0, "{value:?}\n{value:#?}\n").unwrap();
    }

    fn error(&mut self, error: &milena::Error) {
        self.debug(error);
        self.debug(error.kind());
        writeln!(self.0, "{error} {error:#}").unwrap();
        let mut source = error.source();
        while let Some(cause) = source {
            write!(self.0, "{cause:?}\n{cause:#?}\n{cause}\n").unwrap();
            source = cause.source();
        }
    }

    fn connection(&mut self, connection: &Connection) {
        self.debug(connection);
        self.debug(connection.report());
    }

    /// Asserts that nothing of these is seen, in any of the ways in which bytes are printed, and neither in what was logged.
    fn hides(&self, secrets: &[&[u8]]) {
        let mut logs = String::new();
        for event in logged("") {
            writeln!(logs, "{}", event.text).unwrap();
        }
        for secret in secrets {
            let text = String::from_utf8_lossy(secret);
            let hex = secret
                .iter()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            // `Debug` of bytes, of a list and in lines.
            let list = format!("{secret:?}");
            let lines = format!("{secret:#?}");
            let spellings = [
                text.to_string(),
                text.escape_debug().to_string(),
                secret.escape_ascii().to_string(),
                STANDARD.encode(secret).trim_end_matches('=').to_owned(),
                hex.to_uppercase(),
                hex,
                list.trim_matches(['[', ']']).to_owned(),
                lines.trim_matches(['[', ']']).trim().to_owned(),
            ];
            for spelling in spellings {
                assert!(!self.0.contains(&spelling), "{spelling} in {}", self.0);
                assert!(!logs.contains(&spelling), "{spelling} in the logs");
            }
        }
    }
}

/// What the broker does with what it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Broker {
    Accepts,
    /// With an error code, and with what was sent in its words.
    Refuses,
    /// With a challenge of what was sent.
    Challenges,
    /// As brokers before 1.0, who take and give bare messages.
    ChallengesBare,
    Disconnects,
}

const BROKERS: [Broker; 5] = [
    Broker::Accepts,
    Broker::Refuses,
    Broker::Challenges,
    Broker::ChallengesBare,
    Broker::Disconnects,
];

fn refusal(sent: &[u8], secret: &str) -> SaslAuthenticateResponse {
    let sent = String::from_utf8_lossy(sent);
    SaslAuthenticateResponse::default()
        .with_error_code(ErrorCode::SASL_AUTHENTICATION_FAILED)
        .with_error_message(format!(
            "wrong: {secret}, in {sent}, so \"{secret}\" is no good"
        ))
}

/// Plays the broker for a mechanism of one message; gives the message.
async fn serve(peer: &mut Peer, broker: Broker, mechanism: &'static str, secret: &str) -> Vec<u8> {
    if broker == Broker::ChallengesBare {
        peer.answer_versions(&old_versions()).await;
        shake_hands(peer, ErrorCode::NONE, &[mechanism]).await;
        let sent = soon(peer.frame()).await.unwrap();
        let length = u32::try_from(sent.len()).unwrap().to_be_bytes();
        peer.send(&[&length[..], &sent].concat()).await;
        return sent.to_vec();
    }
    peer.answer_versions(&versions()).await;
    shake_hands(peer, ErrorCode::NONE, &[mechanism]).await;
    let request = peer.request().await;
    let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
    let sent = body.auth_bytes.to_vec();
    match broker {
        Broker::Accepts => peer.answer(&request, &challenge("")).await,
        Broker::Refuses => peer.answer(&request, &refusal(&sent, secret)).await,
        Broker::Challenges => peer.answer(&request, &challenge(sent.clone())).await,
        Broker::ChallengesBare | Broker::Disconnects => {}
    }
    sent
}

/// Logs in at each of the brokers, and looks at everything.
async fn log_in(
    authenticator: Arc<dyn SaslAuthenticator>,
    mechanism: &'static str,
    secret: &'static str,
) {
    collect();
    for broker in BROKERS {
        let mut seen = Seen::default();
        seen.debug(&authenticator);
        let listener = Listener::start().await;
        let builder = strict()
            .shared_sasl(Arc::clone(&authenticator))
            .allow_plaintext_credentials(true);
        seen.debug(&builder);
        let mut sent = Vec::new();
        let address = listener.address();
        let connect = builder.connect(&address);
        let script = async {
            let mut peer = listener.accept().await;
            sent = serve(&mut peer, broker, mechanism, secret).await;
            if broker != Broker::Disconnects {
                // OAUTHBEARER ends a refusal with a word of its own.
                let _ = soon(peer.frame()).await;
            }
        };
        let connect = async {
            let connection = connect.await?;
            seen.connection(&connection);
            connection.close();
            Ok(connection)
        };
        let (result, ()) = soon(async { tokio::join!(connect, script) }).await;
        assert_eq!(result.is_ok(), broker == Broker::Accepts, "{broker:?}");
        if let Err(error) = &result {
            seen.error(error);
        }
        let found = String::from_utf8_lossy(&sent);
        assert!(found.contains(secret), "what the broker was sent: {found}");
        seen.hides(&[secret.as_bytes(), &sent]);
    }
}

/// Statement 32: PLAIN, whose one message is the password.
#[tokio::test]
async fn plain_shows_no_password() {
    let plain = Arc::new(Plain::new("alice", PASSWORD));
    log_in(plain, "PLAIN", PASSWORD).await;
}

/// Statement 32: a user whose name is a part of the password; what is hidden first must not spoil what is hidden next.
#[tokio::test]
async fn plain_shows_no_password_that_has_the_user_in_it() {
    let plain = Arc::new(Plain::new("orse~bat", PASSWORD).authorization_id("correct"));
    log_in(plain, "PLAIN", PASSWORD).await;
}

/// Statement 32: OAUTHBEARER, whose one message has the token in it.
#[tokio::test]
async fn oauthbearer_shows_no_token() {
    let bearer = OauthBearer::new(Token::new(TOKEN).with_extension("cluster", "lkc-1"));
    log_in(Arc::new(bearer), "OAUTHBEARER", TOKEN).await;
    let from_fn = OauthBearer::from_fn(|| async { Ok(Token::new(TOKEN)) });
    log_in(Arc::new(from_fn), "OAUTHBEARER", TOKEN).await;
}

/// What a broker says that refuses is still told, without what was hidden.
#[tokio::test]
async fn a_refusal_is_told_without_the_password() {
    let listener = Listener::start().await;
    let (result, _peer) = listener
        .meet(
            |builder| {
                builder
                    .sasl(Plain::new("alice", PASSWORD))
                    .allow_plaintext_credentials(true)
            },
            async |peer| {
                serve(peer, Broker::Refuses, "PLAIN", PASSWORD).await;
            },
        )
        .await;
    let told = result.unwrap_err().to_string();
    assert!(told.contains("wrong: ..."), "{told}");
    assert!(told.contains("so \"...\" is no good"), "{told}");
}

/// Statement 32: SCRAM sends no password; neither it nor what is made of it is seen, accepted or refused.
#[tokio::test]
async fn scram_shows_no_password() {
    collect();
    let brokers: [fn(&str) -> Option<String>; 4] = [
        |signature| Some(format!("v={signature}")),
        |_| Some("e=invalid-proof".into()),
        |_| Some("v=AAAA".into()),
        |_| None,
    ];
    for (at, last) in brokers.into_iter().enumerate() {
        for echoes in [false, true] {
            let mut seen = Seen::default();
            let authenticator = ScramSha256::new("alice", PASSWORD);
            seen.debug(&authenticator);
            let builder = strict().sasl(authenticator);
            seen.debug(&builder);
            let listener = Listener::start().await;
            let address = listener.address();
            let mut proof = Vec::new();
            let script = async {
                let mut peer = listener.accept().await;
                peer.answer_versions(&versions()).await;
                shake_hands(&mut peer, ErrorCode::NONE, &["SCRAM-SHA-256"]).await;
                let script = Script {
                    last,
                    ..Script::honest(PASSWORD)
                };
                let request = peer.request().await;
                let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
                let first = script.first(&body.auth_bytes);
                peer.answer(&request, &challenge(first.clone())).await;
                let request = peer.request().await;
                let client_first = body.auth_bytes;
                let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
                let (_, given) = std::str::from_utf8(&body.auth_bytes)
                    .unwrap()
                    .rsplit_once(",p=")
                    .unwrap();
                proof = STANDARD.decode(given).unwrap();
                let last = script.last(&client_first, &first, &body.auth_bytes);
                match (last, echoes) {
                    (None, true) => peer.answer(&request, &refusal(b"", "nothing")).await,
                    (None, false) => {}
                    (Some(last), _) => {
                        peer.answer(&request, &challenge(last)).await;
                        let _ = peer.try_request().await;
                    }
                }
            };
            let connect = async {
                let connection = builder.connect(&address).await?;
                seen.connection(&connection);
                connection.close();
                Ok::<_, milena::Error>(connection)
            };
            let (result, ()) = soon(async { tokio::join!(connect, script) }).await;
            assert_eq!(result.is_ok(), at == 0);
            if let Err(error) = &result {
                seen.error(error);
            }
            assert_eq!(proof.len(), 32);
            seen.hides(&[PASSWORD.as_bytes(), &proof]);
        }
    }
}

/// Statements 30 and 32: a renewal that is refused ends the connection with a reason, which the log has, too.
#[tokio::test(start_paused = true)]
async fn a_refused_renewal_shows_no_password() {
    collect();
    let minute = std::time::Duration::from_secs(60);
    let (connection, mut peer) = Memory::new()
        .meet(
            |builder| {
                builder
                    .sasl(Plain::new("alice", PASSWORD))
                    .allow_plaintext_credentials(true)
            },
            async |peer| {
                peer.answer_versions(&versions()).await;
                shake_hands(peer, ErrorCode::NONE, &["PLAIN"]).await;
                authenticate(peer, &lasts(minute)).await;
            },
        )
        .await;
    let connection = connection.unwrap();
    peer.wait_for_bytes().await;
    shake_hands(&mut peer, ErrorCode::NONE, &["PLAIN"]).await;
    let sent = authenticate(&mut peer, &refusal(b"", PASSWORD)).await;
    let closed = connection.closed().await;
    assert!(matches!(closed, CloseReason::AuthFailure(_)), "{closed}");
    let mut seen = Seen::default();
    seen.connection(&connection);
    seen.debug(&closed);
    writeln!(seen.0, "{closed}").unwrap();
    seen.hides(&[PASSWORD.as_bytes(), &sent]);
    assert!(
        !logged("re-authentication failed").is_empty(),
        "it is logged"
    );
}

/// Statement 32: nor is the key of the client's certificate.
#[cfg(feature = "ring")]
#[test]
fn tls_shows_no_key() {
    let authority = crate::tls::Authority::new("ca");
    let issued = authority.issue("client");
    let mut seen = Seen::default();
    let builder =
        milena::tls::Tls::builder().client_certificate(issued.pem.clone(), issued.key_pem.clone());
    seen.debug(&builder);
    let tls = authority.trusted_by(&issued);
    seen.debug(&tls);
    seen.debug(&Connection::builder().tls(tls));
    let lines = issued.key_pem.lines().filter(|line| !line.starts_with('-'));
    let lines: Vec<_> = lines.map(str::as_bytes).collect();
    assert!(lines.len() > 1);
    seen.hides(&lines);
}
