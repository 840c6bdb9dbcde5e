//! TLS as it is without further word: the platform's roots, and no client certificate.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use super::failure::Failure;

/// Reads the platform's roots, which blocks.
pub(super) fn platform() -> Result<Arc<ClientConfig>, Failure> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = match found.errors.first() {
            Some(error) => format!("this machine has no trusted roots: {error}"),
            None => "this machine has no trusted roots".to_owned(),
        };
        return Err(Failure::Setup(why));
    }
    let config = ClientConfig::builder_with_provider(cryptography()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Setup(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(speaking_http(config))
}

/// Another protocol than HTTP/1.1 is not understood here.
pub(super) fn speaking_http(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

#[cfg(feature = "ring")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without the feature there may be none"
)]
fn cryptography() -> Result<Arc<CryptoProvider>, Failure> {
    Ok(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without the feature there may be none"
)]
fn cryptography() -> Result<Arc<CryptoProvider>, Failure> {
    Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn cryptography() -> Result<Arc<CryptoProvider>, Failure> {
    let why = "no provider of cryptography: enable the feature ring or aws-lc-rs, or install one";
    let installed = CryptoProvider::get_default().cloned();
    installed.ok_or_else(|| Failure::Setup(why.to_owned()))
}
