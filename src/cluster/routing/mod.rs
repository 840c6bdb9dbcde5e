//! Which broker must answer which request, and how requests that several must answer are split and merged.
//!
//! Nothing here does I/O: a request says whom it is for, and how to take it apart; who asks is elsewhere.

mod routed;
mod target;

pub use routed::Routed;
pub use target::{CoordinatorKind, Target, TopicRef};
