//! rustls' configuration, from what it is made of.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;

use super::identity::Identity;
use super::problem::TlsProblem;
use super::roots::Roots;

/// What rustls' store takes for one server: it divides the number that it is given by this.
const TICKETS_OF_A_BROKER: usize = 8;

/// A configuration, and what it is made of.
pub(super) struct Configured {
    provider: Arc<CryptoProvider>,
    roots: Roots,
    identity: Identity,
    brokers: usize,
    config: Arc<ClientConfig>,
}

impl Configured {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        roots: Roots,
        identity: Identity,
        brokers: usize,
    ) -> Result<Self, TlsProblem> {
        let config = assemble(&provider, &roots, &identity, brokers)?;
        Ok(Self {
            provider,
            roots,
            identity,
            brokers,
            config,
        })
    }

    /// The configuration as it is. The same one serves many connections: it is what remembers their sessions.
    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The files that it is made from.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let roots = self.roots.file().map(super::file::WatchedFile::path);
        roots.into_iter().chain(self.identity.files())
    }

    /// Looks at the files. Reads them, and so blocks, when they have changed. Gives what of them cannot be used: there what they held
    /// before stays in use.
    pub(super) fn refresh(&mut self) -> Vec<TlsProblem> {
        let mut problems = Vec::new();
        let mut keep_on_problem = |refreshed: Result<bool, TlsProblem>| {
            refreshed.unwrap_or_else(|problem| {
                problems.push(problem);
                false
            })
        };
        let roots = keep_on_problem(self.roots.refresh());
        // The two are apart: authorities that cannot be read must not keep an identity that has run out.
        let identity = keep_on_problem(self.identity.refresh(&self.provider));
        if roots || identity {
            // Its memory is empty: what was agreed under another trust is not resumed.
            match assemble(&self.provider, &self.roots, &self.identity, self.brokers) {
                Ok(config) => {
                    tracing::info!(roots, identity, "TLS files have changed and were read");
                    self.config = config;
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }
}

fn assemble(
    provider: &Arc<CryptoProvider>,
    roots: &Roots,
    identity: &Identity,
    brokers: usize,
) -> Result<Arc<ClientConfig>, TlsProblem> {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            TlsProblem::Configuration(format!("the provider of cryptography: {error}"))
        })?
        .with_root_certificates(roots.store())
        .with_client_cert_resolver(identity.resolver());
    config.resumption = match brokers {
        0 => Resumption::disabled(),
        _ => Resumption::in_memory_sessions(brokers.saturating_mul(TICKETS_OF_A_BROKER)),
    };
    Ok(Arc::new(config))
}
