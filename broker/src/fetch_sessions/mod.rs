//! Fetch sessions (KIP-227): what a client fetches is remembered, so that it names only what has changed, and is told only that. No I/O.

mod cache;
mod registry;
mod session;

pub(crate) use registry::{FetchSessions, Opened};
