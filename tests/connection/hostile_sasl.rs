//! Brokers that break the rules of SASL, or lie in it.

use std::time::Duration;

use milena::Error;
use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, Phase};
use milena::sasl::{OauthBearer, SaslError, ScramSha256};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::Message as _;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::{
    MetadataRequest, MetadataResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
};
use tokio::time::{Instant, sleep};

use crate::peer::{Listener, Memory, Peer, connect_failure, frame, soon, strict, text};
use crate::sasl::{authenticate, challenge, refused, sasl_error, shake_hands, versions};
use crate::scram::Script;

const SECOND: Duration = Duration::from_secs(1);

/// Statement 30: a session lifetime that is absurd is none, or one that outlives us; the connection is used for a year.
#[tokio::test(start_paused = true)]
async fn an_absurd_session_lifetime_renews_nothing() {
    for time in [i64::MAX, i64::MIN, -1, i64::from(u32::MAX) * 1000] {
        let (connection, mut peer) = Memory::new()
            .meet(
                |builder| {
                    builder
                        .sasl(ScramSha256::new("alice", "pencil"))
                        .connections_max_idle(Duration::MAX)
                },
                async |peer| {
                    peer.answer_versions(&versions()).await;
                    let script = Script::honest("pencil");
                    scram(peer, &script, time).await;
                },
            )
            .await;
        let connection = connection.unwrap();
        let lasts = u64::try_from(time).ok().map(Duration::from_millis);
        assert_eq!(connection.report().session_lifetime(), lasts);
        sleep(365 * 24 * 3600 * SECOND).await;
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        assert_eq!(ApiKey(request.header.request_api_key), ApiKey::METADATA);
        peer.answer(&request, &MetadataResponse::default()).await;
        call.await.unwrap().unwrap();
    }
}

/// Statement 30: one of a millisecond does not become a storm.
#[tokio::test(start_paused = true)]
async fn a_session_of_a_millisecond_is_renewed_once_a_second_at_most() {
    let (connection, mut peer) = Memory::new()
        .meet(
            |builder| builder.sasl(ScramSha256::new("alice", "pencil")),
            async |peer| {
                peer.answer_versions(&versions()).await;
                scram(peer, &Script::honest("pencil"), 1).await;
            },
        )
        .await;
    let connection = connection.unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        peer.wait_for_bytes().await;
        assert!(began.elapsed() > SECOND, "{:?}", began.elapsed());
        scram(&mut peer, &Script::honest("pencil"), 1).await;
    }
    assert!(connection.close_reason().is_none());
}

/// Statement 23: no other mechanism, whatever the broker would like; and its list comes into the error as one line.
#[tokio::test]
async fn a_mechanism_list_without_ours_is_an_error_of_one_line() {
    let mut later = None;
    let error = refused(
        |builder| builder.sasl(ScramSha256::new("alice", "pencil")),
        async |peer| {
            peer.answer_versions(&versions()).await;
            let code = ErrorCode::UNSUPPORTED_SASL_MECHANISM;
            shake_hands(
                peer,
                code,
                &["PLAIN", "X\r\n2026-01-01 ERROR forged\u{1b}[31m", ""],
            )
            .await;
            later = peer.try_request().await;
        },
    )
    .await;
    assert!(later.is_none(), "it goes on with another: {later:?}");
    let (phase, cause) = sasl_error(&error);
    assert_eq!(phase, Phase::SaslHandshake);
    let SaslError::UnsupportedMechanism { mechanism, offered } = cause else {
        panic!("{cause:?}");
    };
    assert_eq!(mechanism, "SCRAM-SHA-256");
    assert_eq!(offered[0], "PLAIN");
    let told = text(&error);
    assert!(
        told.contains("forged") && !told.contains(['\r', '\u{1b}']),
        "{told}"
    );
}

/// The broker's part of a login by SCRAM, as far as the client goes with it.
async fn scram(peer: &mut Peer, script: &Script, lifetime: i64) {
    shake_hands(peer, ErrorCode::NONE, &["SCRAM-SHA-256"]).await;
    let request = peer.request().await;
    let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
    let client_first = body.auth_bytes;
    let server_first = script.first(&client_first);
    peer.answer(&request, &challenge(server_first.clone()))
        .await;
    // The client hangs up if it does not like that.
    let Some(request) = peer.try_request().await else {
        return;
    };
    let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
    if let Some(last) = script.last(&client_first, &server_first, &body.auth_bytes) {
        let answer = challenge(last).with_session_lifetime_ms(lifetime);
        peer.answer(&request, &answer).await;
    }
}

async fn scram_error(script: &Script) -> Error {
    let error = refused(
        |builder| builder.sasl(ScramSha256::new("alice", "pencil")),
        async |peer| {
            peer.answer_versions(&versions()).await;
            scram(peer, script, 0).await;
        },
    )
    .await;
    assert_eq!(connect_failure(&error).0, Phase::SaslAuthenticate);
    text(&error);
    error
}

/// Statement 26: the broker of these tests is one that a login succeeds at, so that its lies are what is refused.
#[tokio::test]
async fn scram_logs_in_at_an_honest_broker() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .meet(
            |builder| builder.sasl(ScramSha256::new("alice", "pencil")),
            async |peer| {
                peer.answer_versions(&versions()).await;
                scram(peer, &Script::honest("pencil"), 0).await;
            },
        )
        .await;
    let connection = connection.unwrap();
    assert_eq!(connection.report().mechanism(), Some("SCRAM-SHA-256"));
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
}

/// Statement 26: a first message that is not what the RFC has, or that is dangerous.
#[tokio::test]
async fn scram_refuses_a_broker_that_begins_wrong() {
    type First = fn(&str, &str) -> String;
    let lies: [(First, &str); 11] = [
        (|_, salt| format!("r=theirs,s={salt},i=4096"), "nonce"),
        (|nonce, salt| format!("r={nonce},s={salt},i=4096"), "nonce"),
        (|nonce, salt| format!("r=x{nonce},s={salt},i=4096"), "nonce"),
        (
            |nonce, salt| format!("r={nonce}x,s={salt},i=1"),
            "1 iterations",
        ),
        (
            |nonce, salt| format!("r={nonce}x,s={salt},i=4095"),
            "4095 iterations",
        ),
        (
            |nonce, salt| format!("r={nonce}x,s={salt},i=1000001"),
            "1000001 iterations",
        ),
        (
            |nonce, salt| format!("r={nonce}x,s={salt},i=4096,x={}", "y".repeat(4096)),
            "4 KiB",
        ),
        (|nonce, _| format!("r={nonce}x,s=,i=4096"), "attributes"),
        (|nonce, _| format!("r={nonce}x,s=!!!!,i=4096"), "base64"),
        (
            |nonce, salt| format!("m=x,r={nonce}x,s={salt},i=4096"),
            "extension",
        ),
        (|_, _| String::new(), "attributes"),
    ];
    for (first, words) in lies {
        let script = Script {
            first,
            ..Script::honest("pencil")
        };
        let error = scram_error(&script).await;
        let SaslError::InvalidChallenge(what) = sasl_error(&error).1 else {
            panic!("{error:?}");
        };
        assert!(what.contains(words), "{what}");
        assert!(!error.is_retriable());
    }
}

/// Statement 26: a last message without the proof that the broker knows the password, too.
#[tokio::test]
async fn scram_refuses_a_broker_that_proves_nothing() {
    type Last = fn(&str) -> Option<String>;
    let lies: [(Last, &str); 6] = [
        (|_| Some(String::new()), "attributes"),
        (|_| Some("x=1".into()), "lacks v="),
        (|_| Some("v=".into()), "attributes"),
        (
            |_| Some(format!("v={}", "A".repeat(43) + "=")),
            "does not prove",
        ),
        (
            |signature| Some(format!("v={}", &signature[..40])),
            "does not prove",
        ),
        (
            |signature| Some(format!("v={signature},v={signature}")),
            "twice",
        ),
    ];
    for (last, words) in lies {
        let script = Script {
            last,
            ..Script::honest("pencil")
        };
        let error = scram_error(&script).await;
        let SaslError::InvalidChallenge(what) = sasl_error(&error).1 else {
            panic!("{error:?}");
        };
        assert!(what.contains(words), "{what}");
        assert!(!error.is_retriable());
    }
    // A good signature by who knows another password.
    let error = scram_error(&Script::honest("pen")).await;
    assert!(text(&error).contains("does not prove"), "{error}");
}

/// Statements 24 and 26: what the broker refuses with, and a broker that hangs up in the middle, which may have other reasons.
#[tokio::test]
async fn scram_tells_a_refusal_from_a_broken_connection() {
    let refusing = Script {
        last: |_| Some("e=unknown-user\nor not".into()),
        ..Script::honest("pencil")
    };
    let error = scram_error(&refusing).await;
    let expected = "unknown-user\\nor not";
    assert!(
        matches!(sasl_error(&error).1, SaslError::Refused { message: Some(text), .. } if text == expected),
        "{error:?}"
    );
    assert!(!error.is_retriable());

    let (result, ()) = {
        let listener = Listener::start().await;
        let address = listener.address();
        let builder = strict().sasl(ScramSha256::new("alice", "pencil"));
        let serve = async {
            let mut peer = listener.accept().await;
            peer.answer_versions(&versions()).await;
            let hanging_up = Script {
                last: |_| None,
                ..Script::honest("pencil")
            };
            scram(&mut peer, &hanging_up, 0).await;
        };
        soon(async { tokio::join!(builder.connect(&address), serve) }).await
    };
    let error = result.unwrap_err();
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::SaslAuthenticate);
    assert!(matches!(cause, ConnectFailure::Io(_)), "{cause:?}");
    assert!(error.is_retriable());
}

/// Counts that lie in the answers of the SASL exchange.
#[tokio::test]
async fn sasl_answers_that_lie_are_refused() {
    let bearer = |builder: ConnectionBuilder| {
        builder
            .sasl(OauthBearer::with_token("token"))
            .allow_plaintext_credentials(true)
    };
    for body in [&b"\0\0\x7f\xff\xff\xff"[..], b"\0\0\xff\xff\xff\xfe", b"\0"] {
        let error = refused(bearer, async |peer| {
            peer.answer_versions(&versions()).await;
            let request = peer.request().await;
            peer.send(&frame(request.id(), 0, body)).await;
        })
        .await;
        assert_eq!(connect_failure(&error).0, Phase::SaslHandshake);
        assert!(text(&error).contains("SaslHandshakeResponse"), "{error}");
    }
    // The code, no message, and a token of 4 GiB.
    for body in [
        &b"\0\0\0\xff\xff\xff\xff\x0f"[..],
        b"\0\0\xff\xff\xff\xff\xff\xff",
        b"",
    ] {
        let error = refused(bearer, async |peer| {
            peer.answer_versions(&versions()).await;
            shake_hands(peer, ErrorCode::NONE, &["OAUTHBEARER"]).await;
            let request = peer.request().await;
            peer.answer_raw::<SaslAuthenticateResponse>(&request, body)
                .await;
        })
        .await;
        assert_eq!(connect_failure(&error).0, Phase::SaslAuthenticate);
        assert!(text(&error).contains("SaslAuthenticateResponse"), "{error}");
    }
    // An endless error message is cut.
    let error = refused(bearer, async |peer| {
        peer.answer_versions(&versions()).await;
        shake_hands(peer, ErrorCode::NONE, &["OAUTHBEARER"]).await;
        let refusal = SaslAuthenticateResponse::default()
            .with_error_code(ErrorCode::SASL_AUTHENTICATION_FAILED)
            .with_error_message("no".repeat(20_000));
        authenticate(peer, &refusal).await;
    })
    .await;
    assert!(text(&error).len() < 1000);
}
