//! Which broker must answer which request, and how requests that several must answer are split and merged.
//!
//! Nothing here does I/O: a request says whom it is for, and how to take it apart; who asks is elsewhere.
//!
//! There are a few shapes of requests, with a file for each: those that are one item as a whole, those with a list of items, those whose
//! items are partitions within topics, those that are for every broker, and those that are one thing in old versions and another in newer ones.

mod either;
mod every;
mod key;
mod list;
mod markers;
mod nested;
mod new_leaders;
mod nowhere;
mod pairing;
mod partitions;
mod parts;
mod producer_ids;
mod routed;
mod target;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use key::Key;
pub use new_leaders::NewLeaders;
pub(crate) use pairing::pair;
pub use routed::Routed;
pub use target::{CoordinatorKind, Target, TopicRef};
