//! Options by the names that they have in Kafka's Java client and in librdkafka.
//!
//! [`ClientBuilder::from_properties`](crate::cluster::ClientBuilder::from_properties) takes a map of properties, and [`parse`] reads the text of a Java
//! `.properties` file into one:
//!
//! ```
//! use milena::cluster::ClientBuilder;
//!
//! let text = r#"
//! bootstrap.servers = one.example:9092, two.example:9092
//! client.id         = billing
//! security.protocol = SASL_PLAINTEXT
//! sasl.mechanism    = SCRAM-SHA-512
//! sasl.jaas.config  = org.apache.kafka.common.security.scram.ScramLoginModule required \
//!     username="alice" \
//!     password="secret";
//! "#;
//! let builder = ClientBuilder::from_properties(milena::properties::parse(text)?)?;
//!
//! // What a key cannot say, or is not known, is an error with its name.
//! let error = ClientBuilder::from_properties([("bootstrap.server", "one.example:9092")]).unwrap_err();
//! assert_eq!(error.to_string(), "bootstrap.server: no such key; was bootstrap.servers meant?");
//! # Ok::<(), milena::Error>(())
//! ```
//!
//! # What is done with a key
//!
//! `docs/configuration.md` has a table of all. In short:
//!
//! * Names are those of Kafka 4.3 and librdkafka 2; names of both may be mixed. Two names of the same, such as `bootstrap.servers` and
//!   `metadata.broker.list`, must agree.
//! * A key that is not known is an error, and so is one that would have no effect: a producer's or a consumer's, one about Java classes or functions of
//!   C, or `ssl.*` where `security.protocol` is without TLS. Some say what this client does anyhow, such as
//!   `ssl.endpoint.identification.algorithm=https`; they may say it, and nothing else.
//! * Times are in milliseconds and sizes in bytes, as in the originals. What is not given has the default of this client, which may be another than theirs.
//! * `security.protocol=SASL_PLAINTEXT` says that credentials may be sent without TLS, and so it is
//!   [allowed](crate::connection::ConnectionBuilder::allow_plaintext_credentials).
//! * Certificates and keys are PEM, as texts or in files; a store needs `ssl.truststore.type=PEM` or `ssl.keystore.type=PEM`, as it is JKS else.
//! * `sasl.jaas.config` may name `PlainLoginModule`, `ScramLoginModule`, `OAuthBearerLoginModule` (with an endpoint that gives tokens; feature `oidc`),
//!   `Krb5LoginModule` (feature `gssapi`), and AWS' `IAMLoginModule` (credentials of the environment; feature `aws-msk-iam`).
//! * Where a key has one meaning in Java and another in librdkafka, it has that of Java: `request.timeout.ms` is how long a broker may leave a request unanswered.
//!   `socket.connection.setup.timeout.ms` is the time of all of connecting, as in librdkafka; if `socket.connection.setup.timeout.max.ms` is given beside it,
//!   that is the time of all of connecting, and the other the time of TCP.

mod apply;
mod given;
mod jaas;
mod kerberos;
mod key;
mod keys;
mod login;
mod oauth;
mod protocol;
mod sasl;
mod security_keys;
mod suggestion;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "tls")]
mod tls;

pub use text::parse;
