//! Whose signature is trusted.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;

use super::file::WatchedFile;
use super::pem::certificates;
use super::problem::TlsProblem;

/// The trusted authorities, and the file that they come from, if they do.
pub(super) struct Roots {
    store: Arc<RootCertStore>,
    file: Option<WatchedFile>,
}

impl Roots {
    pub(super) fn of_platform() -> Result<Self, TlsProblem> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        let (used, ignored) = store.add_parsable_certificates(found.certs);
        if used == 0 {
            let why = match found.errors.first() {
                Some(error) => format!(": {error}"),
                None => String::new(),
            };
            return Err(TlsProblem::Configuration(format!(
                "the platform has no trusted certificates{why}"
            )));
        }
        for error in &found.errors {
            tracing::warn!(%error, "some of the platform's trusted certificates cannot be read");
        }
        tracing::debug!(used, ignored, "trusting the platform's certificates");
        Ok(Self {
            store: Arc::new(store),
            file: None,
        })
    }

    pub(super) fn of_pem(pem: &[u8]) -> Result<Self, TlsProblem> {
        Ok(Self {
            store: Arc::new(parse(pem, "the trusted certificates")?),
            file: None,
        })
    }

    pub(super) fn of_file(path: PathBuf) -> Result<Self, TlsProblem> {
        let mut roots = Self {
            store: Arc::new(RootCertStore::empty()),
            file: Some(WatchedFile::new(path)),
        };
        roots.refresh()?;
        Ok(roots)
    }

    pub(super) fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.store)
    }

    pub(super) fn file(&self) -> Option<&WatchedFile> {
        self.file.as_ref()
    }

    /// Reads the file again if it has changed, and says whether the authorities are others now. On an error they stay.
    pub(super) fn refresh(&mut self) -> Result<bool, TlsProblem> {
        let Some(file) = self.file.as_mut().filter(|file| file.is_stale()) else {
            return Ok(false);
        };
        let content = file.read()?;
        let changed = !file.knows(&content);
        if changed {
            let store = parse(&content.text, &file.path().display().to_string())?;
            self.store = Arc::new(store);
        }
        file.accept(content);
        Ok(changed)
    }
}

fn parse(pem: &[u8], what: &str) -> Result<RootCertStore, TlsProblem> {
    let certificates = certificates(pem, what)?;
    let mut store = RootCertStore::empty();
    // A bundle of many may hold a few that are too old or too odd; they are nobody's loss.
    let (used, ignored) = store.add_parsable_certificates(certificates);
    if used == 0 {
        return Err(TlsProblem::Configuration(format!(
            "{what}: none of the certificates can be used"
        )));
    }
    if ignored > 0 {
        tracing::warn!(
            used,
            ignored,
            "{what}: some of the certificates cannot be used"
        );
    }
    Ok(store)
}
