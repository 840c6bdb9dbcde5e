//! Which of several brokers answers a request that any of them may answer.
//!
//! A policy is a [`BrokerSelection`]: given those that are up, whose circuit is not open, it names one.
//!
//! | policy | whom it chooses |
//! |---|---|
//! | [`LeastLoaded`] | the one with the fewest requests in flight, of those the fastest; the default |
//! | [`RoundRobin`] | one after the other |
//! | [`Weighted`] | one after the other, some more often |
//! | [`ConsistentHash`] | the one to which the caller's key belongs, with few keys that move when brokers come and go |
//! | [`SourceHash`] | the one to which this machine's address belongs |
//! | [`Sticky`] | the one that the caller's key had before |
//! | [`NearestRack`] | the fastest of the own rack, else the fastest |
//!
//! None allocates for a choice, once it knows the brokers. Those that are equal by a policy share the load.
//!
//! Another one is short:
//!
//! ```
//! use milena::cluster::selection::{BrokerSelection, Candidate, SelectionContext};
//!
//! /// For tests that must not depend on luck.
//! #[derive(Debug)]
//! struct LowestId;
//!
//! impl BrokerSelection for LowestId {
//!     fn choose(&self, candidates: &[Candidate<'_>], _: &SelectionContext<'_>) -> Option<usize> {
//!         let lowest = candidates.iter().enumerate().min_by_key(|(_, candidate)| candidate.id);
//!         lowest.map(|(index, _)| index)
//!     }
//! }
//! ```

mod broker_selection;
mod consistent_hash;
mod latency;
mod least_loaded;
mod load;
mod nearest_rack;
mod round_robin;
mod source_hash;
mod sticky;
mod ties;
mod weighted;

#[cfg(test)]
mod testing;

pub use broker_selection::{BrokerSelection, Candidate, SelectionContext};
pub use consistent_hash::ConsistentHash;
pub use least_loaded::LeastLoaded;
pub use load::Load;
pub use nearest_rack::NearestRack;
pub use round_robin::RoundRobin;
pub use source_hash::SourceHash;
pub use sticky::Sticky;
pub use weighted::Weighted;
