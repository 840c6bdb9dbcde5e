//! A client and the embedded broker.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod basics;
mod bootstrap;
mod breaker;
mod coordinators;
mod errors;
mod metadata;
mod requests;
mod retry;
mod routing;
mod script;
mod sight;
mod support;
mod throttle;
