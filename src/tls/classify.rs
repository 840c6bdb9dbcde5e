//! From the TLS library's words to the cause.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::problem::TlsProblem;

/// What is known beside the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Whether the handshake is still under way.
    pub(super) handshaking: bool,
    /// Whether this side has a certificate.
    pub(super) certified: bool,
    /// Whether the broker is known to have asked for one.
    pub(super) asked: bool,
}

/// The TLS library's error inside of an I/O error.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    let mut inner: &(dyn StdError + 'static) = error.get_ref()?;
    loop {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        inner = match inner.downcast_ref::<io::Error>() {
            // Its source would skip what it wraps.
            Some(error) => error.get_ref()?,
            None => inner.source()?,
        };
    }
}

pub(super) fn problem(error: &Error, at: Circumstances) -> TlsProblem {
    match error {
        Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsProblem::WrongHost
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsProblem::Expired,
            // The second: an authority of that name is trusted, but it has another key. So it is after the authority was made anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                TlsProblem::UnknownIssuer
            }
            _ => TlsProblem::Other(error.to_string()),
        },
        // What a record's head cannot be. Later, it is a record that was spoilt.
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) if at.handshaking => TlsProblem::NotTls,
        Error::PeerIncompatible(_) => TlsProblem::Incompatible,
        Error::AlertReceived(alert) => {
            alerted(*alert, at).unwrap_or_else(|| TlsProblem::Other(error.to_string()))
        }
        _ => TlsProblem::Other(error.to_string()),
    }
}

fn alerted(alert: AlertDescription, at: Circumstances) -> Option<TlsProblem> {
    let about_the_certificate = if at.certified {
        TlsProblem::CertificateRefused
    } else {
        TlsProblem::CertificateRequired
    };
    // When the broker asks for a certificate, the cipher suite is already agreed on.
    let agreed = at.asked || !at.handshaking;
    match alert {
        // Java's word for a missing certificate is BadCertificate. One that was given and is required nonetheless was of no kind that
        // the broker takes, and so not sent.
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::NoCertificate => Some(about_the_certificate),
        // OpenSSL's word for a missing certificate, in TLS 1.2.
        AlertDescription::HandshakeFailure if agreed => Some(about_the_certificate),
        // What did not fit was a signature: the certificate's, or the key's.
        AlertDescription::DecryptError if agreed && at.certified => {
            Some(TlsProblem::CertificateRefused)
        }
        // Java's word for a certificate that is not trusted is CertificateUnknown.
        AlertDescription::UnknownCA
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::AccessDenied => Some(TlsProblem::CertificateRefused),
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => Some(TlsProblem::Incompatible),
        _ => None,
    }
}
