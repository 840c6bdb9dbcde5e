//! Authentication: the mechanisms, and how to write another.

mod authenticator;
mod error;
#[cfg(feature = "gssapi")]
mod gssapi;

pub use authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
pub use error::SaslError;
#[cfg(feature = "gssapi")]
pub use gssapi::Gssapi;
