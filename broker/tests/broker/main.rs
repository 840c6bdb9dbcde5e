//! The broker over real sockets, asked in raw requests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    reason = "a test fails by a panic, and runs on one thread"
)]

mod api_versions;
mod client;
mod connection;
mod create_topics;
mod fetch;
mod list_offsets;
mod login;
mod long_poll;
mod metadata;
mod produce;
mod profiles;
mod renewal;
mod sasl;
#[cfg(feature = "tls")]
mod tls;
