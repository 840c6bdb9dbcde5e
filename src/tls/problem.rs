//! What goes wrong in a TLS handshake, by its cause.

use std::fmt;

/// Why a TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The broker's certificate is for other names.
    WrongHost,
    /// The broker's certificate has expired, or is not valid yet.
    Expired,
    /// The broker's certificate comes from no authority that is trusted here.
    UnknownIssuer,
    /// What answers does not speak TLS.
    NotTls,
    /// The peer closed the connection during the handshake. A broker's plain port does so, and a broker that is just stopping.
    HungUp,
    /// The broker wants a client certificate, and none was given.
    CertificateRequired,
    /// The broker does not accept the client certificate.
    CertificateRefused,
    /// No version or cipher suite in common.
    Incompatible,
    /// A certificate or key on this side cannot be used; says which and why.
    Configuration(String),
    /// Another; the words are the TLS library's.
    Other(String),
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongHost => "the broker's certificate is not for this host name",
            Self::Expired => "the broker's certificate has expired or is not valid yet",
            Self::UnknownIssuer => "the broker's certificate is signed by nobody who is trusted here: is the right CA given?",
            Self::NotTls => "what answers does not speak TLS: is this the broker's TLS port?",
            Self::HungUp => "the peer closed the connection during the handshake: is this the broker's TLS port?",
            Self::CertificateRequired => "the broker wants a client certificate",
            Self::CertificateRefused => "the broker does not accept the client certificate",
            Self::Incompatible => "no version or cipher suite of TLS in common",
            Self::Configuration(what) | Self::Other(what) => what,
        })
    }
}

impl std::error::Error for TlsProblem {}
