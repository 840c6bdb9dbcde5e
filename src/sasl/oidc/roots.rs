//! TLS as it is without further word: the platform's roots, and no client certificate.

use std::sync::Arc;

use rustls::ClientConfig;

use super::failure::Failure;
use crate::tls::Tls;

/// Reads the platform's roots, which blocks.
pub(super) fn platform() -> Result<Arc<ClientConfig>, Failure> {
    let config = Tls::platform_config();
    config
        .map(speaking_http)
        .map_err(|problem| Failure::Setup(problem.to_string()))
}

/// Another protocol than HTTP/1.1 is not understood here.
pub(super) fn speaking_http(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
