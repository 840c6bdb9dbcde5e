//! The client's side of TLS.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::builder::TlsBuilder;
use super::classify::{Circumstances, problem, tls_error};
use super::config::Configured;
use super::identity::ASKED;
use super::name::server_name;
use super::problem::TlsProblem;

/// How connections are secured: whom to trust, and who this side is.
///
/// Clones are cheap and share the memory of sessions. [The module](crate::tls) says what is read when.
#[derive(Clone)]
pub struct Tls {
    source: Source,
    /// Whether there is a client certificate.
    certified: bool,
    server_name: Option<ServerName<'static>>,
}

#[derive(Clone)]
enum Source {
    Fixed(Arc<ClientConfig>),
    Files {
        // Held while files are looked at, by one connection at a time: where the file system hangs, one thread does.
        configured: Arc<Mutex<Configured>>,
        paths: Arc<[PathBuf]>,
    },
}

/// Why there is no TLS.
#[derive(Debug)]
pub(crate) enum HandshakeFailure {
    /// The operating system's word; another try may do better.
    Io(io::Error),
    /// What another try will not mend.
    Problem(TlsProblem),
}

impl Tls {
    /// Trusts whom the platform trusts, and has no client certificate. Reads the platform's certificates, and blocks for as long as
    /// that takes.
    ///
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` in the environment take the platform's place.
    ///
    /// # Errors
    /// [`TlsProblem::Configuration`], if the platform trusts nobody or there is no provider of cryptography.
    pub fn new() -> Result<Self, TlsProblem> {
        Self::builder().build()
    }

    /// Trusts the certificates of a PEM file alone: [`TlsBuilder::roots_file`] and nothing else.
    ///
    /// # Errors
    /// [`TlsProblem::Configuration`], if the file cannot be read or used, or there is no provider of cryptography.
    pub fn from_pem_file(path: impl Into<PathBuf>) -> Result<Self, TlsProblem> {
        Self::builder().roots_file(path).build()
    }

    /// Trusts the certificates of a PEM text alone: [`TlsBuilder::roots_pem`] and nothing else.
    ///
    /// # Errors
    /// [`TlsProblem::Configuration`], if the text cannot be used, or there is no provider of cryptography.
    pub fn from_pem(pem: impl Into<Vec<u8>>) -> Result<Self, TlsProblem> {
        Self::builder().roots_pem(pem).build()
    }

    /// Takes a configuration of the TLS library whole, as it is. Kafka speaks no ALPN.
    #[must_use]
    pub fn from_config(config: Arc<ClientConfig>) -> Self {
        Self {
            certified: config.client_auth_cert_resolver.has_certs(),
            source: Source::Fixed(config),
            server_name: None,
        }
    }

    /// What [`new`](Self::new) configures, for what else speaks TLS here.
    #[cfg(feature = "oidc")]
    pub(crate) fn platform_config() -> Result<ClientConfig, TlsProblem> {
        let configured = Self::builder().configured()?;
        Ok(ClientConfig::clone(&configured.config()))
    }

    /// Everything that can be chosen.
    pub fn builder() -> TlsBuilder {
        TlsBuilder::new()
    }

    pub(super) fn of(configured: Configured) -> Self {
        let config = configured.config();
        let paths: Arc<[PathBuf]> = configured.files().map(Path::to_owned).collect();
        Self {
            source: if paths.is_empty() {
                Source::Fixed(Arc::clone(&config))
            } else {
                Source::Files {
                    configured: Arc::new(Mutex::new(configured)),
                    paths,
                }
            },
            ..Self::from_config(config)
        }
    }

    /// Verifies that the broker's certificate is for this DNS name or IP address, and sends it as the name that is wanted, in place
    /// of the host that is dialed. For where addresses are rewritten on the way.
    ///
    /// # Errors
    /// [`TlsProblem::Configuration`], if it is neither.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsProblem> {
        self.server_name = Some(server_name(name)?);
        Ok(self)
    }

    /// Shakes hands with the host that was dialed.
    ///
    /// In TLS 1.3 this ends before the broker has judged the client certificate: a refusal is the error of a later read or write, where
    /// [`problem_of`](Self::problem_of) finds it.
    ///
    /// Dropping the future leaves nothing behind, except a look at the files that is under way: it ends when the file system answers.
    pub(crate) async fn connect<S>(
        &self,
        host: &str,
        stream: S,
    ) -> Result<TlsStream<S>, HandshakeFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => server_name(host).map_err(HandshakeFailure::Problem)?,
        };
        let config = self.config().await.map_err(HandshakeFailure::Io)?;
        let handshake = async {
            let result = TlsConnector::from(config).connect(name, stream).await;
            (result, ASKED.with(Cell::get))
        };
        let (result, asked) = ASKED.scope(Cell::new(false), handshake).await;
        result.map_err(|error| {
            // The words have more than the cause: the names that the certificate is for, or when it ran out.
            tracing::debug!(host, %error, "TLS handshake failed");
            self.failure(error, asked)
        })
    }

    fn failure(&self, error: io::Error, asked: bool) -> HandshakeFailure {
        let at = Circumstances {
            handshaking: true,
            certified: self.certified,
            asked,
        };
        match (tls_error(&error), error.kind()) {
            (Some(error), _) => HandshakeFailure::Problem(problem(error, at)),
            // What a broker's plain port does with a hello, which it takes for the head of an endless request.
            (None, io::ErrorKind::UnexpectedEof) => HandshakeFailure::Problem(TlsProblem::HungUp),
            // It may do this too, if there is more of the hello than it read. But so does one who is stopped just now.
            (
                None,
                kind @ (io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe),
            ) => HandshakeFailure::Io(io::Error::new(
                kind,
                format!("{error}: if it stays so, is this the broker's TLS port?"),
            )),
            (None, _) => HandshakeFailure::Io(error),
        }
    }

    /// What of TLS is behind the error of a read or write on a connection of this, if anything is.
    pub(crate) fn problem_of(&self, error: &io::Error) -> Option<TlsProblem> {
        let at = Circumstances {
            handshaking: false,
            certified: self.certified,
            asked: false,
        };
        tls_error(error).map(|error| problem(error, at))
    }

    /// The configuration for a new connection.
    async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        match &self.source {
            Source::Fixed(config) => Ok(Arc::clone(config)),
            Source::Files { configured, .. } => {
                let mut configured = Arc::clone(configured).lock_owned().await;
                let look = tokio::task::spawn_blocking(move || {
                    let problems = configured.refresh();
                    (configured.config(), problems)
                });
                let (config, problems) = look.await.map_err(io::Error::other)?;
                for problem in problems {
                    tracing::warn!(%problem, "a TLS file has changed and cannot be used: what it held before stays in use");
                }
                Ok(config)
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Tls");
        if let Source::Files { paths, .. } = &self.source {
            out.field("files", paths);
        }
        if let Some(name) = &self.server_name {
            out.field("server_name", &name.to_str());
        }
        out.field("client_certificate", &self.certified)
            .finish_non_exhaustive()
    }
}
