//! The connection against a scripted peer: exact frames, exact failures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod closing;
mod handshake;
mod hostile;
mod hostile_sasl;
mod idle;
mod logs;
mod observer;
mod patience;
mod peer;
mod pipeline;
mod sasl;
mod scram;
mod secrets;
mod statements;
mod timeouts;
#[cfg(feature = "ring")]
mod tls;
mod transport;
mod versions;
