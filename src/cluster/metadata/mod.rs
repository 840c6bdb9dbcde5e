//! What is known of the cluster, how answers change it, and when to ask again. No I/O.

mod asked;
mod backoff;
mod broker;
mod changes;
mod doubts;
mod flaw;
mod hints;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the client's worker, which is to come, uses it")
)]
pub(crate) mod interest;
mod merge;
mod name;
mod problem;
mod rows;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the client's worker, which is to come, uses it")
)]
pub(crate) mod schedule;
mod snapshot;
#[cfg(test)]
mod testing;
mod topic;
mod topics;
mod update;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the client's worker, which is to come, uses it")
)]
pub(crate) mod want;

pub use asked::{Asked, AskedTopics, Generation, TopicKey};
pub use broker::Broker;
pub use changes::{Changes, IdentityChange, LeaderMoved, Recreated};
pub use flaw::{Flaw, LeftOut};
pub use hints::LeaderHint;
pub use problem::MetadataProblem;
pub use snapshot::Metadata;
pub use topic::{Leader, Partition, Topic};
