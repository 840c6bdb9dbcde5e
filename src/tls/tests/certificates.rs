//! Who answers: statement 33, and the row "TLS" of the faults.

use std::io;

use rcgen::{CertificateParams, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::authority::Authority;
use super::server::{TLS12, TLS13, config, meet, server};
use crate::tls::{HandshakeFailure, Tls, TlsProblem};

/// 33: the host name that was dialed is verified, as a trailing dot or capitals do not matter.
#[tokio::test]
async fn the_right_name_is_accepted() {
    let authority = Authority::new("ca");
    let server = server(&authority.issue("broker.example.com"));
    let tls = Tls::from_pem(authority.pem()).unwrap();
    for host in [
        "broker.example.com",
        "broker.example.com.",
        "BROKER.example.com",
    ] {
        let session = meet(&tls, host, &server).await.unwrap();
        assert_eq!(session.version(), "TLSv1.3");
        assert!(session.cipher_suite().starts_with("TLS13_"));
    }
}

/// 33: both versions.
#[tokio::test]
async fn tls_1_2_is_spoken() {
    let authority = Authority::new("ca");
    let issued = authority.issue("localhost");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    let session = meet(&tls, "localhost", &config(&issued, TLS12, None))
        .await
        .unwrap();
    assert_eq!(session.version(), "TLSv1.2");
    assert!(session.cipher_suite().starts_with("TLS_ECDHE_"));
    let session = meet(&tls, "localhost", &config(&issued, TLS13, None))
        .await
        .unwrap();
    assert_eq!(session.version(), "TLSv1.3");
}

/// 33: a certificate for another name is refused, and so is a name for an address.
#[tokio::test]
async fn another_name_is_refused() {
    let authority = Authority::new("ca");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    for (certified, dialed) in [
        ("broker-1", "broker-2"),
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "localhost"),
    ] {
        let server = server(&authority.issue(certified));
        let met = meet(&tls, dialed, &server).await;
        assert_eq!(met, Err(TlsProblem::WrongHost), "{certified} {dialed}");
    }
}

/// 33: a dialed address is verified against the addresses of the certificate.
#[tokio::test]
async fn an_address_is_verified() {
    let authority = Authority::new("ca");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    for (certified, dialed) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::1", "[::1]")] {
        let server = server(&authority.issue(certified));
        assert!(meet(&tls, dialed, &server).await.is_ok(), "{dialed}");
    }
}

/// 33: where addresses are rewritten, another name is verified than the one that is dialed.
#[tokio::test]
async fn the_name_to_verify_can_be_given() {
    let authority = Authority::new("ca");
    let server = server(&authority.issue("broker.example.com"));
    let tls = Tls::from_pem(authority.pem()).unwrap();
    let other = tls.clone().server_name("broker.example.com").unwrap();
    assert!(meet(&other, "127.0.0.1", &server).await.is_ok());
    let met = meet(&tls, "127.0.0.1", &server).await;
    assert_eq!(met, Err(TlsProblem::WrongHost));
    assert!(matches!(
        tls.server_name("no name"),
        Err(TlsProblem::Configuration(_))
    ));
}

#[tokio::test]
async fn an_impossible_host_is_told() {
    let tls = Tls::from_pem(Authority::new("ca").pem()).unwrap();
    let failure = tls.connect("no name", duplex(1).0).await.unwrap_err();
    assert!(matches!(
        failure,
        HandshakeFailure::Problem(TlsProblem::Configuration(what)) if what.contains("no name")
    ));
}

#[tokio::test]
async fn out_of_date() {
    let authority = Authority::new("ca");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(3000, 1, 1);
    for issued in [
        authority.issue_with("localhost", expired),
        authority.issue_with("localhost", early),
    ] {
        let met = meet(&tls, "localhost", &server(&issued)).await;
        assert_eq!(met, Err(TlsProblem::Expired));
    }
}

/// An authority of another name, and one of the same name that was made anew.
#[tokio::test]
async fn an_unknown_issuer() {
    let server = server(&Authority::new("ca").issue("localhost"));
    for name in ["ca", "another ca"] {
        let tls = Tls::from_pem(Authority::new(name).pem()).unwrap();
        let met = meet(&tls, "localhost", &server).await;
        assert_eq!(met, Err(TlsProblem::UnknownIssuer), "{name}");
    }
}

/// Answers the hello with these bytes, and stays.
async fn plain(answer: &[u8], mut stream: DuplexStream) -> DuplexStream {
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).await.unwrap();
    stream.write_all(answer).await.unwrap();
    stream
}

#[tokio::test]
async fn plain_text_is_not_tls() {
    let tls = Tls::from_pem(Authority::new("ca").pem()).unwrap();
    let answers: [&[u8]; 4] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        // Kafka: a length, a correlation id, an error code.
        &[0, 0, 0, 10, 0, 0, 0, 1, 0, 35, 0, 0, 0, 0],
        // The same, long enough to have a head of TLS' length for a version.
        &[0, 0, 3, 3, 0x7f, 0xff, 0, 0, 0, 1],
    ];
    for answer in answers {
        let (ours, theirs) = duplex(4 << 10);
        let (met, _stays) = tokio::join!(tls.connect("localhost", ours), plain(answer, theirs));
        let failure = met.unwrap_err();
        assert!(
            matches!(failure, HandshakeFailure::Problem(TlsProblem::NotTls)),
            "{failure:?}"
        );
    }
}

/// So does a broker's plain port.
#[tokio::test]
async fn who_closes_upon_the_hello_does_not_speak_tls() {
    let tls = Tls::from_pem(Authority::new("ca").pem()).unwrap();
    let (ours, theirs) = duplex(4 << 10);
    let (met, ()) = tokio::join!(tls.connect("localhost", ours), async {
        drop(plain(b"", theirs).await);
    });
    let failure = met.unwrap_err();
    assert!(
        matches!(failure, HandshakeFailure::Problem(TlsProblem::HungUp)),
        "{failure:?}"
    );
}

/// A reset may be a broker that is stopped just now.
#[tokio::test]
async fn a_reset_is_the_networks_word() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Closing with unread bytes resets.
        stream.read_exact(&mut [0; 4]).await.unwrap();
    };
    let tls = Tls::from_pem(Authority::new("ca").pem()).unwrap();
    let connect = async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        tls.connect("localhost", stream).await
    };
    let (met, ()) = tokio::join!(connect, serve);
    let HandshakeFailure::Io(error) = met.unwrap_err() else {
        panic!("a reset is no TLS problem");
    };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(error.to_string().contains("TLS port"), "{error}");
}

/// Nothing of TLS is seen where there is none.
#[test]
fn other_errors_are_not_tls() {
    let tls = Tls::from_pem(Authority::new("ca").pem()).unwrap();
    for error in [
        io::Error::from(io::ErrorKind::ConnectionReset),
        io::Error::from_raw_os_error(104),
        io::Error::other("words"),
        io::Error::other(io::Error::other("words")),
    ] {
        assert_eq!(tls.problem_of(&error), None);
    }
    let wrapped = io::Error::other(io::Error::other(rustls::Error::DecryptError));
    assert!(matches!(
        tls.problem_of(&wrapped),
        Some(TlsProblem::Other(_))
    ));
}
