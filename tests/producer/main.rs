//! The producer against embedded brokers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod bad_input;
mod buffers;
mod leaders;
mod murmur2;
mod retries;
mod statements;
mod support;
mod writes;
