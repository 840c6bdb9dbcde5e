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
mod idle;
mod peer;
mod pipeline;
mod sasl;
mod transport;
