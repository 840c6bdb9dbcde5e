//! Brokers with TLS, good ones and others, and authorities that live for one test.

use std::sync::Arc;
use std::time::Duration;

use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, Phase};
use milena::sasl::Plain;
use milena::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use milena::tls::rustls::server::WebPkiClientVerifier;
use milena::tls::rustls::{RootCertStore, ServerConfig, crypto};
use milena::tls::{Tls, TlsProblem};
use milena::wire::codec::Message as _;
use milena::wire::messages::{ApiVersionsResponse, MetadataRequest, MetadataResponse};
use milena::{CloseReason, Connection, Error};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::peer::{
    Listener, Peer, connect_failure, frame, reason, soon, strict, text, usual_versions,
};

pub(crate) struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
pub(crate) struct Issued {
    pub(crate) pem: String,
    pub(crate) key_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| {})
    }

    pub(crate) fn issue_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            chain: vec![certificate.der().clone()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }

    /// A client that trusts this authority alone.
    pub(crate) fn trusted(&self) -> Tls {
        Tls::from_pem(self.certificate.pem()).unwrap()
    }

    /// The same, and it can show a certificate.
    pub(crate) fn trusted_by(&self, client: &Issued) -> Tls {
        let builder = Tls::builder().roots_pem(self.certificate.pem());
        let builder = builder.client_certificate(client.pem.clone(), client.key_pem.clone());
        builder.build().unwrap()
    }
}

/// A broker's side; with `clients`, it demands a certificate of that authority's.
pub(crate) fn acceptor(issued: &Issued, clients: Option<&Authority>) -> TlsAcceptor {
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate.der().clone()).unwrap();
            let roots = Arc::new(roots);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    let key = issued.key.clone_key();
    let config = config.with_single_cert(issued.chain.clone(), key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What comes of connecting with `tls` to this host, where a broker with `acceptor` answers; and the broker's side of it.
async fn shake(
    tls: Tls,
    host: &str,
    acceptor: TlsAcceptor,
    change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
) -> (Result<Connection, Error>, Option<Peer>) {
    let listener = Listener::start().await;
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let address = format!("{host}:{port}");
    let connect = change(strict().tls(tls)).connect(&address);
    let serve = async {
        let stream = listener.accept_stream().await;
        let mut peer = Peer::new(acceptor.accept(stream).await.ok()?);
        let request = peer.try_request().await?;
        let response = ApiVersionsResponse::default().with_api_keys(usual_versions());
        peer.answer(&request, &response).await;
        Some(peer)
    };
    soon(async { tokio::join!(connect, serve) }).await
}

/// Asserts that nothing was said but the handshake, and gives what was wrong with it.
async fn problem(tls: Tls, host: &str, acceptor: TlsAcceptor) -> TlsProblem {
    let with_password = |builder: ConnectionBuilder| builder.sasl(Plain::new("alice", "secret"));
    let (result, peer) = shake(tls, host, acceptor, with_password).await;
    assert!(
        peer.is_none(),
        "not a byte is sent to who is not the broker"
    );
    let error = result.unwrap_err();
    let (phase, ConnectFailure::Tls(problem)) = connect_failure(&error) else {
        panic!("{error:?}");
    };
    assert_eq!(phase, Phase::Tls);
    assert!(!error.is_retriable());
    text(&error);
    problem.clone()
}

/// Statement 33: by name and by address.
#[tokio::test]
async fn a_broker_with_a_good_certificate_is_spoken_with() {
    let authority = Authority::new("ca");
    for host in ["localhost", "127.0.0.1"] {
        let acceptor = acceptor(&authority.issue(host), None);
        let (connection, peer) =
            shake(authority.trusted(), host, acceptor, |builder| builder).await;
        let (connection, mut peer) = (connection.unwrap(), peer.unwrap());
        let session = connection.report().tls().unwrap();
        assert!(session.cipher_suite().starts_with("TLS13"), "{session:?}");
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        peer.answer(&request, &MetadataResponse::default()).await;
        soon(call).await.unwrap().unwrap();
        connection.close();
        assert!(peer.is_closed().await);
    }
}

/// Statement 33: a certificate for another name or another address.
#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new("ca");
    for (host, named) in [
        ("localhost", "kafka.example.com"),
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "localhost"),
    ] {
        let acceptor = acceptor(&authority.issue(named), None);
        let problem = problem(authority.trusted(), host, acceptor).await;
        assert_eq!(problem, TlsProblem::WrongHost, "{named} as {host}");
    }
}

/// Statement 33.
#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::new("ca");
    let expired = authority.issue_with("localhost", |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
    });
    let early = authority.issue_with("localhost", |params| {
        params.not_before = date_time_ymd(3000, 1, 1);
        params.not_after = date_time_ymd(3000, 12, 31);
    });
    for issued in [expired, early] {
        let problem = problem(authority.trusted(), "localhost", acceptor(&issued, None)).await;
        assert_eq!(problem, TlsProblem::Expired);
    }
}

/// Statement 33: an authority of the same name is not the same authority.
#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let authority = Authority::new("ca");
    for stranger in ["another", "ca"] {
        let issued = Authority::new(stranger).issue("localhost");
        let problem = problem(authority.trusted(), "localhost", acceptor(&issued, None)).await;
        assert_eq!(problem, TlsProblem::UnknownIssuer);
    }
}

/// Plain text where TLS is expected: a web server, Kafka's own plain port, which hangs up, and one that answers like Kafka.
#[tokio::test]
async fn a_port_without_tls_is_recognised() {
    let authority = Authority::new("ca");
    for (answer, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], TlsProblem::NotTls),
        (b"", TlsProblem::HungUp),
        (b"\0\0\0\x0a\0\0\0\x01\0\x23\0\0\0\0", TlsProblem::NotTls),
    ] {
        let listener = Listener::start().await;
        let (result, _peer) = listener
            .meet(
                |builder| builder.tls(authority.trusted()),
                async |peer| {
                    peer.bytes(5).await;
                    peer.send(answer).await;
                    // What was sent is still to be read, though this end is done.
                    peer.hang_up().await;
                },
            )
            .await;
        let error = result.unwrap_err();
        let (phase, ConnectFailure::Tls(problem)) = connect_failure(&error) else {
            panic!("{error:?}");
        };
        assert_eq!((phase, problem), (Phase::Tls, &expected));
        // A broker that is just stopping hangs up, too.
        assert_eq!(error.is_retriable(), expected == TlsProblem::HungUp);
    }
}

/// A listener that takes the hello and says nothing is within the one time-out; the same in the middle of a record.
#[tokio::test]
async fn a_tls_handshake_that_hangs_is_bounded() {
    let authority = Authority::new("ca");
    for answer in [&b""[..], &[0x16, 3, 3, 0, 0x7a, 2]] {
        let listener = Listener::start().await;
        let (result, mut peer) = listener
            .meet(
                |builder| {
                    builder
                        .tls(authority.trusted())
                        .connect_timeout(Duration::from_millis(200))
                },
                async |peer| {
                    peer.bytes(5).await;
                    peer.send(answer).await;
                },
            )
            .await;
        let error = result.unwrap_err();
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::Tls);
        assert!(
            matches!(cause, ConnectFailure::TimedOut { .. }),
            "{cause:?}"
        );
        // No socket is left.
        peer.gone().await;
    }
}

/// Statement 33: a broker that demands a certificate gets one, says that it wants one, or that it does not like it.
#[tokio::test]
async fn a_client_certificate_that_is_demanded_must_be_there_and_good() {
    let (brokers, clients) = (Authority::new("brokers"), Authority::new("clients"));
    let broker = brokers.issue("localhost");
    let demanding = || acceptor(&broker, Some(&clients));
    let refused = async |tls: Tls| {
        let (result, peer) = shake(tls, "localhost", demanding(), |builder| builder).await;
        assert!(peer.is_none(), "the broker does not go on");
        let error = result.unwrap_err();
        let (_, ConnectFailure::Tls(problem)) = connect_failure(&error) else {
            panic!("{error:?}");
        };
        assert!(!error.is_retriable());
        problem.clone()
    };
    assert_eq!(
        refused(brokers.trusted()).await,
        TlsProblem::CertificateRequired
    );
    let stranger = Authority::new("others").issue("client");
    assert_eq!(
        refused(brokers.trusted_by(&stranger)).await,
        TlsProblem::CertificateRefused
    );
    let own = brokers.trusted_by(&clients.issue("client"));
    let (connection, peer) = shake(own, "localhost", demanding(), |builder| builder).await;
    assert!(connection.unwrap().close_reason().is_none() && peer.is_some());
}

/// A record that was spoilt on the way ends the connection, and whoever waits is told.
#[tokio::test]
async fn a_spoilt_record_ends_the_connection() {
    let authority = Authority::new("ca");
    let acceptor = acceptor(&authority.issue("localhost"), None);
    let listener = Listener::start().await;
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let address = format!("localhost:{port}");
    let connect = strict().tls(authority.trusted()).connect(&address);
    let serve = async {
        let stream = listener.accept_stream().await;
        let mut stream = acceptor.accept(stream).await.unwrap();
        // By hand, as the plain socket is needed afterwards.
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.unwrap();
        let mut request = vec![0; usize::try_from(u32::from_be_bytes(head)).unwrap()];
        stream.read_exact(&mut request).await.unwrap();
        let response = ApiVersionsResponse::default().with_api_keys(usual_versions());
        let body = response.encode(4).unwrap().into_bytes();
        stream.write_all(&frame(1, 0, &body)).await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let (connection, mut stream) = soon(async { tokio::join!(connect, serve) }).await;
    let connection = connection.unwrap();
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    stream.read_exact(&mut [0; 4]).await.unwrap();
    let plain = stream.get_mut().0;
    plain
        .write_all(b"\x17\x03\x03\0\x20spoilt, spoilt, spoilt, spoilt, .")
        .await
        .unwrap();
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionBroken(_)),
        "{error:?}"
    );
    assert!(error.may_have_been_sent());
}
