//! What an answer changed.

use std::sync::Arc;

use uuid::Uuid;

use super::broker::Broker;
use super::flaw::LeftOut;

/// What an answer changed, for those who hold connections, caches and logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The cluster has another id than before: the brokers that are known now are another cluster's.
    pub cluster_id: Option<IdentityChange>,
    /// Brokers that were not known before.
    pub brokers_added: Vec<Broker>,
    /// Brokers that are no longer there.
    pub brokers_removed: Vec<Broker>,
    /// Brokers that have another address than before, as they are now.
    pub brokers_readdressed: Vec<Broker>,
    /// Brokers that have another rack than before and the same address, as they are now.
    pub brokers_reracked: Vec<Broker>,
    /// The controller is another broker, or there was none known before.
    pub controller: Option<i32>,
    /// Topics that were not known before, or not to exist.
    pub topics_added: Vec<Arc<str>>,
    /// Topics that were deleted and made anew (KIP-516): what was known of their partitions is gone.
    pub topics_recreated: Vec<Recreated>,
    /// Topics that are gone: brokers said so for a while.
    pub topics_removed: Vec<Arc<str>>,
    /// Partitions with another leader than before, of topics that were known before and are the same still.
    pub leaders_moved: Vec<LeaderMoved>,
    /// How many partitions are new or have a new leader, leader epoch, error or set of replicas.
    pub partitions_changed: usize,
    /// Topics of which the answer leaves something open, so that it is worth asking again: a partition without a leader, a leader epoch
    /// that is older than the known one, a known topic or partition that is missing.
    pub unsettled: Vec<Arc<str>>,
    /// Parts of the answer that cannot be true.
    pub left_out: LeftOut,
}

impl Changes {
    /// Whether everything is as it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cluster_id.is_none()
            && self.brokers_added.is_empty()
            && self.brokers_removed.is_empty()
            && self.brokers_readdressed.is_empty()
            && self.brokers_reracked.is_empty()
            && self.controller.is_none()
            && self.topics_added.is_empty()
            && self.topics_recreated.is_empty()
            && self.topics_removed.is_empty()
            && self.partitions_changed == 0
    }
}

/// Another cluster answers than before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityChange {
    /// The id of before.
    pub old: Arc<str>,
    /// The id that was answered now.
    pub new: Arc<str>,
}

/// A topic was deleted and made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recreated {
    /// Its name.
    pub topic: Arc<str>,
    /// The id of the topic that was deleted.
    pub old_id: Uuid,
    /// The id that it has now.
    pub new_id: Uuid,
}

/// A partition has another leader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaderMoved {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The leader of before.
    pub from: i32,
    /// The leader now.
    pub to: i32,
    /// Its epoch, if it is known.
    pub epoch: Option<i32>,
}
