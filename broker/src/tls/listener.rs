//! What the listeners need to encrypt.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::crypto::ring::{self, Ticketer};
use rustls::server::{NoClientAuth, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{HandshakeKind, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::Authority;
use super::counts::{Counters, TlsHandshakes};
use super::settings::{ClientAuth, Tls};

/// Shakes hands with clients. All nodes share it, so that a ticket of one is good at the others.
pub(crate) struct TlsListener {
    authority: Authority,
    acceptor: TlsAcceptor,
    counters: Counters,
}

impl fmt::Debug for TlsListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsListener")
            .field("handshakes", &self.handshakes())
            .finish_non_exhaustive()
    }
}

impl TlsListener {
    /// Makes all certificates, for a cluster that is reached by these names and addresses.
    pub(crate) fn new(tls: &Tls, hosts: impl Iterator<Item = String>) -> io::Result<Self> {
        let authority = Authority::new()?;
        let (certificate, key) = authority.server(tls, hosts)?;
        // The program may have chosen another provider, or, by its features, more than one.
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots
            .add(authority.certificate().clone())
            .map_err(io::Error::other)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let verifier = match tls.client_auth {
            ClientAuth::None => Ok(Arc::new(NoClientAuth) as _),
            ClientAuth::Requested => verifier.allow_unauthenticated().build(),
            ClientAuth::Required => verifier.build(),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(verifier.map_err(io::Error::other)?)
            .with_single_cert(vec![certificate], key)
            .map_err(io::Error::other)?;
        if tls.session_resumption {
            config.ticketer = Ticketer::new().map_err(io::Error::other)?;
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self {
            authority,
            acceptor: Arc::new(config).into(),
            counters: Counters::default(),
        })
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn handshakes(&self) -> TlsHandshakes {
        self.counters.snapshot()
    }

    /// Shakes hands with a client, which must not take longer than this. If it fails, he is told why, as far as TLS can say.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        patience: Duration,
    ) -> io::Result<TlsStream<S>> {
        let accepted = timeout(patience, self.acceptor.accept(stream)).await;
        let accepted = accepted.unwrap_or_else(|elapsed| Err(elapsed.into()));
        let counter = match &accepted {
            Err(_) => &self.counters.failed,
            Ok(stream) => match stream.get_ref().1.handshake_kind() {
                Some(HandshakeKind::Resumed) => &self.counters.resumed,
                _ => &self.counters.full,
            },
        };
        counter.fetch_add(1, Ordering::Relaxed);
        accepted
    }
}
