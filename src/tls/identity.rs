//! Who this side is: its certificate and key, if it has any.

use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::sign::CertifiedKey;
use rustls::{Error as RustlsError, InconsistentKeys, SignatureScheme};

use super::file::WatchedFile;
use super::pem::certificates;
use super::problem::TlsProblem;

tokio::task_local! {
    /// Whether the broker of the handshake that runs has asked for a client certificate.
    ///
    /// rustls tells it to the resolver alone, which all connections share, and calls it while the handshake is polled.
    pub(super) static ASKED: Cell<bool>;
}

/// The certificate and key of this side, if any, and the files that they come from, if they do.
pub(super) struct Identity {
    resolver: Arc<Resolver>,
    files: Option<Files>,
}

struct Files {
    certificate: WatchedFile,
    key: WatchedFile,
}

/// Answers the broker that asks for a certificate.
#[derive(Default)]
struct Resolver {
    certified: Option<Arc<CertifiedKey>>,
}

impl Identity {
    pub(super) fn none() -> Self {
        Self {
            resolver: Arc::default(),
            files: None,
        }
    }

    pub(super) fn of_pem(
        certificate: &[u8],
        key: &[u8],
        provider: &CryptoProvider,
    ) -> Result<Self, TlsProblem> {
        let certified = certify(
            certificate,
            "the client certificate",
            key,
            "the client key",
            provider,
        )?;
        Ok(Self {
            resolver: Arc::new(Resolver {
                certified: Some(certified),
            }),
            files: None,
        })
    }

    pub(super) fn of_files(
        certificate: PathBuf,
        key: PathBuf,
        provider: &CryptoProvider,
    ) -> Result<Self, TlsProblem> {
        let mut identity = Self {
            resolver: Arc::default(),
            files: Some(Files {
                certificate: WatchedFile::new(certificate),
                key: WatchedFile::new(key),
            }),
        };
        identity.refresh(provider)?;
        Ok(identity)
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::clone(&self.resolver) as _
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files
            .iter()
            .flat_map(|files| [files.certificate.path(), files.key.path()])
    }

    /// Reads the files again if one has changed, and says whether the identity is another now. On an error it stays.
    pub(super) fn refresh(&mut self, provider: &CryptoProvider) -> Result<bool, TlsProblem> {
        let Some(files) = self
            .files
            .as_mut()
            .filter(|files| files.certificate.is_stale() || files.key.is_stale())
        else {
            return Ok(false);
        };
        let certificate = files.certificate.read()?;
        let key = files.key.read()?;
        let changed = !(files.certificate.knows(&certificate) && files.key.knows(&key));
        if changed {
            let certified = certify(
                &certificate.text,
                &files.certificate.path().display().to_string(),
                &key.text,
                &files.key.path().display().to_string(),
                provider,
            )?;
            self.resolver = Arc::new(Resolver {
                certified: Some(certified),
            });
        }
        files.certificate.accept(certificate);
        files.key.accept(key);
        Ok(changed)
    }
}

/// A certificate and its key, once it is sure that they belong together: two files cannot be exchanged at once.
fn certify(
    certificate: &[u8],
    certificate_name: &str,
    key: &[u8],
    key_name: &str,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsProblem> {
    let problem =
        |name: &str, what: &dyn fmt::Display| TlsProblem::Configuration(format!("{name}: {what}"));
    let chain = certificates(certificate, certificate_name)?;
    let der = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        PemError::NoItemsFound if is_encrypted(key) => problem(
            key_name,
            &"the key is encrypted, which is not supported; `openssl pkcs8` decrypts it",
        ),
        PemError::NoItemsFound => problem(
            key_name,
            &"there is no private key in it; PEM of PKCS#8, PKCS#1 or SEC1 is expected",
        ),
        error => problem(key_name, &format_args!("no valid PEM: {error}")),
    })?;
    let key = provider
        .key_provider
        .load_private_key(der)
        .map_err(|error| problem(key_name, &format_args!("the key cannot be used: {error}")))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Unknown: the key does not tell its public half. The broker will judge.
        Ok(()) | Err(RustlsError::InconsistentKeys(InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(RustlsError::InconsistentKeys(_)) => Err(problem(
            key_name,
            &format_args!("the key does not belong to {certificate_name}"),
        )),
        Err(error) => Err(problem(certificate_name, &error)),
    }
}

fn is_encrypted(key: &[u8]) -> bool {
    const LABEL: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    key.windows(LABEL.len()).any(|window| window == LABEL)
}

impl ResolvesClientCert for Resolver {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Outside of a handshake of this crate, nobody wants to know.
        let _ = ASKED.try_with(|asked| asked.set(true));
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}
