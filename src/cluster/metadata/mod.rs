//! What is known of the cluster, how answers change it, and when to ask again. No I/O.

mod asked;
mod broker;
mod changes;
mod doubts;
mod flaw;
mod hints;
mod merge;
mod problem;
mod rows;
mod snapshot;
mod topic;
mod topics;
mod update;

pub use asked::{Asked, AskedTopics, Generation, TopicKey};
pub use broker::Broker;
pub use changes::{Changes, IdentityChange, LeaderMoved, Recreated};
pub use flaw::{Flaw, LeftOut};
pub use hints::LeaderHint;
pub use problem::MetadataProblem;
pub use snapshot::Metadata;
pub use topic::{Leader, Partition, Topic};
