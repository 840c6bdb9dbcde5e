//! What is known of the cluster, how answers change it, and when to ask again. No I/O.

mod asked;
mod broker;
mod changes;
mod doubts;
mod flaw;
mod hints;
mod interest;
mod merge;
mod name;
mod problem;
mod rows;
mod schedule;
mod snapshot;
#[cfg(test)]
mod testing;
mod topic;
mod topics;
mod update;
mod want;

pub use asked::{Asked, AskedTopics, Generation, TopicKey};
pub use broker::Broker;
pub use changes::{Changes, IdentityChange, LeaderMoved, Recreated};
pub use flaw::{Flaw, LeftOut};
pub use hints::LeaderHint;
pub use interest::{AllTopics, TopicHold};
pub use problem::MetadataProblem;
pub(crate) use schedule::{Schedule, ScheduleSettings, Step};
pub use snapshot::Metadata;
pub use topic::{Leader, Partition, Topic};
pub(crate) use want::{Verdict, Want, satisfied};
