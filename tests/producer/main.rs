//! The producer against embedded brokers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod leaders;
mod retries;
mod support;
mod writes;
