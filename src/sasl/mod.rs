//! Authentication: the mechanisms, and how to write another.

mod authenticator;
#[cfg(feature = "aws-msk-iam")]
mod aws_msk_iam;
mod error;
#[cfg(feature = "gssapi")]
mod gssapi;
#[cfg(feature = "aws-msk-iam")]
mod percent;

pub use authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
#[cfg(feature = "aws-msk-iam")]
pub use aws_msk_iam::{
    AwsCredentials, AwsCredentialsFuture, AwsCredentialsProvider, AwsEnvironmentCredentials,
    AwsMskIam,
};
pub use error::SaslError;
#[cfg(feature = "gssapi")]
pub use gssapi::Gssapi;
