//! From what was asked for to a `Tls` that works.

use super::builder::{IdentitySource, RootSource, TlsBuilder};
use super::client::Tls;
use super::config::Configured;
use super::identity::Identity;
use super::problem::TlsProblem;
use super::provider;
use super::roots::Roots;

impl TlsBuilder {
    /// Reads and checks everything. It blocks for as long as reading the files takes.
    ///
    /// # Errors
    /// [`TlsProblem::Configuration`] says which file, certificate or key cannot be used, and why; or that there is no provider of
    /// cryptography.
    pub fn build(self) -> Result<Tls, TlsProblem> {
        self.configured().map(Tls::of)
    }

    pub(super) fn configured(self) -> Result<Configured, TlsProblem> {
        let provider = provider::choose(self.provider.map(|provider| provider.0))?;
        let roots = match self.roots {
            RootSource::Platform => Roots::of_platform(),
            RootSource::Pem(pem) => Roots::of_pem(&pem),
            RootSource::File(path) => Roots::of_file(path),
        }?;
        let identity = match self.identity {
            IdentitySource::None => Ok(Identity::none()),
            IdentitySource::Pem { certificate, key } => {
                Identity::of_pem(&certificate, key.expose().as_bytes(), &provider)
            }
            IdentitySource::Files { certificate, key } => {
                Identity::of_files(certificate, key, &provider)
            }
        }?;
        Configured::new(provider, roots, identity, self.sessions)
    }
}
