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
mod close;
mod coordinators;
mod health;
mod metadata;
mod moves;
mod pool;
mod routing;
mod script;
mod support;
