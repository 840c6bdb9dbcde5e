//! Who does the cryptography.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::problem::TlsProblem;

/// The given one, the program's, or one of this crate's features, in this order.
///
/// rustls' own choice is never asked for: it panics where features bring two providers, or none.
pub(super) fn choose(
    given: Option<Arc<CryptoProvider>>,
) -> Result<Arc<CryptoProvider>, TlsProblem> {
    first(given, CryptoProvider::get_default().cloned())
}

pub(super) fn first(
    given: Option<Arc<CryptoProvider>>,
    installed: Option<Arc<CryptoProvider>>,
) -> Result<Arc<CryptoProvider>, TlsProblem> {
    given.or(installed).or_else(built_in).ok_or_else(|| {
        TlsProblem::Configuration(
            "TLS has no provider of cryptography: enable the feature `ring` or `aws-lc-rs` of milena, install one with \
             `CryptoProvider::install_default`, or give one to the builder"
                .to_owned(),
        )
    })
}

#[cfg(feature = "ring")]
fn built_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
fn built_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn built_in() -> Option<Arc<CryptoProvider>> {
    None
}

#[cfg(test)]
mod tests {
    /// Of a program that brings a provider along, and did not.
    #[test]
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    fn none_is_a_problem_of_the_configuration() {
        use super::{TlsProblem, first};

        let problem = first(None, None).unwrap_err();
        assert!(
            matches!(problem, TlsProblem::Configuration(what) if what.contains("install_default"))
        );
    }
}
