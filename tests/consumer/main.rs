//! The consumer against embedded brokers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod moves;
mod reads;
mod sessions;
mod steers;
mod support;
mod tap;
