//! Who this side is: statement 33.

use rcgen::date_time_ymd;
use rustls::{AlertDescription, Error};

use super::authority::Authority;
use super::server::{BOTH, TLS12, TLS13, demanding, meet};
use crate::tls::classify::{Circumstances, problem};
use crate::tls::{Tls, TlsProblem};

/// 33: a client certificate and its key, from memory.
#[tokio::test]
async fn a_client_certificate_is_shown() {
    let (brokers, clients) = (Authority::new("brokers"), Authority::new("clients"));
    let client = clients.issue("client");
    let tls = Tls::builder()
        .roots_pem(brokers.pem())
        .client_certificate(client.pem(), client.key_pem())
        .build()
        .unwrap();
    for versions in [TLS12, TLS13, BOTH] {
        let server = demanding(&brokers.issue("localhost"), versions, &clients);
        assert!(meet(&tls, "localhost", &server).await.is_ok());
    }
}

/// In TLS 1.3 it comes with the first read.
#[tokio::test]
async fn a_client_certificate_is_required() {
    let (brokers, clients) = (Authority::new("brokers"), Authority::new("clients"));
    let tls = Tls::from_pem(brokers.pem()).unwrap();
    for versions in [TLS12, TLS13] {
        let server = demanding(&brokers.issue("localhost"), versions, &clients);
        let met = meet(&tls, "localhost", &server).await;
        assert_eq!(met, Err(TlsProblem::CertificateRequired));
    }
}

#[tokio::test]
async fn a_client_certificate_is_refused() {
    let (brokers, clients) = (Authority::new("brokers"), Authority::new("clients"));
    for client in [
        Authority::new("others").issue("client"),
        Authority::new("clients").issue("client"),
        clients.issue_with("client", |params| {
            params.not_after = date_time_ymd(2001, 1, 1);
        }),
    ] {
        let tls = Tls::builder()
            .roots_pem(brokers.pem())
            .client_certificate(client.pem(), client.key_pem())
            .build()
            .unwrap();
        for versions in [TLS12, TLS13] {
            let server = demanding(&brokers.issue("localhost"), versions, &clients);
            let met = meet(&tls, "localhost", &server).await;
            let Err(problem) = met else {
                panic!("accepted")
            };
            assert_eq!(problem, TlsProblem::CertificateRefused);
        }
    }
}

/// The words of Java's and OpenSSL's servers, which cannot be had here.
#[test]
fn alerts_of_other_servers() {
    use AlertDescription as Alert;
    use TlsProblem::{CertificateRefused, CertificateRequired, Incompatible};
    let told = |alert, certified, asked| {
        problem(
            &Error::AlertReceived(alert),
            Circumstances {
                handshaking: true,
                certified,
                asked,
            },
        )
    };
    for (alert, certified, asked, expected) in [
        (Alert::BadCertificate, false, true, CertificateRequired),
        (Alert::BadCertificate, true, true, CertificateRefused),
        (Alert::HandshakeFailure, false, true, CertificateRequired),
        (Alert::HandshakeFailure, true, true, CertificateRefused),
        (Alert::HandshakeFailure, false, false, Incompatible),
        (Alert::HandshakeFailure, true, false, Incompatible),
        (Alert::CertificateRequired, true, true, CertificateRefused),
        (Alert::CertificateUnknown, true, true, CertificateRefused),
        (Alert::ProtocolVersion, false, false, Incompatible),
        (Alert::InsufficientSecurity, false, false, Incompatible),
    ] {
        assert_eq!(told(alert, certified, asked), expected, "{alert:?}");
    }
    let other = told(Alert::InternalError, false, false);
    assert!(matches!(other, TlsProblem::Other(what) if what.contains("InternalError")));
}
