//! Authentication: the mechanisms, and how to write another.

mod authenticator;
mod error;

pub use authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
pub use error::SaslError;
