use std::time::{SystemTime, UNIX_EPOCH};

use milena_broker::{Cluster, OauthBearer, Sasl};
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::api_versions::ApiVersionsResponse;
use milena_wire::messages::sasl_handshake::SaslHandshakeRequest;
use tokio::io::AsyncWriteExt;

use crate::api_versions;
use crate::client::{Client, metadata_request};
use crate::login::{Hash, Scram, authenticate_request, bearer, plain, signed, unsecured};

async fn start(sasl: Sasl) -> Cluster {
    Cluster::builder().sasl(sasl).start().await.unwrap()
}

/// Few iterations, as nobody here waits for security.
fn accounts() -> Sasl {
    Sasl::new()
        .scram_iterations(10)
        .user("alice", "alice-secret")
        .user("bob", "bob-secret")
}

/// A time so many seconds from now, as tokens have it.
fn seconds(ahead: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + ahead
}

#[tokio::test]
async fn plain_in_every_version() {
    let cluster = start(accounts().plain()).await;
    for version in 0..=2 {
        let mut client = Client::connect(&cluster, 1).await;
        let versions = client.call(&api_versions::request(), 4).await;
        let keys = api_versions::ranges(&versions);
        assert!(keys.contains(&(17, 0, 1)) && keys.contains(&(36, 0, 2)));
        assert_eq!(client.handshake("PLAIN", 1).await.mechanisms, ["PLAIN"]);
        let request = authenticate_request(&plain("alice", "alice-secret"));
        let response = client.call(&request, version).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(response.error_message.as_deref(), Some(""));
        assert!(response.auth_bytes.is_empty());
        assert_eq!(response.session_lifetime_ms, 0);
        client.metadata(&[], 13).await;
    }
    assert_eq!(cluster.authentications().succeeded, 3);
    assert_eq!(cluster.authentications().failed, 0);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_closes() {
    let cluster = start(accounts().plain()).await;
    for (name, password) in [("alice", "bob-secret"), ("carol", "carol-secret")] {
        let mut client = Client::connect(&cluster, 1).await;
        let response = client.log_in(name, password).await;
        assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
        let message = "Authentication failed: Invalid username or password";
        assert_eq!(response.error_message.as_deref(), Some(message));
        client.expect_close().await;
    }
    assert_eq!(cluster.authentications().failed, 2);
    assert_eq!(cluster.authentications().succeeded, 0);
}

#[tokio::test]
async fn bare_tokens_after_a_handshake_of_version_0() {
    let cluster = start(accounts().plain().scram_sha_256()).await;
    let mut client = Client::connect(&cluster, 1).await;
    let response = client.handshake("PLAIN", 0).await;
    assert_eq!(response.mechanisms, ["PLAIN", "SCRAM-SHA-256"]);
    client.raw_token(&plain("alice", "alice-secret")).await;
    assert!(client.receive_frame().await.is_empty());
    client.metadata(&[], 13).await;

    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("SCRAM-SHA-256", 0).await;
    let mut scram = Scram::new(Hash::Sha256, "bob", "bob-secret", "");
    client.raw_token(&scram.first()).await;
    let last = scram.last(&client.receive_frame().await, 10);
    client.raw_token(&last).await;
    scram.check(&client.receive_frame().await);
    client.metadata(&[], 13).await;

    // There is no way to say what is wrong.
    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("PLAIN", 0).await;
    client.raw_token(&plain("alice", "wrong")).await;
    client.expect_close().await;
}

#[tokio::test]
async fn scram_proves_both_sides() {
    let hmac = "bG9uZy1obWFjLW9mLWEtZGVsZWdhdGlvbi10b2tlbg==";
    let sasl = accounts().scram_sha_256().scram_sha_512();
    let cluster = start(sasl.delegation_token("token-1", hmac, "alice")).await;
    for (mechanism, hash) in [
        ("SCRAM-SHA-256", Hash::Sha256),
        ("SCRAM-SHA-512", Hash::Sha512),
    ] {
        for (name, password, extensions) in [
            ("alice", "alice-secret", ""),
            ("token-1", hmac, ",tokenauth=true"),
        ] {
            let mut client = Client::connect(&cluster, 1).await;
            let mut scram = Scram::new(hash, name, password, extensions);
            let first = client.begin(mechanism, &scram.first()).await;
            assert_eq!(first.error_code, ErrorCode::NONE);
            let last = client
                .authenticate(&scram.last(&first.auth_bytes, 10))
                .await;
            assert_eq!(last.error_code, ErrorCode::NONE);
            scram.check(&last.auth_bytes);
            client.metadata(&[], 13).await;
        }
    }
    assert_eq!(cluster.authentications().succeeded, 4);
}

#[tokio::test]
async fn scram_tells_nothing_of_who_has_an_account() {
    let cluster = start(accounts().scram_sha_256().scram_sha_512()).await;
    for (mechanism, hash) in [
        ("SCRAM-SHA-256", Hash::Sha256),
        ("SCRAM-SHA-512", Hash::Sha512),
    ] {
        for (name, extensions) in [("alice", ""), ("carol", ""), ("alice", ",tokenauth=true")] {
            let mut client = Client::connect(&cluster, 1).await;
            let mut scram = Scram::new(hash, name, "wrong", extensions);
            let mut response = client.begin(mechanism, &scram.first()).await;
            if response.error_code == ErrorCode::NONE {
                let last = scram.last(&response.auth_bytes, 10);
                response = client.authenticate(&last).await;
            }
            assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
            let message = format!(
                "Authentication failed during authentication due to invalid credentials with SASL mechanism {mechanism}"
            );
            assert_eq!(response.error_message.as_deref(), Some(&*message));
            client.expect_close().await;
        }
    }
    assert_eq!(cluster.authentications().failed, 6);
}

#[tokio::test]
async fn scram_has_4096_iterations_if_nobody_says() {
    let cluster = start(Sasl::new().scram_sha_256().user("alice", "secret")).await;
    let mut client = Client::connect(&cluster, 1).await;
    let scram = Scram::new(Hash::Sha256, "alice", "secret", "");
    let first = client.begin("SCRAM-SHA-256", &scram.first()).await;
    assert!(first.auth_bytes.ends_with(b",i=4096"));
}

#[tokio::test]
async fn bearer_tokens() {
    let cluster = start(Sasl::new().oauth_bearer(OauthBearer::unsecured())).await;
    let mut client = Client::connect(&cluster, 1).await;
    let claims = format!(r#"{{"sub":"alice","exp":{}}}"#, seconds(3600));
    let response = client
        .begin("OAUTHBEARER", &bearer(&unsecured(&claims)))
        .await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert!(response.auth_bytes.is_empty());
    // The session ends with the token.
    assert!((3_500_000..=3_600_000).contains(&response.session_lifetime_ms));
    client.metadata(&[], 13).await;
}

#[tokio::test]
async fn a_bearer_token_is_refused_in_two_steps() {
    let rules = OauthBearer::hs256("key").required_scope(["read", "write"]);
    let cluster = start(Sasl::new().oauth_bearer(rules)).await;
    let claims = |exp| format!(r#"{{"sub":"a","exp":{exp},"scope":["read","write"]}}"#);
    let valid = claims(seconds(3600));
    let unscoped = format!(r#"{{"sub":"a","exp":{}}}"#, seconds(3600));
    let invalid = r#"{"status":"invalid_token"}"#;
    for (token, error) in [
        (signed(&valid, "other key"), invalid),
        (unsecured(&valid), invalid),
        (signed(&claims(seconds(-1)), "key"), invalid),
        (
            signed(&unscoped, "key"),
            r#"{"status":"insufficient_scope", "scope":"[read, write]"}"#,
        ),
    ] {
        let mut client = Client::connect(&cluster, 1).await;
        let response = client.begin("OAUTHBEARER", &bearer(&token)).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(response.auth_bytes, error.as_bytes());
        assert_eq!(response.session_lifetime_ms, 0);
        let response = client.authenticate(b"\x01").await;
        assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
        assert_eq!(response.error_message.as_deref(), Some(error));
        client.expect_close().await;
    }
    let mut client = Client::connect(&cluster, 1).await;
    let token = bearer(&signed(&valid, "key"));
    let response = client.begin("OAUTHBEARER", &token).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    client.metadata(&[], 13).await;
}

#[tokio::test]
async fn a_mechanism_that_is_not_enabled() {
    let cluster = start(accounts().scram_sha_512().plain()).await;
    for version in 0..=1 {
        // Names are not compared as liberally as the command line does.
        for mechanism in ["SCRAM-SHA-256", "plain", "GSSAPI", ""] {
            let mut client = Client::connect(&cluster, 1).await;
            let response = client.handshake(mechanism, version).await;
            assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_SASL_MECHANISM);
            assert_eq!(response.mechanisms, ["SCRAM-SHA-512", "PLAIN"]);
            client.expect_close().await;
        }
    }
}

#[tokio::test]
async fn nothing_else_is_answered_before() {
    let cluster = start(accounts().plain()).await;
    let mut client = Client::connect(&cluster, 1).await;
    client.send(&metadata_request(&[]), 13).await;
    client.expect_close().await;

    let mut client = Client::connect(&cluster, 1).await;
    let token = plain("alice", "alice-secret");
    client.send(&authenticate_request(&token), 2).await;
    client.expect_close().await;

    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("PLAIN", 1).await;
    client.send(&metadata_request(&[]), 13).await;
    client.expect_close().await;

    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("PLAIN", 1).await;
    assert_eq!(
        client.handshake("PLAIN", 1).await.error_code,
        ErrorCode::ILLEGAL_SASL_STATE
    );
    client.expect_close().await;

    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("PLAIN", 1).await;
    let versions = client.call(&api_versions::request(), 4).await;
    assert_eq!(versions.error_code, ErrorCode::ILLEGAL_SASL_STATE);
    client.expect_close().await;

    // What no request is.
    let mut client = Client::connect(&cluster, 1).await;
    client.raw_token(b"\x60\x81").await;
    client.expect_close().await;
    let mut client = Client::connect(&cluster, 1).await;
    client.raw_token(&vec![0; (512 << 10) + 1]).await;
    client.expect_close().await;
    assert_eq!(cluster.authentications().failed, 7);
}

#[tokio::test]
async fn versions_are_told_once_but_a_client_may_step_down() {
    let cluster = start(accounts().plain()).await;
    let mut client = Client::connect(&cluster, 1).await;
    let id = client.next_id();
    let mut frame = vec![0, 0, 0, 11, 0, 18, 0, 99];
    frame.extend(id.to_be_bytes());
    frame.extend([0xff, 0xff, 0]);
    client.stream.write_all(&frame).await.unwrap();
    let response: ApiVersionsResponse = client.receive(id, 0).await;
    assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION);
    assert_eq!(
        api_versions::ranges(&response),
        [(ApiKey::API_VERSIONS.0, 0, 4)]
    );
    let mut nameless = api_versions::request();
    nameless.client_software_name = "".into();
    let response = client.call(&nameless, 3).await;
    assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST);
    let response = client.call(&api_versions::request(), 3).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    client.send(&api_versions::request(), 3).await;
    client.expect_close().await;
}

#[tokio::test]
async fn logging_in_twice_is_an_error_that_closes_nothing() {
    let with = start(accounts().plain()).await;
    let without = Cluster::builder().start().await.unwrap();
    for cluster in [&with, &without] {
        let mut client = Client::connect(cluster, 1).await;
        if std::ptr::eq(cluster, &with) {
            client.log_in("alice", "alice-secret").await;
        }
        for version in 0..=1 {
            let response = client.handshake("PLAIN", version).await;
            assert_eq!(response.error_code, ErrorCode::ILLEGAL_SASL_STATE);
            assert!(response.mechanisms.is_empty());
        }
        let response = client.authenticate(&plain("alice", "alice-secret")).await;
        assert_eq!(response.error_code, ErrorCode::ILLEGAL_SASL_STATE);
        let message = "SaslAuthenticate request received after successful authentication";
        assert_eq!(response.error_message.as_deref(), Some(message));
        client.metadata(&[], 13).await;
    }
}

#[tokio::test]
async fn impossible_settings_are_errors() {
    for sasl in [
        Sasl::new(),
        Sasl::new().user("alice", "secret"),
        Sasl::new().scram_sha_256().scram_iterations(0),
    ] {
        let error = Cluster::builder().sasl(sasl).start().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
}

/// All of a login in one write: nothing of it waits for the client's next read.
#[tokio::test]
async fn a_pipelined_login() {
    let cluster = start(accounts().plain()).await;
    let mut client = Client::connect(&cluster, 1).await;
    let mut handshake = SaslHandshakeRequest::default();
    handshake.mechanism = "PLAIN".into();
    let token = authenticate_request(&plain("alice", "alice-secret"));
    let ids = [
        client.send(&handshake, 1).await,
        client.send(&token, 2).await,
        client.send(&metadata_request(&[]), 13).await,
    ];
    for id in ids {
        let frame = client.receive_frame().await;
        assert_eq!(frame[..4], id.to_be_bytes());
    }
}
