//! Certificates from PEM text.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::problem::TlsProblem;

/// All of the certificates in the text; that there is none is an error.
pub(super) fn certificates(
    pem: &[u8],
    what: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsProblem::Configuration(format!("{what}: no valid PEM: {error}")))?;
    if found.is_empty() {
        return Err(TlsProblem::Configuration(format!(
            "{what}: there is no certificate in it; PEM is expected"
        )));
    }
    Ok(found)
}
