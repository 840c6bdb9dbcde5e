//! Messages by a hostile or broken peer, and messages that cannot be written: each ends in an error that says what was wrong, in which field, and where.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

mod body;
#[path = "../golden/corpus.rs"]
mod corpus;
mod every_message;
mod fields;
mod memory;
mod tags;
mod whole;
mod writing;
