//! Certificates and keys.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, KeyPair};

use super::*;

const SSL: (&str, &str) = ("security.protocol", "SSL");
const PEM: (&str, &str) = ("ssl.truststore.type", "PEM");
const PEM_KEYS: (&str, &str) = ("ssl.keystore.type", "pem");

/// A certificate that is its own authority, its key, and files with them that go with it.
struct Pems {
    certificate: String,
    key: String,
    folder: PathBuf,
}

impl Pems {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("milena-properties-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let pems = Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
            folder,
        };
        pems.file("certificate.pem", &pems.certificate);
        pems.file("key.pem", &pems.key);
        pems.file("both.pem", &format!("{}{}", pems.key, pems.certificate));
        pems
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Pems {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn trust_and_identity_in_every_way() {
    let pems = Pems::new();
    let (ca, key, both) = (
        pems.path("certificate.pem"),
        pems.path("key.pem"),
        pems.path("both.pem"),
    );
    let roots: [&[(&str, &str)]; 4] = [
        &[PEM, ("ssl.truststore.location", &ca)],
        &[PEM, ("ssl.truststore.certificates", &pems.certificate)],
        &[("ssl.ca.location", &ca)],
        &[("ssl.ca.pem", &pems.certificate)],
    ];
    let identities: [&[(&str, &str)]; 5] = [
        &[],
        &[PEM_KEYS, ("ssl.keystore.location", &both)],
        &[
            PEM_KEYS,
            ("ssl.keystore.certificate.chain", &pems.certificate),
            ("ssl.keystore.key", &pems.key),
        ],
        &[
            ("ssl.certificate.location", &ca),
            ("ssl.key.location", &key),
        ],
        &[
            ("ssl.certificate.pem", &pems.certificate),
            ("ssl.key.pem", &pems.key),
        ],
    ];
    for roots in roots {
        for identity in identities {
            let settings = settings(&[&[SSL], roots, identity].concat());
            let connection = &settings.connection.settings;
            assert!(connection.tls.is_some() && connection.sasl.is_none());
            assert!(!connection.allow_plaintext_credentials);
            let text = format!("{settings:?}");
            assert!(
                !text.contains("PRIVATE") && !text.contains("BEGIN"),
                "{text}"
            );
            let certified = format!("client_certificate: {}", !identity.is_empty());
            assert!(text.contains(&certified), "{identity:?}: {text}");
        }
    }
}

#[test]
fn with_sasl_nothing_is_allowed_to_be_sent_in_plain_text() {
    let pems = Pems::new();
    let settings = settings(&[
        ("security.protocol", "sasl_ssl"),
        ("ssl.ca.pem", &pems.certificate),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "alice"),
        ("sasl.password", "hunter2"),
    ]);
    let connection = &settings.connection.settings;
    assert!(connection.tls.is_some() && connection.sasl.is_some());
    assert!(!connection.allow_plaintext_credentials);
}

#[test]
fn mistakes() {
    let pems = Pems::new();
    pems.file("junk.pem", "hunter2");
    let (ca, key) = (pems.path("certificate.pem"), pems.path("key.pem"));
    let (junk, missing) = (pems.path("junk.pem"), pems.path("missing.pem"));
    let chain = ("ssl.keystore.certificate.chain", &*pems.certificate);
    let other = Pems::new();
    assert_mistakes(&[
        (
            &[SSL, ("ssl.truststore.location", &ca)],
            "ssl.truststore.type",
            &["missing", "JKS", "PEM"],
        ),
        (
            &[SSL, ("ssl.keystore.location", &ca)],
            "ssl.keystore.type",
            &["missing", "JKS", "PEM"],
        ),
        (
            &[
                SSL,
                ("ssl.truststore.type", "JKS"),
                ("ssl.truststore.location", &ca),
            ],
            "ssl.truststore.type",
            &["\"JKS\"", "PEM alone", "keytool"],
        ),
        (
            &[SSL, ("ssl.keystore.type", "PKCS12")],
            "ssl.keystore.type",
            &["\"PKCS12\"", "PEM alone"],
        ),
        (&[SSL, PEM], "ssl.truststore.type", &["no store"]),
        (&[SSL, PEM_KEYS], "ssl.keystore.type", &["no store"]),
        (
            &[
                SSL,
                PEM,
                ("ssl.truststore.location", &ca),
                ("ssl.truststore.password", "hunter2"),
            ],
            "ssl.truststore.password",
            &["have no password"],
        ),
        (
            &[SSL, ("ssl.keystore.password", "hunter2")],
            "ssl.keystore.password",
            &["have no password"],
        ),
        (
            &[SSL, ("ssl.key.password", "hunter2")],
            "ssl.key.password",
            &["openssl pkcs8"],
        ),
        (
            &[
                SSL,
                PEM,
                ("ssl.truststore.location", &ca),
                ("ssl.ca.location", &ca),
            ],
            "ssl.ca.location",
            &["not together with ssl.truststore.location"],
        ),
        (
            &[
                SSL,
                ("ssl.ca.pem", &pems.certificate),
                ("ssl.ca.location", &ca),
            ],
            "ssl.ca.location",
            &["not together with ssl.ca.pem"],
        ),
        (
            &[SSL, chain],
            "ssl.keystore.certificate.chain",
            &["ssl.keystore.key is needed beside it"],
        ),
        (
            &[SSL, ("ssl.keystore.key", &pems.key)],
            "ssl.keystore.key",
            &["ssl.keystore.certificate.chain is needed beside it"],
        ),
        (
            &[SSL, ("ssl.certificate.location", &ca)],
            "ssl.certificate.location",
            &["ssl.key.location is needed"],
        ),
        (
            &[SSL, ("ssl.key.location", &key)],
            "ssl.key.location",
            &["ssl.certificate.location is needed"],
        ),
        (
            &[
                SSL,
                chain,
                ("ssl.key.location", &key),
                ("ssl.certificate.location", &ca),
            ],
            "ssl.keystore.certificate.chain",
            &["not together with ssl.certificate.location"],
        ),
        (
            &[SSL, ("ssl.ca.location", &missing)],
            "ssl.ca.location",
            &["missing.pem"],
        ),
        (
            &[SSL, ("ssl.ca.location", &junk)],
            "ssl.ca.location",
            &["junk.pem", "PEM"],
        ),
        (&[SSL, ("ssl.ca.pem", "hunter2")], "ssl.ca.pem", &["PEM"]),
        (
            &[
                SSL,
                ("ssl.ca.location", &ca),
                chain,
                ("ssl.keystore.key", "hunter2"),
            ],
            "ssl.keystore.certificate.chain",
            &["key"],
        ),
        (
            &[
                SSL,
                ("ssl.ca.location", &ca),
                chain,
                ("ssl.keystore.key", &other.key),
            ],
            "ssl.keystore.certificate.chain",
            &["does not belong"],
        ),
    ]);
}
