//! TLS without sockets, and what goes wrong over it on purpose.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::time::Duration;

use milena_broker::{AcceptAction, Action, ApiKey, Cluster, Fault, Moment, Sasl, Tls};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::MetadataResponse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use crate::client::{Client, metadata_request};
use crate::tls::{default_config, shake_hands};

const SECOND: Duration = Duration::from_secs(1);

async fn start(in_memory: bool) -> Cluster {
    let sasl = Sasl::new().plain().user("alice", "secret");
    let builder = Cluster::builder().tls(Tls::new()).sasl(sasl);
    let builder = if in_memory {
        builder.in_memory()
    } else {
        builder
    };
    builder.start().await.unwrap()
}

async fn log_in<S>(cluster: &Cluster, stream: S, host: &str) -> Client<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = default_config(cluster);
    let mut client = shake_hands(stream, config, host).await.unwrap();
    let response = client.log_in("alice", "secret").await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    client
}

/// What is closed by a fault ends as TLS wants it.
async fn disturb<S>(cluster: &Cluster, mut client: Client<TlsStream<S>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let pieces = Action::Split(NonZeroUsize::new(7).unwrap());
    let close = Action::Close(Moment::AfterBytes(9));
    for action in [pieces, Action::NoAnswer, close] {
        let fault = Fault::on(ApiKey::METADATA, action).times(1);
        cluster.inject(fault).keep();
    }
    client.metadata(&[], 13).await;
    client.send(&metadata_request(&[]), 13).await;
    client.send(&metadata_request(&[]), 13).await;
    let mut came = Vec::new();
    client.stream.read_to_end(&mut came).await.unwrap();
    assert_eq!(came.len(), 9);
    assert_eq!(came[4..8], 5i32.to_be_bytes());
}

#[tokio::test]
async fn faults_over_sockets() {
    let cluster = start(false).await;
    let stream = TcpStream::connect(&cluster.bootstrap()[0]).await.unwrap();
    let client = log_in(&cluster, stream, "127.0.0.1").await;
    disturb(&cluster, client).await;
}

#[tokio::test(start_paused = true)]
async fn faults_and_latency_without_sockets() {
    let cluster = start(true).await;
    let stream = cluster.dialer().connect_to(1).await.unwrap();
    // The name that clients are told.
    let mut client = log_in(&cluster, stream, "node-1.invalid").await;
    cluster.set_latency(1, SECOND);
    let start = Instant::now();
    let first = client.send(&metadata_request(&[]), 13).await;
    let second = client.send(&metadata_request(&[]), 13).await;
    client.receive::<MetadataResponse>(first, 13).await;
    client.receive::<MetadataResponse>(second, 13).await;
    assert_eq!(start.elapsed().as_secs(), 1);
    cluster.set_latency(1, Duration::ZERO);
    let stream = cluster.dialer().connect_to(1).await.unwrap();
    let client = log_in(&cluster, stream, "node-1.invalid").await;
    disturb(&cluster, client).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_says_no_farewell() {
    let cluster = start(true).await;
    let stream = cluster.dialer().connect_to(1).await.unwrap();
    let mut client = log_in(&cluster, stream, "node-1.invalid").await;
    cluster.drop_connections(1);
    let error = client.stream.read(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test(start_paused = true)]
async fn accepted_and_nothing_else() {
    let cluster = start(true).await;
    let close = Fault::at_accept(AcceptAction::Close).times(1);
    cluster.inject(close).keep();
    let stalled = cluster.inject(Fault::at_accept(AcceptAction::Stall));
    let stream = cluster.dialer().connect_to(1).await.unwrap();
    let closed = shake_hands(stream, default_config(&cluster), "node-1.invalid").await;
    assert!(closed.is_err());
    let stream = cluster.dialer().connect_to(1).await.unwrap();
    let login = log_in(&cluster, stream, "node-1.invalid");
    let mut login = Box::pin(login);
    assert!(timeout(60 * SECOND, &mut login).await.is_err());
    stalled.clear();
    login.await.metadata(&[], 13).await;
    assert_eq!(cluster.tls_handshakes().full, 1);
}

#[tokio::test(start_paused = true)]
async fn who_never_shakes_hands_is_idle() {
    let cluster = start(true).await;
    let mut client = Client::in_memory(&cluster, 1).await;
    let start = Instant::now();
    let read = timeout(1000 * SECOND, client.stream.read_u8()).await;
    assert_eq!(read.unwrap().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(start.elapsed().as_secs(), 600);
    assert_eq!(cluster.tls_handshakes().failed, 1);
}
