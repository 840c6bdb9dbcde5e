//! What is read and checked when a `Tls` is made.

use std::process::Command;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CipherSuite, ClientConfig, RootCertStore};

use super::authority::{Authority, Directory};
use super::server::{BOTH, demanding, meet, server};
use crate::tls::{Tls, TlsProblem, provider};

/// The words of the problem that it must be.
fn complaint(made: Result<Tls, TlsProblem>) -> String {
    match made {
        Err(TlsProblem::Configuration(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn authorities_that_cannot_be_used() {
    let directory = Directory::new();
    let pem = Authority::new("ca").pem().to_owned();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, why) in [
        ("", "no certificate"),
        ("some words", "no certificate"),
        (&pem[..pem.len() / 2], "no valid PEM"),
        (garbage, "none of the certificates"),
    ] {
        let what = complaint(Tls::from_pem(text));
        assert!(what.contains(why), "{what}");
        let what = complaint(Tls::from_pem_file(directory.write("ca.pem", text)));
        assert!(what.contains(why) && what.contains("ca.pem"), "{what}");
    }
    // One that is odd among others is passed over.
    assert!(Tls::from_pem(garbage.to_owned() + &pem).is_ok());
    let what = complaint(Tls::from_pem_file("/no/such/ca.pem"));
    assert!(what.contains("/no/such/ca.pem"), "{what}");
}

#[test]
fn keys_that_cannot_be_used() {
    let authority = Authority::new("ca");
    let (client, other) = (authority.issue("client"), authority.issue("other"));
    let encrypted = include_str!("keys/encrypted.key");
    let made = |certificate: String, key: &str| {
        let builder = Tls::builder().roots_pem(authority.pem());
        complaint(builder.client_certificate(certificate, key).build())
    };
    for (certificate, key, why) in [
        (client.pem(), &*other.key_pem(), "does not belong"),
        (client.pem(), "", "no private key"),
        (client.pem(), encrypted, "encrypted"),
        (client.pem(), &client.key_pem()[..80], "no valid PEM"),
        (String::new(), &client.key_pem(), "the client certificate"),
    ] {
        let what = made(certificate, key);
        assert!(what.contains(why), "{what}");
    }
    let directory = Directory::new();
    let path = directory.write("client.pem", client.pem());
    let builder = Tls::builder().roots_pem(authority.pem());
    let what = complaint(
        builder
            .client_certificate_files(path, "/no/such.key")
            .build(),
    );
    assert!(what.contains("/no/such.key"), "{what}");
}

/// 33: keys as OpenSSL writes them in its older forms.
#[test]
fn keys_of_every_form() {
    let authority = Authority::new("ca");
    for (certificate, key) in [
        (
            include_str!("keys/rsa.pem"),
            include_str!("keys/rsa-pkcs1.key"),
        ),
        (
            include_str!("keys/ec.pem"),
            include_str!("keys/ec-sec1.key"),
        ),
    ] {
        let builder = Tls::builder().roots_pem(authority.pem());
        builder
            .client_certificate(certificate, key)
            .build()
            .unwrap();
    }
}

/// 32: neither the key nor what tells of it is shown.
#[test]
fn debug_shows_no_key() {
    let authority = Authority::new("ca");
    let client = authority.issue("client");
    let builder = Tls::builder()
        .roots_pem("")
        // One text may have both.
        .client_certificate(client.key_pem(), client.key_pem());
    let secret = client.key_pem();
    let line = secret.lines().nth(1).unwrap();
    let debug = format!("{builder:?}");
    let bytes = format!("{:?}", line.as_bytes());
    assert!(!debug.contains(line) && !debug.contains(bytes.trim_matches(['[', ']'])));
    let tls = builder
        .roots_pem(authority.pem())
        .client_certificate(client.pem(), client.key_pem())
        .build()
        .unwrap()
        .server_name("broker")
        .unwrap();
    assert_eq!(
        format!("{tls:?}"),
        r#"Tls { server_name: "broker", client_certificate: true, .. }"#
    );
}

/// 33: a ready configuration is taken whole.
#[tokio::test]
async fn a_ready_configuration_is_taken_whole() {
    let (brokers, clients) = (Authority::new("brokers"), Authority::new("clients"));
    let client = clients.issue("client");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(brokers.pem().as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider::choose(None).unwrap())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots);
    let without = Tls::from_config(Arc::new(config.clone().with_no_client_auth()));
    let with = config.with_client_auth_cert(client.chain(), client.key());
    let with = Tls::from_config(Arc::new(with.unwrap()));
    let server = demanding(&brokers.issue("localhost"), BOTH, &clients);
    let session = meet(&with, "localhost", &server).await.unwrap();
    assert_eq!(session.version(), "TLSv1.2");
    let met = meet(&with, "127.0.0.1", &server).await;
    assert_eq!(met, Err(TlsProblem::WrongHost));
    let named = with.server_name("localhost").unwrap();
    assert!(meet(&named, "127.0.0.1", &server).await.is_ok());
    assert!(meet(&without, "localhost", &server).await.is_err());
}

/// A provider that is told from the others by its one cipher suite.
fn only(suite: CipherSuite) -> CryptoProvider {
    let mut provider = CryptoProvider::clone(&provider::choose(None).unwrap());
    provider
        .cipher_suites
        .retain(|known| known.suite() == suite);
    assert_eq!(provider.cipher_suites.len(), 1);
    provider
}

/// None of which panics where features bring two.
#[test]
fn the_provider_is_the_given_the_installed_or_a_features() {
    let given = Arc::new(only(CipherSuite::TLS13_AES_128_GCM_SHA256));
    let installed = Arc::new(only(CipherSuite::TLS13_AES_256_GCM_SHA384));
    let chosen = provider::first(Some(given.clone()), Some(installed.clone())).unwrap();
    assert!(Arc::ptr_eq(&chosen, &given));
    let chosen = provider::first(None, Some(installed.clone())).unwrap();
    assert!(Arc::ptr_eq(&chosen, &installed));
    let chosen = provider::first(None, None).unwrap();
    assert!(chosen.cipher_suites.len() > 1);
}

#[tokio::test]
async fn the_given_provider_is_used() {
    let authority = Authority::new("ca");
    let server = server(&authority.issue("localhost"));
    let tls = Tls::builder()
        .roots_pem(authority.pem())
        .provider(Arc::new(only(CipherSuite::TLS13_AES_128_GCM_SHA256)))
        .build()
        .unwrap();
    let session = meet(&tls, "localhost", &server).await.unwrap();
    assert_eq!(session.cipher_suite(), "TLS13_AES_128_GCM_SHA256");
}

/// Nothing in common: the client has suites of TLS 1.3 only, the server is of TLS 1.2.
#[tokio::test]
async fn nothing_in_common() {
    let authority = Authority::new("ca");
    let server = super::server::config(&authority.issue("localhost"), super::server::TLS12, None);
    let tls = Tls::builder()
        .roots_pem(authority.pem())
        .provider(Arc::new(only(CipherSuite::TLS13_AES_128_GCM_SHA256)))
        .build()
        .unwrap();
    let met = meet(&tls, "localhost", &server).await;
    assert_eq!(met, Err(TlsProblem::Incompatible));
}

#[test]
fn a_provider_of_nothing_is_a_problem_of_the_configuration() {
    let mut provider = CryptoProvider::clone(&provider::choose(None).unwrap());
    provider.cipher_suites.clear();
    let builder = Tls::builder().roots_pem(Authority::new("ca").pem());
    let what = complaint(builder.provider(Arc::new(provider)).build());
    assert!(what.contains("provider"), "{what}");
}

/// 33: what the platform trusts, with the provider that the program installed. Both are the process's, so it gets one for itself.
#[tokio::test]
async fn the_platforms_certificates_and_the_programs_provider() {
    const ITSELF: &str =
        "tls::tests::configuration::the_platforms_certificates_and_the_programs_provider";
    const ROOTS: &str = "SSL_CERT_FILE";
    const IN_ITS_OWN_PROCESS: &str = "MILENA_TLS_TEST";

    if std::env::var_os(IN_ITS_OWN_PROCESS).is_none() {
        let directory = Directory::new();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", ITSELF, "--nocapture"])
            .env(IN_ITS_OWN_PROCESS, "1")
            .env(ROOTS, directory.write("ca.pem", ""))
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}");
        assert!(told.contains("1 passed"), "{told}");
        return;
    }
    let roots = std::env::var_os(ROOTS).unwrap();
    let what = complaint(Tls::new());
    assert!(what.contains("the platform has no"), "{what}");

    let authority = Authority::new("ca");
    std::fs::write(roots, authority.pem()).unwrap();
    let server = server(&authority.issue("localhost"));
    only(CipherSuite::TLS13_CHACHA20_POLY1305_SHA256)
        .install_default()
        .unwrap();
    let tls = Tls::new().unwrap();
    let session = meet(&tls, "localhost", &server).await.unwrap();
    assert_eq!(session.cipher_suite(), "TLS13_CHACHA20_POLY1305_SHA256");
}
