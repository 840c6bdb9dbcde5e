//! The keys of TLS and SASL.

use super::key::{Dialect, Key, Meaning, Part, SaslPart, TlsPart};

const fn tls(dialect: Dialect, name: &'static str, part: TlsPart) -> Key {
    Key::new(dialect, name, Meaning::Part(Part::Tls(part)))
}

const fn sasl(dialect: Dialect, name: &'static str, part: SaslPart) -> Key {
    Key::new(dialect, name, Meaning::Part(Part::Sasl(part)))
}

const JAVA_CLASSES: &str = "it names Java classes, which this client cannot load";
const PROVIDER: &str = "what cryptography there is comes from rustls' provider; the builder takes another by TlsBuilder::provider and Tls::from_config";
const OPENSSL: &str = "it is about OpenSSL, and this client has rustls";
const OTHER_GRANTS: &str =
    "tokens are fetched by client credentials; the builder takes any other way by OauthBearer::new";
const FOR_BROKERS: &str = "tokens are judged by the broker, and not by this client";
const LOGIN_REFRESH: &str = "a token is asked for anew when 80 % of its life are over";
const KERBEROS_TICKETS: &str = "tickets come from the ticket cache or the client keytab of the system's Kerberos library (KRB5_CLIENT_KTNAME), which renews them";
const HTTPS_CA: &str = "the token endpoint is trusted by the platform's authorities; the builder takes others by OidcClientCredentials::rustls_config";

pub(super) static SECURITY: &[Key] = &[
    Key::new(
        Dialect::Both,
        "security.protocol",
        Meaning::Part(Part::Protocol),
    ),
    tls(
        Dialect::Java,
        "ssl.truststore.type",
        TlsPart::TruststoreType,
    ),
    tls(
        Dialect::Java,
        "ssl.truststore.location",
        TlsPart::TruststoreLocation,
    ),
    tls(
        Dialect::Java,
        "ssl.truststore.password",
        TlsPart::TruststorePassword,
    ),
    tls(
        Dialect::Java,
        "ssl.truststore.certificates",
        TlsPart::TruststoreText,
    ),
    tls(Dialect::Librdkafka, "ssl.ca.location", TlsPart::CaLocation),
    tls(Dialect::Librdkafka, "ssl.ca.pem", TlsPart::TruststoreText),
    tls(Dialect::Java, "ssl.keystore.type", TlsPart::KeystoreType),
    tls(
        Dialect::Both,
        "ssl.keystore.location",
        TlsPart::KeystoreLocation,
    ),
    tls(
        Dialect::Both,
        "ssl.keystore.password",
        TlsPart::KeystorePassword,
    ),
    tls(
        Dialect::Java,
        "ssl.keystore.certificate.chain",
        TlsPart::CertificateText,
    ),
    tls(Dialect::Java, "ssl.keystore.key", TlsPart::KeyText),
    tls(Dialect::Both, "ssl.key.password", TlsPart::KeyPassword),
    tls(
        Dialect::Librdkafka,
        "ssl.certificate.location",
        TlsPart::CertificateLocation,
    ),
    tls(
        Dialect::Librdkafka,
        "ssl.certificate.pem",
        TlsPart::CertificateText,
    ),
    tls(
        Dialect::Librdkafka,
        "ssl.key.location",
        TlsPart::KeyLocation,
    ),
    tls(Dialect::Librdkafka, "ssl.key.pem", TlsPart::KeyText),
    Key::always(
        Dialect::Both,
        "ssl.endpoint.identification.algorithm",
        &["https"],
        "the broker's certificate must be for the name that is dialed, or for that of Tls::server_name",
    ),
    Key::always(
        Dialect::Librdkafka,
        "enable.ssl.certificate.verification",
        &["true"],
        "the broker's certificate must come from an authority that is trusted",
    ),
    Key::always(
        Dialect::Java,
        "ssl.protocol",
        &["TLSv1.3", "TLS"],
        "TLS 1.3 is agreed on where both sides have it, else 1.2",
    ),
    Key::always(
        Dialect::Java,
        "ssl.enabled.protocols",
        &["TLSv1.2,TLSv1.3", "TLSv1.3,TLSv1.2"],
        "TLS 1.3 is agreed on where both sides have it, else 1.2",
    ),
    Key::none(Dialect::Both, "ssl.cipher.suites", PROVIDER),
    Key::none(Dialect::Java, "ssl.engine.factory.class", JAVA_CLASSES),
    Key::none(Dialect::Java, "ssl.keymanager.algorithm", JAVA_CLASSES),
    Key::none(Dialect::Java, "ssl.trustmanager.algorithm", JAVA_CLASSES),
    Key::none(Dialect::Java, "ssl.provider", JAVA_CLASSES),
    Key::none(
        Dialect::Java,
        "ssl.secure.random.implementation",
        JAVA_CLASSES,
    ),
    Key::none(Dialect::Java, "security.providers", JAVA_CLASSES),
    Key::none(Dialect::Librdkafka, "ssl.curves.list", PROVIDER),
    Key::none(Dialect::Librdkafka, "ssl.sigalgs.list", PROVIDER),
    Key::none(
        Dialect::Librdkafka,
        "ssl.ca.certificate.stores",
        "without ssl.ca.location those are trusted whom the platform trusts",
    ),
    Key::none(
        Dialect::Librdkafka,
        "ssl.crl.location",
        "revocation lists are not looked at; the builder takes a verifier that does by Tls::from_config",
    ),
    Key::none(Dialect::Librdkafka, "ssl.providers", OPENSSL),
    Key::none(Dialect::Librdkafka, "ssl.engine.location", OPENSSL),
    Key::none(Dialect::Librdkafka, "ssl.engine.id", OPENSSL),
    Key::none(Dialect::Librdkafka, "ssl_engine_callback_data", OPENSSL),
    Key::none(
        Dialect::Librdkafka,
        "ssl.certificate.verify_cb",
        "it is a function of C; the builder takes a verifier by Tls::from_config",
    ),
    Key::none(
        Dialect::Librdkafka,
        "ssl_ca",
        "it is an object of C; ssl.ca.pem is text",
    ),
    Key::none(
        Dialect::Librdkafka,
        "ssl_certificate",
        "it is an object of C; ssl.certificate.pem is text",
    ),
    Key::none(
        Dialect::Librdkafka,
        "ssl_key",
        "it is an object of C; ssl.key.pem is text",
    ),
    Key::none(Dialect::Librdkafka, "https.ca.location", HTTPS_CA),
    Key::none(Dialect::Librdkafka, "https.ca.pem", HTTPS_CA),
    sasl(Dialect::Both, "sasl.mechanism", SaslPart::Mechanism),
    sasl(Dialect::Librdkafka, "sasl.mechanisms", SaslPart::Mechanism),
    sasl(Dialect::Java, "sasl.jaas.config", SaslPart::Jaas),
    sasl(Dialect::Librdkafka, "sasl.username", SaslPart::Username),
    sasl(Dialect::Librdkafka, "sasl.password", SaslPart::Password),
    sasl(
        Dialect::Both,
        "sasl.kerberos.service.name",
        SaslPart::KerberosService,
    ),
    sasl(
        Dialect::Librdkafka,
        "sasl.kerberos.principal",
        SaslPart::KerberosPrincipal,
    ),
    sasl(
        Dialect::Both,
        "sasl.oauthbearer.token.endpoint.url",
        SaslPart::TokenUrl,
    ),
    sasl(
        Dialect::Both,
        "sasl.oauthbearer.client.credentials.client.id",
        SaslPart::ClientId,
    ),
    sasl(
        Dialect::Librdkafka,
        "sasl.oauthbearer.client.id",
        SaslPart::ClientId,
    ),
    sasl(
        Dialect::Both,
        "sasl.oauthbearer.client.credentials.client.secret",
        SaslPart::ClientSecret,
    ),
    sasl(
        Dialect::Librdkafka,
        "sasl.oauthbearer.client.secret",
        SaslPart::ClientSecret,
    ),
    sasl(Dialect::Both, "sasl.oauthbearer.scope", SaslPart::Scope),
    sasl(
        Dialect::Librdkafka,
        "sasl.oauthbearer.extensions",
        SaslPart::Extensions,
    ),
    sasl(
        Dialect::Java,
        "sasl.login.connect.timeout.ms",
        SaslPart::ConnectTimeout,
    ),
    sasl(
        Dialect::Java,
        "sasl.login.read.timeout.ms",
        SaslPart::ReadTimeout,
    ),
    sasl(
        Dialect::Java,
        "sasl.login.callback.handler.class",
        SaslPart::LoginHandler,
    ),
    sasl(
        Dialect::Java,
        "sasl.client.callback.handler.class",
        SaslPart::ClientHandler,
    ),
    Key::always(
        Dialect::Librdkafka,
        "sasl.oauthbearer.method",
        &["oidc"],
        "tokens are fetched from sasl.oauthbearer.token.endpoint.url",
    ),
    Key::always(
        Dialect::Librdkafka,
        "sasl.oauthbearer.grant.type",
        &["client_credentials"],
        OTHER_GRANTS,
    ),
    Key::always(
        Dialect::Librdkafka,
        "sasl.oauthbearer.metadata.authentication.type",
        &["none"],
        OTHER_GRANTS,
    ),
    Key::always(
        Dialect::Librdkafka,
        "enable.sasl.oauthbearer.unsecure.jwt",
        &["false"],
        "tokens without a signature are not made",
    ),
    Key::always(
        Dialect::Java,
        "sasl.oauthbearer.header.urlencode",
        &["true"],
        "id and secret are percent-encoded for the token endpoint, as RFC 6749 has it",
    ),
    Key::always(
        Dialect::Java,
        "sasl.oauthbearer.jwt.retriever.class",
        &[
            "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
            "org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever",
        ],
        OTHER_GRANTS,
    ),
    Key::none(Dialect::Java, "sasl.login.class", JAVA_CLASSES),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.jwt.validator.class",
        JAVA_CLASSES,
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.refresh.buffer.seconds",
        LOGIN_REFRESH,
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.refresh.min.period.seconds",
        LOGIN_REFRESH,
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.refresh.window.factor",
        LOGIN_REFRESH,
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.refresh.window.jitter",
        LOGIN_REFRESH,
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.retry.backoff.ms",
        "a token that could not be fetched is asked for again by the next connection (reconnect.backoff.ms)",
    ),
    Key::none(
        Dialect::Java,
        "sasl.login.retry.backoff.max.ms",
        "a token that could not be fetched is asked for again by the next connection (reconnect.backoff.max.ms)",
    ),
    Key::none(Dialect::Both, "sasl.kerberos.kinit.cmd", KERBEROS_TICKETS),
    Key::none(
        Dialect::Both,
        "sasl.kerberos.min.time.before.relogin",
        KERBEROS_TICKETS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.kerberos.ticket.renew.jitter",
        KERBEROS_TICKETS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.kerberos.ticket.renew.window.factor",
        KERBEROS_TICKETS,
    ),
    Key::none(
        Dialect::Librdkafka,
        "sasl.kerberos.keytab",
        KERBEROS_TICKETS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.algorithm",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.aud",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.exp.seconds",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.iss",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.jti.include",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.claim.sub",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.file",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.private.key.file",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.assertion.private.key.passphrase",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Librdkafka,
        "sasl.oauthbearer.assertion.private.key.pem",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.assertion.template.file",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Librdkafka,
        "sasl.oauthbearer.assertion.jwt.template.file",
        OTHER_GRANTS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.clock.skew.seconds",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.expected.audience",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.expected.issuer",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.jwks.endpoint.refresh.ms",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.jwks.endpoint.url",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Java,
        "sasl.oauthbearer.scope.claim.name",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Both,
        "sasl.oauthbearer.sub.claim.name",
        FOR_BROKERS,
    ),
    Key::none(
        Dialect::Librdkafka,
        "sasl.oauthbearer.config",
        "it is about tokens without a signature, which are not made",
    ),
    Key::none(
        Dialect::Librdkafka,
        "oauthbearer_token_refresh_cb",
        "it is a function of C; the builder takes one of Rust by OauthBearer::from_fn",
    ),
];
