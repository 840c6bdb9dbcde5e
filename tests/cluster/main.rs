//! A client and the embedded broker.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod basics;
mod breaker;
mod options;
mod requests;
mod retry;
mod support;
