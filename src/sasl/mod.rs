//! Authentication: the mechanisms, and how to write another.

mod authenticator;
#[cfg(feature = "aws-msk-iam")]
mod aws_msk_iam;
mod error;
#[cfg(feature = "gssapi")]
mod gssapi;
#[cfg(feature = "oidc")]
mod oidc;
#[cfg(any(feature = "aws-msk-iam", feature = "oidc"))]
mod percent;
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
#[cfg(feature = "oidc")]
pub use oidc::OidcClientCredentials;
pub use token::{Token, TokenProvider};
