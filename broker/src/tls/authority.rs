//! The authority that signs the cluster's certificates, and ends with it.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::settings::Tls;

/// The names by which clients of this machine reach a cluster. On Linux every address of 127.0.0.0/8 is this machine's.
const LOCAL: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.3",
    "127.0.0.4",
    "::1",
];

/// A certificate for a client, signed by the cluster's authority, with its key.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientCertificate {
    /// The certificate, in PEM.
    pub certificate: String,
    /// Its private key, in PEM (PKCS #8).
    pub key: String,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Signs certificates.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    pub(super) fn new() -> io::Result<Self> {
        let mut params = parameters(Vec::new(), "milena-broker test CA")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The authority's own certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for the listeners, which are reached by these names and addresses.
    pub(super) fn server(
        &self,
        tls: &Tls,
        hosts: impl Iterator<Item = String>,
    ) -> io::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
        let names = tls.host_names.clone().unwrap_or_else(|| {
            let names: BTreeSet<_> = LOCAL.map(str::to_owned).into_iter().chain(hosts).collect();
            names.into_iter().collect()
        });
        let mut params = parameters(names, "milena-broker")?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if tls.expired {
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = self.sign(params, &key)?;
        Ok((
            certificate.der().clone(),
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        ))
    }

    /// A certificate for a client.
    pub(crate) fn client(&self, common_name: &str) -> io::Result<ClientCertificate> {
        let mut params = parameters(Vec::new(), common_name)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        Ok(ClientCertificate {
            certificate: self.sign(params, &key)?.pem(),
            key: key.serialize_pem(),
        })
    }

    fn sign(&self, mut params: CertificateParams, key: &KeyPair) -> io::Result<rcgen::Certificate> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // Strict verifiers, such as Python's from 3.13 on, ask for it.
        params.use_authority_key_identifier_extension = true;
        params
            .signed_by(key, &self.issuer)
            .map_err(io::Error::other)
    }
}

/// For these host names and IP addresses.
fn parameters(names: Vec<String>, common_name: &str) -> io::Result<CertificateParams> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let mut params = CertificateParams::new(names).map_err(invalid)?;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    Ok(params)
}
