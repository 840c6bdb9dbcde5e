//! What a client meets.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;

use super::authority::{Authority, Issued};
use crate::tls::client::{HandshakeFailure, Tls};
use crate::tls::problem::TlsProblem;
use crate::tls::{TlsSession, provider};

pub(super) const BOTH: &[&SupportedProtocolVersion] =
    &[&rustls::version::TLS13, &rustls::version::TLS12];
pub(super) const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
pub(super) const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// A server with this certificate, which asks for none.
pub(super) fn server(issued: &Issued) -> Arc<ServerConfig> {
    config(issued, BOTH, None)
}

/// A server that requires a certificate of this authority's.
pub(super) fn demanding(
    issued: &Issued,
    versions: &[&'static SupportedProtocolVersion],
    clients: &Authority,
) -> Arc<ServerConfig> {
    config(issued, versions, Some(clients))
}

pub(super) fn config(
    issued: &Issued,
    versions: &[&'static SupportedProtocolVersion],
    clients: Option<&Authority>,
) -> Arc<ServerConfig> {
    let provider = provider::choose(None).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let config = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
                .unwrap();
            config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .unwrap(),
            )
        }
        None => config.with_no_client_auth(),
    };
    Arc::new(
        config
            .with_single_cert(issued.chain(), issued.key())
            .unwrap(),
    )
}

/// Connects, and hears the server's first word: with it come its tickets, or its refusal.
pub(super) async fn meet(
    tls: &Tls,
    host: &str,
    server: &Arc<ServerConfig>,
) -> Result<TlsSession, TlsProblem> {
    let (ours, theirs) = duplex(64 << 10);
    let acceptor = TlsAcceptor::from(Arc::clone(server));
    let serve = async move {
        if let Ok(mut stream) = acceptor.accept(theirs).await {
            stream.write_all(b"kafka").await.unwrap();
            let _ = stream.shutdown().await;
        }
    };
    let (met, ()) = tokio::join!(hear(tls, host, ours), serve);
    met
}

async fn hear(tls: &Tls, host: &str, stream: DuplexStream) -> Result<TlsSession, TlsProblem> {
    let mut stream = match tls.connect(host, stream).await {
        Ok(stream) => stream,
        Err(HandshakeFailure::Problem(problem)) => return Err(problem),
        Err(HandshakeFailure::Io(error)) => panic!("no TLS problem: {error}"),
    };
    let mut word = [0; 5];
    match stream.read_exact(&mut word).await {
        Ok(_) => {
            assert_eq!(&word, b"kafka");
            Ok(TlsSession::of(&stream))
        }
        Err(error) => Err(tls.problem_of(&error).expect("a TLS problem")),
    }
}
