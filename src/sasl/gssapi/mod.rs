//! GSSAPI, which is Kerberos: RFC 4752 over the system's C library.

mod authenticator;
mod security_layer;

pub use authenticator::Gssapi;
