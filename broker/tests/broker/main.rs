//! The broker over real sockets, asked in raw requests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions, not in what these share"
)]

mod api_versions;
mod client;
mod connection;
mod create_topics;
mod fetch;
mod list_offsets;
mod long_poll;
mod metadata;
mod produce;
