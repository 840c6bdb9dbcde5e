//! Authentication: the mechanisms, and how to write another.
//!
//! | mechanism | type | needs |
//! |---|---|---|
//! | `PLAIN` | [`Plain`] | a user and a password; TLS |
//! | `SCRAM-SHA-256` | [`ScramSha256`] | a user and a password, or a delegation token and its HMAC |
//! | `SCRAM-SHA-512` | [`ScramSha512`] | the same |
//! | `OAUTHBEARER` | [`OauthBearer`] | a bearer token, or a [`TokenProvider`] that fetches them; TLS |
//! | `GSSAPI` | `Gssapi` (feature `gssapi`) | a Kerberos ticket, or a client keytab |
//! | `AWS_MSK_IAM` | `AwsMskIam` (feature `aws-msk-iam`) | AWS credentials; TLS |
//!
//! `OidcClientCredentials` (feature `oidc`) fetches bearer tokens from an OAuth 2.0 endpoint.
//!
//! PLAIN, OAUTHBEARER and AWS_MSK_IAM [show](SaslAuthenticator::exposes_credentials) what they send to whoever listens, so they are refused on a
//! connection without TLS. The mechanism is what the program says: if a broker does not offer it, no other one is tried in its place,
//! as else a false broker could ask for the password itself.
//!
//! A [`Secret`](crate::Secret) is what passwords and tokens are kept in. None is shown by `Debug`, by an error or in a log.
//!
//! # Another mechanism
//!
//! A mechanism is a [`SaslAuthenticator`], which holds the credentials and opens a [`SaslSession`] for each authentication. The session
//! takes the broker's challenges one after the other and says what to [do](Step). It may wait for what it needs, such as a token, but must
//! not block the thread. Here is `EXTERNAL` (RFC 4422), with which the broker takes the user from the client's certificate:
//!
//! ```
//! use milena::sasl::{SaslAuthenticator, SaslBroker, SaslError, SaslFuture, SaslSession, Step};
//!
//! #[derive(Debug)]
//! struct External;
//!
//! struct ExternalSession {
//!     sent: bool,
//! }
//!
//! impl SaslAuthenticator for External {
//!     fn mechanism(&self) -> &str {
//!         "EXTERNAL"
//!     }
//!
//!     fn session(&self, _broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
//!         Box::new(ExternalSession { sent: false })
//!     }
//! }
//!
//! impl SaslSession for ExternalSession {
//!     fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
//!         Box::pin(async move {
//!             match challenge {
//!                 // The client begins: with no name to act as, the one of the certificate counts.
//!                 None if !self.sent => {
//!                     self.sent = true;
//!                     Ok(Step::respond([]))
//!                 }
//!                 // The broker has nothing to add.
//!                 Some([]) if self.sent => Ok(Step::Done),
//!                 _ => Err(SaslError::InvalidChallenge("EXTERNAL has no such step".to_owned())),
//!             }
//!         })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), SaslError> {
//! // A session needs no connection, so it can be tested by hand.
//! let mut session = External.session(&SaslBroker::new("localhost", 9093));
//! assert!(matches!(session.step(None).await?, Step::Respond(_)));
//! assert!(matches!(session.step(Some(b"")).await?, Step::Done));
//!
//! let mut session = External.session(&SaslBroker::new("localhost", 9093));
//! session.step(None).await?;
//! assert!(session.step(Some(b"who are you?")).await.is_err());
//! # Ok(())
//! # }
//! ```

mod authenticator;
#[cfg(feature = "aws-msk-iam")]
mod aws_msk_iam;
mod error;
#[cfg(feature = "gssapi")]
mod gssapi;
mod oauthbearer;
#[cfg(feature = "oidc")]
mod oidc;
#[cfg(any(feature = "aws-msk-iam", feature = "oidc"))]
mod percent;
mod plain;
mod scram;
#[cfg(test)]
mod testing;
mod text;
mod token;

pub use authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
#[cfg(feature = "aws-msk-iam")]
pub use aws_msk_iam::{
    AwsCredentials, AwsCredentialsFuture, AwsCredentialsProvider, AwsEnvironmentCredentials,
    AwsMskIam,
};
pub use error::SaslError;
#[cfg(feature = "gssapi")]
pub use gssapi::Gssapi;
pub use oauthbearer::OauthBearer;
#[cfg(feature = "oidc")]
pub use oidc::OidcClientCredentials;
pub use plain::Plain;
pub(crate) use scram::Hash as ScramHash;
pub use scram::{ScramSha256, ScramSha512};
pub(crate) use text::one_line;
pub use token::{Token, TokenFuture, TokenProvider};
