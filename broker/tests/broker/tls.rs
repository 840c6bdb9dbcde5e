use std::io;
use std::sync::Arc;

use milena_broker::{ClientAuth, ClientCertificate, Cluster, Sasl, Tls, TlsHandshakes};
use milena_wire::error_code::ErrorCode;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Client, metadata_request};

/// A client that trusts the cluster's authority.
fn config(
    cluster: &Cluster,
    identity: Option<&ClientCertificate>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let ca = cluster.ca_pem().unwrap().as_bytes();
    roots
        .add(CertificateDer::from_pem_slice(ca).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes());
            builder
                .with_client_auth_cert(vec![certificate.unwrap()], key.unwrap())
                .unwrap()
        }
    }
}

pub(crate) fn default_config(cluster: &Cluster) -> ClientConfig {
    config(cluster, None, rustls::DEFAULT_VERSIONS)
}

pub(crate) async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<ClientConfig>>,
    host: &str,
) -> io::Result<Client<TlsStream<S>>> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let connector = TlsConnector::from(config.into());
    Ok(Client::over(connector.connect(name, stream).await?))
}

async fn connect(
    cluster: &Cluster,
    config: impl Into<Arc<ClientConfig>>,
    host: &str,
) -> io::Result<Client<TlsStream<TcpStream>>> {
    let stream = TcpStream::connect(&cluster.bootstrap()[0]).await?;
    shake_hands(stream, config, host).await
}

async fn start(tls: Tls) -> Cluster {
    Cluster::builder().tls(tls).start().await.unwrap()
}

fn counts(full: u64, resumed: u64, failed: u64) -> TlsHandshakes {
    let mut counts = TlsHandshakes::default();
    (counts.full, counts.resumed, counts.failed) = (full, resumed, failed);
    counts
}

#[tokio::test]
async fn every_local_name_and_both_versions() {
    let cluster = start(Tls::new()).await;
    for host in [
        "localhost",
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.3",
        "127.0.0.4",
        "::1",
    ] {
        for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
            let config = config(&cluster, None, versions);
            let mut client = connect(&cluster, config, host).await.unwrap();
            client.metadata(&["orders"], 13).await;
        }
    }
    assert_eq!(cluster.tls_handshakes(), counts(12, 0, 0));
}

#[tokio::test]
async fn every_cluster_has_an_authority_of_its_own() {
    let cluster = start(Tls::new()).await;
    let other = start(Tls::new()).await;
    let error = connect(&cluster, default_config(&other), "localhost").await;
    let error = error.err().unwrap().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(Cluster::builder().start().await.unwrap().ca_pem().is_none());
}

#[tokio::test]
async fn certificates_that_clients_must_refuse() {
    for (tls, reason) in [
        (Tls::new().expired(), "expired"),
        (
            Tls::new().host_names(["kafka.example"]),
            "not valid for name",
        ),
    ] {
        let cluster = start(tls).await;
        let error = connect(&cluster, default_config(&cluster), "localhost").await;
        let error = error.err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let cluster = start(Tls::new().host_names(["kafka.example"])).await;
    let config = default_config(&cluster);
    assert!(connect(&cluster, config, "kafka.example").await.is_ok());
}

/// With TLS 1.3 a client learns only by reading that his certificate is refused.
async fn round_trip(cluster: &Cluster, config: ClientConfig) -> io::Result<()> {
    let mut client = connect(cluster, config, "localhost").await?;
    client.send(&metadata_request(&[]), 13).await;
    client.stream.read_u32().await.map(drop)
}

#[tokio::test]
async fn client_certificates() {
    let stranger = start(Tls::new())
        .await
        .client_certificate("mallory")
        .unwrap();
    for (auth, without, with_unknown) in [
        (ClientAuth::None, true, true),
        (ClientAuth::Requested, true, false),
        (ClientAuth::Required, false, false),
    ] {
        let cluster = start(Tls::new().client_auth(auth)).await;
        let alice = cluster.client_certificate("alice").unwrap();
        assert!(alice.key.contains("PRIVATE KEY") && !format!("{alice:?}").contains("PRIVATE KEY"));
        for (identity, passes) in [
            (Some(&alice), true),
            (None, without),
            (Some(&stranger), with_unknown),
        ] {
            for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
                let result = round_trip(&cluster, config(&cluster, identity, versions)).await;
                assert_eq!(result.is_ok(), passes, "{auth:?}: {result:?}");
            }
        }
    }
}

#[tokio::test]
async fn sessions_are_resumed_unless_that_is_switched_off() {
    for resumption in [true, false] {
        for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
            let cluster = start(Tls::new().session_resumption(resumption)).await;
            let config = Arc::new(config(&cluster, None, versions));
            for _ in 0..3 {
                let mut client = connect(&cluster, config.clone(), "localhost")
                    .await
                    .unwrap();
                // Tickets of TLS 1.3 come with the first bytes that are read.
                client.metadata(&[], 13).await;
            }
            let resumed = if resumption { 2 } else { 0 };
            assert_eq!(cluster.tls_handshakes(), counts(3 - resumed, resumed, 0));
        }
    }
}

#[tokio::test]
async fn the_end_is_told() {
    let sasl = Sasl::new().plain().user("alice", "secret");
    let builder = Cluster::builder().tls(Tls::new()).sasl(sasl);
    let cluster = builder.start().await.unwrap();
    let config = default_config(&cluster);
    let mut client = connect(&cluster, config, "localhost").await.unwrap();
    let response = client.log_in("alice", "wrong").await;
    assert_eq!(response.error_code, ErrorCode::SASL_AUTHENTICATION_FAILED);
    // Without a `close_notify` this would be an error.
    assert_eq!(client.stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn both_at_once() {
    let sasl = Sasl::new().plain().user("alice", "secret");
    let builder = Cluster::builder().nodes(3).tls(Tls::new()).sasl(sasl);
    let cluster = builder.start().await.unwrap();
    let config = default_config(&cluster);
    let mut client = connect(&cluster, config, "localhost").await.unwrap();
    let response = client.log_in("alice", "secret").await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert_eq!(client.metadata(&[], 13).await.brokers.len(), 3);
}

#[tokio::test]
async fn who_speaks_no_tls_gets_an_alert() {
    let cluster = start(Tls::new()).await;
    let mut client = Client::connect(&cluster, 1).await;
    client.send(&metadata_request(&[]), 13).await;
    client.stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
    assert_eq!(cluster.tls_handshakes(), counts(0, 0, 1));
}

#[tokio::test]
async fn impossible_settings_are_errors() {
    let cluster = Cluster::builder().start().await.unwrap();
    let error = cluster.client_certificate("alice").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let builder = Cluster::builder().tls(Tls::new().host_names(["kafk\u{e4}"]));
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn nodes_that_come_later_are_trusted_and_so_is_what_is_advertised() {
    for (tls, trusted) in [
        (Tls::new(), true),
        // Who chooses the names has chosen them for good.
        (Tls::new().host_names(["node-1.invalid"]), false),
    ] {
        let cluster = Cluster::builder().in_memory().tls(tls).start().await;
        let cluster = cluster.unwrap();
        let before = default_config(&cluster);
        cluster.add_node().await.unwrap();
        cluster.readdress_node(1).await.unwrap();
        cluster.advertise(1, "proxy.example", 9092).unwrap();
        for (node, host) in [
            (2, "node-2.invalid"),
            (1, "node-1-2.invalid"),
            (1, "proxy.example"),
        ] {
            let stream = cluster.dialer().connect_to(node).await.unwrap();
            let shaken = shake_hands(stream, before.clone(), host).await;
            assert_eq!(shaken.is_ok(), trusted, "{host}");
            if let Ok(mut client) = shaken {
                client.metadata(&[], 13).await;
            }
        }
        let refused = cluster.advertise(1, "wirtshäuser", 9092);
        assert_eq!(refused.is_err(), trusted);
    }
}
