//! How TLS is asked for.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Whom to trust, and who this side is; begun by [`Tls::builder`](super::Tls::builder).
#[derive(Clone, Debug)]
#[must_use = "nothing is read until `build`"]
pub struct TlsBuilder {
    pub(super) roots: RootSource,
    pub(super) identity: IdentitySource,
    pub(super) sessions: usize,
    pub(super) provider: Option<Provider>,
}

#[derive(Clone, Debug)]
pub(super) enum RootSource {
    Platform,
    Pem(Vec<u8>),
    File(PathBuf),
}

#[derive(Clone)]
pub(super) enum IdentitySource {
    None,
    Pem {
        // Whoever has both in one text gives it twice.
        certificate: Zeroizing<Vec<u8>>,
        key: Secret,
    },
    Files {
        certificate: PathBuf,
        key: PathBuf,
    },
}

impl fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Pem { .. } => f.write_str("Pem(..)"),
            Self::Files { certificate, key } => f
                .debug_tuple("Files")
                .field(certificate)
                .field(key)
                .finish(),
        }
    }
}

/// Without the pages that its own `Debug` fills.
#[derive(Clone)]
pub(super) struct Provider(pub(super) Arc<CryptoProvider>);

impl TlsBuilder {
    pub(super) fn new() -> Self {
        Self {
            roots: RootSource::Platform,
            identity: IdentitySource::None,
            sessions: 64,
            provider: None,
        }
    }

    /// Trust the certificates in this PEM file, and no others; read again when it changes. Default: what the platform trusts. Java:
    /// `ssl.truststore.location` of type PEM.
    pub fn roots_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots = RootSource::File(path.into());
        self
    }

    /// Trust the certificates in this PEM text, and no others. Default: what the platform trusts. Java: `ssl.truststore.certificates`.
    pub fn roots_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = RootSource::Pem(pem.into());
        self
    }

    /// Answer the broker that asks who this side is by these PEM files: the certificate with those that lead to an authority after
    /// it, and its key, which must not be encrypted. Read again when they change. One file may hold both. Default: none. Java:
    /// `ssl.keystore.location` of type PEM.
    pub fn client_certificate_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = IdentitySource::Files {
            certificate: certificate.into(),
            key: key.into(),
        };
        self
    }

    /// Answer the broker that asks who this side is by these PEM texts: the certificate with those that lead to an authority after
    /// it, and its key, which must not be encrypted. Default: none. Java: `ssl.keystore.certificate.chain` and `ssl.keystore.key`.
    pub fn client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Secret>,
    ) -> Self {
        self.identity = IdentitySource::Pem {
            certificate: Zeroizing::new(certificate.into()),
            key: key.into(),
        };
        self
    }

    /// For how many brokers, by their names, to remember the last sessions: a connection that resumes one spares both sides the
    /// certificates. Brokers of one name, told apart by their ports, count as one. 0: none is remembered; at most 65,536. Default: 64.
    pub fn sessions(mut self, brokers: usize) -> Self {
        // Room for them is made at once.
        self.sessions = brokers.min(65_536);
        self
    }

    /// Who does the cryptography. Default: see [the module](crate::tls#the-provider-of-the-cryptography).
    pub fn provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(Provider(provider));
        self
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CryptoProvider(..)")
    }
}
