//! Authentication: the mechanisms, and how to write another.

mod authenticator;
mod error;
mod plain;
mod scram;
#[cfg(test)]
mod testing;
mod text;

pub use authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
pub use error::SaslError;
pub use plain::Plain;
pub use scram::{ScramSha256, ScramSha512};
