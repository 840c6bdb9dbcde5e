//! Encryption, with certificates that are made when the cluster starts.

mod authority;
mod counts;
mod listener;
mod settings;

pub use authority::ClientCertificate;
pub use counts::TlsHandshakes;
pub(crate) use listener::TlsListener;
pub use settings::{ClientAuth, Tls};
