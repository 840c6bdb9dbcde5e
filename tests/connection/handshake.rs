//! From TCP to the broker's versions.

use std::time::{Duration, Instant};

use milena::Connection;
use milena::error::{ConnectFailure, Phase};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Message as _, VersionRange};
use milena::wire::messages::{ApiVersionsRequest, MetadataRequest};

use crate::peer::{Listener, api, connect_failure, meet, soon, text, usual_versions};

fn phase(error: &milena::Error) -> Phase {
    connect_failure(error).0
}

#[tokio::test]
async fn asks_for_versions_with_the_newest_request_and_says_who_it_is() {
    let listener = Listener::start().await;
    let address = listener.address();
    let connect = Connection::builder().client_id("tester").connect(&address);
    let serve = async {
        let mut peer = listener.accept().await;
        let request = peer.answer_versions(&usual_versions()).await;
        (peer, request)
    };
    let (connection, (_peer, request)) = soon(async { tokio::join!(connect, serve) }).await;
    let connection = connection.unwrap();
    assert_eq!(request.header.request_api_version, 4);
    assert_eq!(request.id(), 1, "ids start at 1");
    assert_eq!(request.header.client_id.as_deref(), Some("tester"));
    let body = ApiVersionsRequest::decode(&request.body, 4).unwrap();
    assert_eq!(&*body.client_software_name, "milena");
    assert_eq!(&*body.client_software_version, env!("CARGO_PKG_VERSION"));
    let range = connection.broker_versions().range(ApiKey::METADATA);
    assert_eq!(range, Some(VersionRange::new(1, 12)));
    assert_eq!(connection.common_versions::<MetadataRequest>(), range);
}

#[tokio::test]
async fn steps_down_to_the_version_that_the_broker_hints_at() {
    let (connection, (_peer, request)) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.refuse_version(&[api(ApiKey::API_VERSIONS, 0, 2)])
            .await;
        let request = peer.answer_versions(&usual_versions()).await;
        (peer, request)
    })
    .await;
    connection.unwrap();
    assert_eq!((request.header.request_api_version, request.id()), (2, 2));
}

#[tokio::test]
async fn steps_down_to_the_oldest_version_on_the_code_alone() {
    let (connection, (_peer, request)) = meet(async |listener| {
        let mut peer = listener.accept().await;
        let request = peer.request().await;
        // What librdkafka's mock cluster sends: the code, and a body that is no version 0.
        let mut frame = vec![0, 0, 0, 17, 0, 0, 0];
        frame.push(u8::try_from(request.id()).unwrap());
        frame.extend([0, 35, 0, 0, 0, 2, 0, 18, 0, 0, 0, 3, 0]);
        peer.send(&frame).await;
        let request = peer.answer_versions(&usual_versions()).await;
        (peer, request)
    })
    .await;
    connection.unwrap();
    assert_eq!(request.header.request_api_version, 0);
}

/// Fault 5 of the list: a hint that is not lower must not be followed for ever.
#[tokio::test]
async fn a_hint_that_is_not_lower_fails() {
    let (result, closed) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.refuse_version(&[api(ApiKey::API_VERSIONS, 0, 4)])
            .await;
        peer.is_closed().await
    })
    .await;
    let error = result.unwrap_err();
    assert_eq!(phase(&error), Phase::ApiVersions);
    assert!(text(&error).contains("ApiVersions v4"), "{error}");
    assert!(closed);
}

#[tokio::test]
async fn a_broker_that_hangs_up_is_asked_again_in_version_0_on_a_fresh_connection() {
    let (connection, (_peer, request)) = meet(async |listener| {
        let mut first = listener.accept().await;
        first.request().await;
        drop(first);
        let mut peer = listener.accept().await;
        let request = peer.answer_versions(&usual_versions()).await;
        (peer, request)
    })
    .await;
    connection.unwrap();
    assert_eq!(request.header.request_api_version, 0);
}

#[tokio::test]
async fn ranges_upside_down_are_refused() {
    let (result, _) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.answer_versions(&[api(ApiKey::METADATA, 9, 3)]).await;
        peer.is_closed().await
    })
    .await;
    assert!(text(&result.unwrap_err()).contains("Metadata"));
}

async fn answered_with(bytes: &[u8]) -> milena::Error {
    let (result, _peer) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.request().await;
        peer.send(bytes).await;
        peer
    })
    .await;
    result.unwrap_err()
}

#[tokio::test]
async fn an_http_server_is_recognised() {
    let error = answered_with(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(text(&error).contains("HTTP server"), "{error}");
    assert!(
        !error.is_retriable(),
        "it is not Kafka, and will not become it"
    );
    assert!(text(&error).contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_tls_listener_is_recognised() {
    let error = answered_with(&[0x15, 3, 3, 0, 2, 2, 50]).await;
    assert!(text(&error).contains("TLS"), "{error}");
}

#[tokio::test]
async fn a_frame_larger_than_a_handshake_needs_is_refused() {
    let error = answered_with(&(1i32 << 20).to_be_bytes()).await;
    assert!(text(&error).contains("1048576"), "{error}");
}

#[tokio::test]
async fn a_refused_port_is_named_with_its_phase() {
    let listener = Listener::start().await;
    let address = listener.address();
    drop(listener);
    let error = soon(Connection::builder().connect(&address))
        .await
        .unwrap_err();
    assert_eq!(phase(&error), Phase::Tcp);
    assert_eq!(error.peer(), Some(&*address));
    assert!(error.is_retriable() && !error.may_have_been_sent());
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_given_up_at_the_connect_timeout() {
    let listener = Listener::start().await;
    let address = listener.address();
    let started = Instant::now();
    let connect = Connection::builder()
        .connect_timeout(Duration::from_millis(200))
        .connect(&address);
    let serve = listener.accept();
    let (result, mut peer) = soon(async { tokio::join!(connect, serve) }).await;
    let error = result.unwrap_err();
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::ApiVersions);
    assert!(matches!(cause, ConnectFailure::TimedOut { .. }));
    assert!(started.elapsed() >= Duration::from_millis(200));
    peer.request().await;
    assert!(peer.is_closed().await, "no socket is left");
}

#[tokio::test]
async fn dropping_the_connect_future_leaves_no_socket() {
    let listener = Listener::start().await;
    let address = listener.address();
    let task = tokio::spawn(async move { Connection::builder().connect(&address).await });
    let mut peer = listener.accept().await;
    peer.request().await;
    task.abort();
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    for address in ["localhost", "localhost:port", ":9092", "localhost:0"] {
        let error = Connection::builder().connect(address).await.unwrap_err();
        assert!(text(&error).contains("host:port"), "{error}");
    }
}
