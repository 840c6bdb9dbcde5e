//! TLS: who is trusted, and who this side is.
//!
//! A [`Tls`] says both. It is made once, cheap to clone, and serves any number of connections, which share its memory of sessions:
//!
//! ```no_run
//! # #[cfg(feature = "tls")]
//! # fn example() -> Result<(), milena::tls::TlsProblem> {
//! use milena::tls::Tls;
//!
//! // The authorities that the platform trusts.
//! let tls = Tls::new()?;
//! // An authority of one's own, and a certificate for this side.
//! let tls = Tls::builder()
//!     .roots_file("/etc/kafka/ca.pem")
//!     .client_certificate_files("/etc/kafka/client.pem", "/etc/kafka/client.key")
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is read when
//!
//! [`TlsBuilder::build`] reads and checks everything, so that what cannot work fails there and not at the first connection: files, the
//! platform's authorities, whether the key belongs to the certificate, and the provider of the cryptography.
//!
//! Files are looked at again before each connection, away from the tasks that do I/O, and read again when they have changed. What
//! cannot be used, such as a file that is half written, is warned of and passed over: the last that could be used stays in use, and the
//! next connection tries again. Connections that are open keep what they began with. The platform's authorities are read once.
//!
//! # The provider of the cryptography
//!
//! The one that was given ([`TlsBuilder::provider`]), else the one that the program installed as rustls' default, else ring (feature
//! `ring`), else aws-lc-rs (feature `aws-lc-rs`).
//!
//! # Memory
//!
//! An open connection that rests holds about 8 KiB for TLS: 4 KiB to read into, the state, and the broker's certificates. Nothing of it
//! can be chosen. One that reads holds up to 28 KiB more, and gives it back when there is nothing left to read; one that writes holds up
//! to 64 KiB that the socket has not taken yet. A `Tls` holds 0.5 KiB for each broker that [`TlsBuilder::sessions`] makes room for, and
//! about 1 KiB for each session that it remembers, eight for a broker at most.

#[cfg(feature = "tls")]
mod build;
#[cfg(feature = "tls")]
mod builder;
#[cfg(feature = "tls")]
mod classify;
#[cfg(feature = "tls")]
mod client;
#[cfg(feature = "tls")]
mod config;
#[cfg(feature = "tls")]
mod file;
#[cfg(feature = "tls")]
mod identity;
#[cfg(feature = "tls")]
mod name;
#[cfg(feature = "tls")]
mod pem;
mod problem;
#[cfg(feature = "tls")]
mod provider;
#[cfg(feature = "tls")]
mod roots;
#[cfg(feature = "tls")]
mod session;
#[cfg(test)]
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod tests;

#[cfg(feature = "tls")]
pub use builder::TlsBuilder;
#[cfg(feature = "tls")]
pub use client::Tls;
pub use problem::TlsProblem;
/// The TLS library, for those who configure it themselves.
#[cfg(feature = "tls")]
pub use rustls;
#[cfg(feature = "tls")]
pub use session::TlsSession;

#[cfg(feature = "tls")]
pub(crate) use client::HandshakeFailure;
