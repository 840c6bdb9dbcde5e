//! What the listeners need to encrypt.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::ring::{self, Ticketer};
use rustls::server::{
    ClientHello, NoClientAuth, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
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
    settings: Tls,
    /// The names and addresses that the certificate is good for, if the settings don't say.
    hosts: Mutex<BTreeSet<String>>,
    certificate: Arc<Certificate>,
    acceptor: TlsAcceptor,
    counters: Counters,
}

/// What is shown to clients, the same to all of them.
struct Certificate(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // No code panics under this lock.
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(key.clone())
    }
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
        let hosts: BTreeSet<_> = hosts.collect();
        let certificate = Arc::new(Certificate(RwLock::new(sign(&authority, tls, &hosts)?)));
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
            .with_cert_resolver(certificate.clone());
        if tls.session_resumption {
            config.ticketer = Ticketer::new().map_err(io::Error::other)?;
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self {
            authority,
            settings: tls.clone(),
            hosts: Mutex::new(hosts),
            certificate,
            acceptor: Arc::new(config).into(),
            counters: Counters::default(),
        })
    }

    /// Clients reach the cluster by this name or address too, from their next handshake on.
    pub(crate) fn add_host(&self, host: &str) -> io::Result<()> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.contains(host) || self.settings.host_names.is_some() {
            return Ok(());
        }
        let mut more = hosts.clone();
        more.insert(host.to_owned());
        let signed = sign(&self.authority, &self.settings, &more)?;
        *hosts = more;
        let shown = &self.certificate.0;
        *shown.write().unwrap_or_else(PoisonError::into_inner) = signed;
        Ok(())
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

fn sign(
    authority: &Authority,
    settings: &Tls,
    hosts: &BTreeSet<String>,
) -> io::Result<Arc<CertifiedKey>> {
    let (certificate, key) = authority.server(settings, hosts.iter().cloned())?;
    let provider = ring::default_provider();
    let key = CertifiedKey::from_der(vec![certificate], key, &provider);
    key.map(Arc::new).map_err(io::Error::other)
}
