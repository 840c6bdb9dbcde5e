//! Every golden frame and batch, as Java's own classes wrote them, there and back; see the `README.md` beside this file.
//!
//! `GOLDEN_DIR` names another corpus, laid out as this folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod corpus;
mod messages;
