//! Logins over connections without sockets, and what goes wrong with them on purpose. Time is paused.

use std::time::Duration;

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Requests, Sasl};
use milena_wire::messages::metadata::MetadataResponse;
use milena_wire::messages::sasl_authenticate::SaslAuthenticateResponse;
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep};

use crate::api_versions;
use crate::client::{Client, metadata_request};
use crate::login::{Hash, Scram, authenticate_request, plain};

const SECOND: Duration = Duration::from_secs(1);
const CODE: ErrorCode = ErrorCode::COORDINATOR_NOT_AVAILABLE;

async fn start(sasl: Sasl) -> (Cluster, Client<DuplexStream>) {
    let sasl = sasl.scram_iterations(10).user("alice", "secret");
    let builder = Cluster::builder().in_memory().sasl(sasl);
    let cluster = builder.start().await.unwrap();
    let client = Client::in_memory(&cluster, 1).await;
    (cluster, client)
}

#[tokio::test(start_paused = true)]
async fn a_login_without_a_socket_and_the_end_of_its_session() {
    let sasl = Sasl::new().scram_sha_256().session_lifetime(10 * SECOND);
    let (cluster, mut client) = start(sasl).await;
    let mut scram = Scram::new(Hash::Sha256, "alice", "secret", "");
    let first = client.begin("SCRAM-SHA-256", &scram.first()).await;
    let last = scram.last(&first.auth_bytes, 10);
    let last = client.authenticate(&last).await;
    scram.check(&last.auth_bytes);
    assert_eq!(last.session_lifetime_ms, 10_000);
    sleep(10 * SECOND).await;
    client.metadata(&[], 13).await;
    // The clock has a resolution of milliseconds.
    sleep(SECOND / 100).await;
    client.send(&metadata_request(&[]), 13).await;
    client.expect_close().await;
    assert_eq!(cluster.authentications().expired, 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_can_be_answered_by_an_error_and_then_it_is_over() {
    let (cluster, mut client) = start(Sasl::new().plain()).await;
    let fault = cluster.inject(Fault::on(ApiKey::SASL_HANDSHAKE, Action::Error(CODE)).times(1));
    assert_eq!(client.handshake("PLAIN", 1).await.error_code, CODE);
    client.expect_close().await;
    assert_eq!(fault.hits(), 1);
    for (action, succeeded) in [
        (Action::Error(CODE), 0),
        (Action::ErrorAfterApplying(CODE), 1),
    ] {
        let fault = Fault::on(ApiKey::SASL_AUTHENTICATE, action).times(1);
        let fault = cluster.inject(fault);
        let mut client = Client::in_memory(&cluster, 1).await;
        assert_eq!(client.log_in("alice", "secret").await.error_code, CODE);
        client.expect_close().await;
        assert_eq!(fault.hits(), 1);
        assert_eq!(cluster.authentications().succeeded, succeeded);
    }
    // What fails by itself says why.
    let fault = Fault::on(ApiKey::SASL_AUTHENTICATE, Action::ErrorAfterApplying(CODE));
    cluster.inject(fault).keep();
    let mut client = Client::in_memory(&cluster, 1).await;
    let response = client.log_in("alice", "wrong").await;
    assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
    client.expect_close().await;
    assert_eq!(cluster.authentications().failed, 1);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_logs_in_an_error_closes_nothing() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    cluster
        .inject(Fault::on(Requests::any(), Action::Error(CODE)).times(2))
        .keep();
    let mut client = Client::in_memory(&cluster, 1).await;
    assert_eq!(client.handshake("PLAIN", 1).await.error_code, CODE);
    assert_eq!(client.authenticate(b"").await.error_code, CODE);
    client.metadata(&[], 13).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_is_no_way_around_a_login() {
    for action in [Action::Error(CODE), Action::ErrorAfterApplying(CODE)] {
        let (cluster, mut client) = start(Sasl::new().plain()).await;
        cluster.inject(Fault::on(Requests::any(), action)).keep();
        // This much may be asked by anybody.
        let versions = client.call(&api_versions::request(), 4).await;
        assert_eq!(versions.error_code, CODE);
        client.send(&metadata_request(&["orders"]), 13).await;
        client.expect_close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_is_disturbed_and_closed_all_the_same() {
    let (cluster, mut client) = start(Sasl::new().plain()).await;
    let fault = Fault::on(ApiKey::SASL_AUTHENTICATE, Action::Delay(SECOND));
    cluster.inject(fault).keep();
    let start = Instant::now();
    let response = client.log_in("alice", "wrong").await;
    assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
    assert_eq!(start.elapsed().as_secs(), 1);
    client.expect_close().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_stalled_goes_on_where_it_stopped() {
    let (cluster, mut client) = start(Sasl::new().plain()).await;
    client.handshake("PLAIN", 1).await;
    let fault = Fault::on(
        ApiKey::SASL_AUTHENTICATE,
        Action::Stall(Moment::AfterReading),
    );
    let stalled = cluster.inject(fault);
    let request = authenticate_request(&plain("alice", "secret"));
    let login = client.send(&request, 2).await;
    let behind = client.send(&metadata_request(&[]), 13).await;
    assert!(stalled.until_hits(1).await);
    assert_eq!(cluster.authentications().succeeded, 0);
    stalled.clear();
    let response: SaslAuthenticateResponse = client.receive(login, 2).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    client.receive::<MetadataResponse>(behind, 13).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_header_is_no_request() {
    let (cluster, mut client) = start(Sasl::new().plain()).await;
    let log = cluster.log_requests();
    client.handshake("PLAIN", 0).await;
    let fault = cluster.inject(Fault::on(Requests::any(), Action::Error(CODE)));
    client.raw_token(&plain("alice", "secret")).await;
    assert!(client.receive_frame().await.is_empty());
    assert_eq!(fault.hits(), 0);
    let versions = client.call(&api_versions::request(), 4).await;
    assert_eq!((versions.error_code, fault.hits()), (CODE, 1));
    let seen = log.until_seen(Requests::any(), 2).await;
    let seen: Vec<_> = seen.iter().map(|request| request.api).collect();
    assert_eq!(seen, [ApiKey::SASL_HANDSHAKE, ApiKey::API_VERSIONS]);
}
