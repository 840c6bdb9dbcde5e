//! The connection against the embedded broker: TLS, every mechanism of SASL, sessions that are renewed, and the versions of old brokers.
//!
//! Client and broker share the codec, so what both might get wrong alike is tried against others: see `scripts/check-connect.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod jwt;
mod login;
mod profiles;
mod properties;
mod refusal;
mod renewal;
mod scram;
mod support;
mod tls;
