//! `ssl.*`: whom to trust, and who this side is.

use super::given::{Given, Properties};
use super::key::TlsPart;
use crate::error::ConfigError;
use crate::tls::{Tls, TlsBuilder, TlsProblem};

/// Reads the files, and blocks for as long as that takes.
pub(super) fn tls(properties: &Properties) -> Result<Tls, ConfigError> {
    let roots = roots(properties)?;
    let mut builder = Tls::builder();
    if let Some((given, pem)) = roots {
        builder = match pem {
            Pem::File => builder.roots_file(given.raw()),
            Pem::Text => builder.roots_pem(given.raw()),
        };
        // Alone, so that what is wrong with it is not said of the certificate.
        build(builder.clone(), given)?;
    }
    let Some(identity) = identity(properties)? else {
        let built = builder.build();
        // Without a key of its own: it is the platform that trusts nobody, or there is no cryptography.
        return built.map_err(|problem| ConfigError::new("security.protocol", problem.to_string()));
    };
    builder = match identity.pem {
        Pem::File => {
            builder.client_certificate_files(identity.certificate.raw(), identity.key.raw())
        }
        Pem::Text => builder.client_certificate(identity.certificate.raw(), identity.key.raw()),
    };
    build(builder, identity.certificate)
}

fn build(builder: TlsBuilder, given: &Given) -> Result<Tls, ConfigError> {
    builder.build().map_err(|problem| match problem {
        // The words name the file, if it is one.
        TlsProblem::Configuration(what) => ConfigError::new(given.name(), what),
        problem => ConfigError::new(given.name(), problem.to_string()),
    })
}

/// How certificates and keys are given.
#[derive(Clone, Copy, Debug)]
enum Pem {
    File,
    Text,
}

fn roots(properties: &Properties) -> Result<Option<(&Given, Pem)>, ConfigError> {
    let location = properties.tls(TlsPart::TruststoreLocation);
    let text = properties.tls(TlsPart::TruststoreText);
    let ca = properties.tls(TlsPart::CaLocation);
    check_store(
        location,
        text,
        properties.tls(TlsPart::TruststoreType),
        properties.tls(TlsPart::TruststorePassword),
        "ssl.truststore.type",
    )?;
    let given = only_one([location, text, ca])?;
    Ok(given.and_then(|given| match given.key.name {
        // librdkafka's word for the places where the platform has them.
        "ssl.ca.location" if given.value() == "probe" => None,
        "ssl.ca.location" | "ssl.truststore.location" => Some((given, Pem::File)),
        _ => Some((given, Pem::Text)),
    }))
}

struct Identity<'a> {
    certificate: &'a Given,
    key: &'a Given,
    pem: Pem,
}

fn identity(properties: &Properties) -> Result<Option<Identity<'_>>, ConfigError> {
    let store = properties.tls(TlsPart::KeystoreLocation);
    let certificate_text = properties.tls(TlsPart::CertificateText);
    let key_text = properties.tls(TlsPart::KeyText);
    if let Some(password) = properties.tls(TlsPart::KeyPassword) {
        return Err(ConfigError::new(
            password.name(),
            "keys that are encrypted cannot be read: `openssl pkcs8` decrypts one",
        ));
    }
    check_store(
        store,
        certificate_text,
        properties.tls(TlsPart::KeystoreType),
        properties.tls(TlsPart::KeystorePassword),
        "ssl.keystore.type",
    )?;
    let certificate = properties.tls(TlsPart::CertificateLocation);
    let key = properties.tls(TlsPart::KeyLocation);
    only_one([store, certificate, certificate_text])?;
    only_one([store, key, key_text])?;
    if let Some(store) = store {
        return Ok(Some(Identity {
            certificate: store,
            key: store,
            pem: Pem::File,
        }));
    }
    let files = both(
        (certificate, "ssl.certificate.location"),
        (key, "ssl.key.location"),
    )?;
    let texts = both(
        (certificate_text, "ssl.keystore.certificate.chain"),
        (key_text, "ssl.keystore.key"),
    )?;
    Ok(match (files, texts) {
        (Some((certificate, key)), _) => Some(Identity {
            certificate,
            key,
            pem: Pem::File,
        }),
        (None, Some((certificate, key))) => Some(Identity {
            certificate,
            key,
            pem: Pem::Text,
        }),
        (None, None) => None,
    })
}

/// Java's stores are of a type, and that is JKS unless it is said; PEM alone can be read here, and that has no password.
fn check_store(
    location: Option<&Given>,
    text: Option<&Given>,
    store_type: Option<&Given>,
    password: Option<&Given>,
    type_name: &str,
) -> Result<(), ConfigError> {
    const CONVERT: &str = "PEM alone can be read here: `keytool -importkeystore` and `openssl pkcs12` convert other stores";
    match store_type {
        Some(given) if !given.value().eq_ignore_ascii_case("PEM") => {
            return Err(given.error(CONVERT));
        }
        None if location.is_some() => {
            return Err(ConfigError::new(
                type_name,
                format!("it is missing, and without it a store is JKS; {CONVERT}"),
            ));
        }
        Some(given) if location.is_none() && text.is_none() => {
            return Err(ConfigError::new(
                given.name(),
                "there is no store that it could be the type of",
            ));
        }
        _ => {}
    }
    match password {
        Some(given) => Err(ConfigError::new(
            given.name(),
            "stores of type PEM have no password: leave it out",
        )),
        None => Ok(()),
    }
}

/// The one that is given; that there are several is an error that names two.
fn only_one<const N: usize>(given: [Option<&Given>; N]) -> Result<Option<&Given>, ConfigError> {
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(one), Some(other)) => Err(ConfigError::new(
            other.name(),
            format!("not together with {}: one of the two is needed", one.name()),
        )),
        (one, _) => Ok(one),
    }
}

fn both<'a>(
    (one, one_name): (Option<&'a Given>, &str),
    (other, other_name): (Option<&'a Given>, &str),
) -> Result<Option<(&'a Given, &'a Given)>, ConfigError> {
    let alone = |given: &Given, missing: &str| {
        ConfigError::new(given.name(), format!("{missing} is needed beside it"))
    };
    match (one, other) {
        (Some(one), Some(other)) => Ok(Some((one, other))),
        (None, None) => Ok(None),
        (Some(one), None) => Err(alone(one, other_name)),
        (None, Some(other)) => Err(alone(other, one_name)),
    }
}
