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
mod close;
mod coordinators;
mod errors;
mod health;
mod metadata;
mod moves;
mod options;
mod pool;
mod requests;
mod retry;
mod routing;
mod script;
mod selection;
mod sight;
mod statements;
mod support;
mod throttle;
