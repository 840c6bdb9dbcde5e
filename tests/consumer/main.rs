//! The consumer against embedded brokers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod corrupt;
mod forge;
mod moves;
mod reads;
mod replicas;
mod seeks;
mod sessions;
mod steers;
mod support;
mod tap;
mod transactions;
mod truncation;
