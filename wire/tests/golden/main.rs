//! Every golden frame and batch, as Java's own classes wrote them, there and back; see the `README.md` beside this file.
//!
//! `GOLDEN_DIR` names another corpus, laid out as this folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

// What is not built cannot be held against the corpus: without the codecs only the messages are.
#[cfg(all(
    feature = "gzip",
    feature = "snappy",
    feature = "lz4",
    any(feature = "zstd", feature = "zstd-read")
))]
mod batches;
mod corpus;
mod messages;
