//! AWS_MSK_IAM, the mechanism of Amazon MSK: a presigned request, by which the broker asks IAM who this is.

mod authenticator;
mod credentials;
mod payload;
mod region;
mod sigv4;

pub use authenticator::AwsMskIam;
pub use credentials::{
    AwsCredentials, AwsCredentialsFuture, AwsCredentialsProvider, AwsEnvironmentCredentials,
};
