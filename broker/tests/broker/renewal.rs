//! Logging in again on the same connection (KIP-368).

use std::time::Duration;

use milena_broker::{Cluster, Sasl};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::sasl_handshake::SaslHandshakeRequest;

use crate::client::{Client, metadata_request};
use crate::login::{Hash, Scram, authenticate_request, plain};

const HOUR: Duration = Duration::from_secs(3600);

async fn start(lifetime: Duration) -> Cluster {
    let sasl = Sasl::new()
        .plain()
        .scram_sha_256()
        .scram_iterations(10)
        .user("alice", "alice-secret")
        .user("bob", "bob-secret")
        .session_lifetime(lifetime);
    Cluster::builder().sasl(sasl).start().await.unwrap()
}

#[tokio::test]
async fn the_lifetime_is_told_from_version_1_on() {
    let cluster = start(HOUR).await;
    for (version, lifetime) in [(0, 0), (1, 3_600_000), (2, 3_600_000)] {
        let mut client = Client::connect(&cluster, 1).await;
        client.handshake("PLAIN", 1).await;
        let request = authenticate_request(&plain("alice", "alice-secret"));
        let response = client.call(&request, version).await;
        assert_eq!(response.session_lifetime_ms, lifetime);
    }
    // Only the last answer of an exchange has it.
    let mut client = Client::connect(&cluster, 1).await;
    let mut scram = Scram::new(Hash::Sha256, "alice", "alice-secret", "");
    let first = client.begin("SCRAM-SHA-256", &scram.first()).await;
    assert_eq!(first.session_lifetime_ms, 0);
    let last = client
        .authenticate(&scram.last(&first.auth_bytes, 10))
        .await;
    assert_eq!(last.session_lifetime_ms, 3_600_000);
}

#[tokio::test]
async fn a_session_is_renewed_on_its_connection() {
    let cluster = start(HOUR).await;
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    client.metadata(&[], 13).await;
    let response = client.log_in("alice", "alice-secret").await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert_eq!(response.session_lifetime_ms, 3_600_000);
    client.metadata(&[], 13).await;
    let counts = cluster.authentications();
    assert_eq!((counts.succeeded, counts.renewed), (1, 1));
}

#[tokio::test]
async fn bare_tokens_renew_too() {
    let cluster = start(HOUR).await;
    let mut client = Client::connect(&cluster, 1).await;
    for _ in 0..2 {
        let response = client.handshake("PLAIN", 0).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        client.raw_token(&plain("alice", "alice-secret")).await;
        assert!(client.receive_frame().await.is_empty());
        client.metadata(&[], 13).await;
    }
    assert_eq!(cluster.authentications().renewed, 1);
}

#[tokio::test]
async fn who_fails_to_renew_loses_his_connection() {
    let cluster = start(HOUR).await;
    for (name, password, message) in [
        (
            "bob",
            "bob-secret",
            "Cannot change principals during re-authentication from User.alice: User.bob",
        ),
        (
            "alice",
            "wrong",
            "Authentication failed: Invalid username or password",
        ),
    ] {
        let mut client = Client::connect(&cluster, 1).await;
        client.log_in("alice", "alice-secret").await;
        let response = client.log_in(name, password).await;
        assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
        assert_eq!(response.error_message.as_deref(), Some(message));
        client.expect_close().await;
    }
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    let mut unknown = SaslHandshakeRequest::default();
    unknown.mechanism = "GSSAPI".into();
    client.send(&unknown, 1).await;
    client.expect_close().await;

    // In the midst of it nothing else is answered.
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    client.handshake("PLAIN", 1).await;
    client.send(&metadata_request(&[]), 13).await;
    client.expect_close().await;

    let counts = cluster.authentications();
    assert_eq!((counts.succeeded, counts.failed), (4, 0));
    assert_eq!((counts.renewed, counts.renewals_failed), (0, 4));
}

#[tokio::test]
async fn another_mechanism_is_refused_with_the_first_token() {
    let cluster = start(HOUR).await;
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    let response = client.handshake("SCRAM-SHA-256", 1).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    let scram = Scram::new(Hash::Sha256, "alice", "alice-secret", "");
    client.send(&authenticate_request(&scram.first()), 2).await;
    client.expect_close().await;
    assert_eq!(cluster.authentications().renewals_failed, 1);
}

#[tokio::test]
async fn who_does_not_renew_in_time_loses_his_connection() {
    let cluster = start(Duration::from_millis(1)).await;
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    client.send(&metadata_request(&[]), 13).await;
    client.expect_close().await;
    assert_eq!(cluster.authentications().expired, 1);

    // He may still renew.
    let mut client = Client::connect(&cluster, 1).await;
    client.log_in("alice", "alice-secret").await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let response = client.log_in("alice", "alice-secret").await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert_eq!(cluster.authentications().renewed, 1);
}
