//! TLS: who is trusted, and who this side is.

mod problem;

pub use problem::TlsProblem;
