//! Who is turned away, and what he is told.

use std::sync::Arc;
use std::time::Duration;

use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::{Plain, SaslAuthenticator, SaslError, ScramSha256, ScramSha512};
use milena::wire::messages::MetadataRequest;
use milena::{CloseReason, Connection};
use milena_broker::{
    Action, ApiKey, Cluster, ErrorCode, Fault, Moment, OauthBearer, Profile, Sasl, Tls,
};
use tokio::time::Instant;

use crate::jwt::Claims;
use crate::support::{
    HOUR, PASSWORD, TOKEN_HMAC, TOKEN_ID, USER, bearer, connect, every_login, every_mechanism,
    failure, in_memory, sasl_failure, shared, start, with,
};

const WRONG: &str = "wrong-secret";

/// The wrong password, the wrong user, the wrong token, by each mechanism that has such a thing; no secret is shown.
fn wrong_logins() -> Vec<Arc<dyn SaslAuthenticator>> {
    vec![
        Arc::new(Plain::new(USER, WRONG)),
        Arc::new(Plain::new("mallory", PASSWORD)),
        Arc::new(ScramSha256::new(USER, WRONG)),
        Arc::new(ScramSha256::new("mallory", PASSWORD)),
        Arc::new(ScramSha512::new(USER, WRONG)),
        Arc::new(ScramSha512::new("mallory", PASSWORD)),
        Arc::new(ScramSha256::new(TOKEN_ID, WRONG).delegation_token()),
        Arc::new(ScramSha512::new("token-2", TOKEN_HMAC).delegation_token()),
        // A token's id is no user's name, and a user's name is no token's id.
        Arc::new(ScramSha256::new(TOKEN_ID, TOKEN_HMAC)),
        Arc::new(ScramSha256::new(USER, PASSWORD).delegation_token()),
        Arc::new(bearer(&Claims::over(USER).unsecured())),
        Arc::new(bearer(&Claims::of(USER, HOUR).signed("the key"))),
        Arc::new(bearer("no.token.")),
        // Kafka lets nobody act as another.
        Arc::new(Plain::new(USER, PASSWORD).authorization_id("bob")),
        Arc::new(bearer(&Claims::of(USER, HOUR).unsecured()).authorization_id("bob")),
    ]
}

/// Statements 2, 24 to 27 and 32.
#[tokio::test]
async fn wrong_credentials_are_a_refusal_in_the_brokers_words() {
    for encrypted in [false, true] {
        let mut builder = Cluster::builder().sasl(every_mechanism());
        if encrypted {
            builder = builder.tls(Tls::new());
        }
        let cluster = start(builder).await;
        let logins = wrong_logins();
        for login in &logins {
            let result = connect(&cluster, shared(Arc::clone(login))).await;
            let retriable = result.as_ref().is_err_and(milena::Error::is_retriable);
            assert!(!retriable, "{login:?}");
            let (phase, error) = sasl_failure(result);
            assert_eq!(phase, Phase::SaslAuthenticate);
            let SaslError::Refused { code, message } = error else {
                panic!("{login:?}: {error}");
            };
            // The words of OAUTHBEARER come as a challenge, without a code.
            let message = message.unwrap();
            if message.contains("invalid_token") {
                assert_eq!(login.mechanism(), "OAUTHBEARER");
                assert_eq!(code, None);
            } else {
                assert_eq!(
                    code,
                    Some(ErrorCode::SASL_AUTHENTICATION_FAILED),
                    "{message}"
                );
            }
        }
        let counts = cluster.authentications();
        assert_eq!((counts.succeeded, counts.failed), (0, logins.len() as u64));
        cluster.until_connections(|counts| counts.open == 0).await;
    }
}

/// Statement 23: who takes bare messages hangs up, and that is a refusal too.
#[tokio::test]
async fn wrong_credentials_by_bare_tokens() {
    let cluster = start(
        Cluster::builder()
            .profile(Profile::V0_10_2)
            .sasl(every_mechanism()),
    )
    .await;
    for login in wrong_logins() {
        let result = connect(&cluster, shared(Arc::clone(&login))).await;
        let (phase, error) = sasl_failure(result);
        assert_eq!(phase, Phase::SaslAuthenticate);
        assert!(
            matches!(
                &error,
                SaslError::Refused {
                    code: None,
                    message: Some(_)
                }
            ),
            "{login:?}: {error}"
        );
    }
}

/// Statement 27: what a token lacks is said.
#[tokio::test]
async fn a_token_that_allows_too_little_or_is_signed_by_another() {
    let rules = OauthBearer::hs256("the key").required_scope(["produce"]);
    let cluster = start(Cluster::builder().sasl(Sasl::new().oauth_bearer(rules))).await;
    let claims = |scope| Claims::of(USER, HOUR).scope(&[scope]);
    for (token, words) in [
        (claims("consume").signed("the key"), "insufficient_scope"),
        (claims("produce").signed("another"), "invalid_token"),
        (claims("produce").unsecured(), "invalid_token"),
    ] {
        let (_, error) = sasl_failure(connect(&cluster, with(bearer(&token))).await);
        let text = error.to_string();
        assert!(text.contains(words), "{text}");
    }
}

/// Statement 26: a wrong password as RFC 5802 tells it, within an exchange that goes on.
#[tokio::test]
async fn a_scram_error_is_the_brokers_word() {
    let cluster = start(Cluster::builder().sasl(every_mechanism().scram_errors(true))).await;
    let result = connect(&cluster, with(ScramSha512::new(USER, WRONG))).await;
    let (phase, error) = sasl_failure(result);
    assert_eq!(phase, Phase::SaslAuthenticate);
    let text = error.to_string();
    assert!(text.contains("invalid-proof"), "{text}");
}

/// Statement 26: a broker that makes guessing cheap is not answered.
#[tokio::test]
async fn too_few_iterations_are_refused() {
    let cluster = start(Cluster::builder().sasl(every_mechanism().scram_iterations(4095))).await;
    let result = connect(&cluster, with(ScramSha256::new(USER, PASSWORD))).await;
    let (phase, error) = sasl_failure(result);
    assert_eq!(phase, Phase::SaslAuthenticate);
    assert!(
        matches!(&error, SaslError::InvalidChallenge(what) if what.contains("4095")),
        "{error}"
    );
}

/// Statement 23: the broker's list is told, and none of it is tried.
#[tokio::test]
async fn a_mechanism_that_the_broker_lacks() {
    for profile in [Profile::Newest, Profile::V0_10_2] {
        let sasl = Sasl::new().plain().scram_sha_512().user(USER, PASSWORD);
        let cluster = start(Cluster::builder().profile(profile).sasl(sasl)).await;
        let log = cluster.log_requests();
        let result = connect(&cluster, with(ScramSha256::new(USER, PASSWORD))).await;
        let (phase, error) = sasl_failure(result);
        assert_eq!(phase, Phase::SaslHandshake);
        let SaslError::UnsupportedMechanism { mechanism, offered } = error else {
            panic!("{error}");
        };
        assert_eq!(mechanism, "SCRAM-SHA-256");
        assert_eq!(offered, ["PLAIN", "SCRAM-SHA-512"]);
        assert_eq!(log.seen(ApiKey::SASL_HANDSHAKE).len(), 1);
        assert!(log.seen(ApiKey::SASL_AUTHENTICATE).is_empty());
    }
}

/// Statement 31: nothing is sent.
#[tokio::test]
async fn credentials_are_not_shown_without_tls() {
    let cluster = start(Cluster::builder().sasl(every_mechanism())).await;
    for login in every_login() {
        let builder = Connection::builder().shared_sasl(Arc::clone(&login));
        let result = builder.connect(&cluster.bootstrap()[0]).await;
        assert_eq!(result.is_err(), login.exposes_credentials(), "{login:?}");
        if result.is_err() {
            let (phase, error) = sasl_failure(result);
            assert_eq!(phase, Phase::SaslHandshake);
            assert!(
                matches!(error, SaslError::PlaintextCredentials { .. }),
                "{error}"
            );
        }
    }
    // Both SCRAMs, each with a password and a delegation token.
    assert_eq!(cluster.connection_counts().accepted, 4);
}

/// Statement 24: a listener that knows no SASL.
#[tokio::test]
async fn sasl_where_there_is_none() {
    let cluster = start(Cluster::builder()).await;
    let (phase, error) = sasl_failure(connect(&cluster, with(Plain::new(USER, PASSWORD))).await);
    assert_eq!(phase, Phase::SaslHandshake);
    let illegal = Some(ErrorCode::ILLEGAL_SASL_STATE);
    assert!(
        matches!(&error, SaslError::Refused { code, .. } if *code == illegal),
        "{error}"
    );
}

/// Statements 3 and 4: a listener that wants SASL hangs up upon the first request, which it did not carry out; nobody can know that.
#[tokio::test]
async fn no_sasl_where_it_is_wanted() {
    let cluster = start(Cluster::builder().sasl(every_mechanism())).await;
    let connection = connect(&cluster, Connection::builder()).await.unwrap();
    let error = connection
        .send(MetadataRequest::default())
        .await
        .unwrap_err();
    let ErrorKind::Closed(CloseReason::ConnectionBroken(_)) = error.kind() else {
        panic!("{error}");
    };
    assert!(error.may_have_been_sent());
    let reason = connection.closed().await;
    assert!(
        matches!(reason, CloseReason::ConnectionBroken(_)),
        "{reason}"
    );
}

/// Statements 1 and 2: a broker that says nothing to a login, in whichever step, is given up when the one time-out is over.
#[tokio::test(start_paused = true)]
async fn a_login_that_hangs_is_bounded() {
    let limit = Duration::from_secs(7);
    let cluster = start(Cluster::builder().in_memory().sasl(every_mechanism())).await;
    for (api, phase) in [
        (ApiKey::API_VERSIONS, Phase::ApiVersions),
        (ApiKey::SASL_HANDSHAKE, Phase::SaslHandshake),
        (ApiKey::SASL_AUTHENTICATE, Phase::SaslAuthenticate),
    ] {
        let _fault = cluster.inject(Fault::on(api, Action::Stall(Moment::AfterReading)));
        let builder = with(Plain::new(USER, PASSWORD)).connect_timeout(limit);
        let began = Instant::now();
        let result = in_memory(&cluster, builder)
            .connect(&cluster.bootstrap()[0])
            .await;
        let late = began.elapsed().saturating_sub(limit);
        assert!(
            began.elapsed() >= limit && late < Duration::from_millis(10),
            "{late:?}"
        );
        let (found, cause) = failure(result);
        assert_eq!(found, phase);
        assert!(matches!(cause, ConnectFailure::TimedOut { .. }), "{cause}");
    }
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statements 1, 8 and 24: what goes wrong in a login is no refusal, unless the broker says so.
#[tokio::test]
async fn a_login_that_is_disturbed() {
    let cluster = start(Cluster::builder().sasl(every_mechanism())).await;
    for (api, phase) in [
        (ApiKey::SASL_HANDSHAKE, Phase::SaslHandshake),
        (ApiKey::SASL_AUTHENTICATE, Phase::SaslAuthenticate),
    ] {
        let attempt = async |action| {
            let fault = cluster.inject(Fault::on(api, action).times(1));
            let result = connect(&cluster, with(ScramSha256::new(USER, PASSWORD))).await;
            assert_eq!(fault.hits(), 1);
            let (found, cause) = failure(result);
            assert_eq!(found, phase);
            cause
        };
        for moment in [
            Moment::AfterReading,
            Moment::AfterApplying,
            Moment::AfterBytes(6),
        ] {
            let cause = attempt(Action::Close(moment)).await;
            assert!(matches!(cause, ConnectFailure::Io(_)), "{cause}");
        }
        let cause = attempt(Action::WrongCorrelationId).await;
        assert!(matches!(cause, ConnectFailure::Refused(_)), "{cause}");
        for length in [-1, i32::MAX, 65_537] {
            let cause = attempt(Action::Length(length)).await;
            assert!(matches!(cause, ConnectFailure::NotKafka(_)), "{cause}");
        }
        let cause = attempt(Action::Error(ErrorCode::ILLEGAL_SASL_STATE)).await;
        let ConnectFailure::Sasl(SaslError::Refused { code, .. }) = &cause else {
            panic!("{cause}");
        };
        assert_eq!(*code, Some(ErrorCode::ILLEGAL_SASL_STATE));
    }
    // In pieces it goes through.
    for api in [
        ApiKey::API_VERSIONS,
        ApiKey::SASL_HANDSHAKE,
        ApiKey::SASL_AUTHENTICATE,
    ] {
        let one = std::num::NonZeroUsize::MIN;
        let _fault = cluster.inject(Fault::on(api, Action::Split(one)));
        connect(&cluster, with(ScramSha256::new(USER, PASSWORD)))
            .await
            .unwrap();
    }
}
