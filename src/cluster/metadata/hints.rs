//! New leaders that answers of Produce and Fetch tell of (KIP-951).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use milena_wire::error_code::ErrorCode;

use super::asked::TopicKey;
use super::broker::{Broker, Brokers, MAX_BROKERS};
use super::changes::{Changes, LeaderMoved};
use super::rows::NONE;
use super::snapshot::Metadata;
use super::topic::Topic;
use super::update::compare_brokers;

/// A new leader that an answer of Produce or Fetch tells of, beside NOT_LEADER_OR_FOLLOWER or FENCED_LEADER_EPOCH (KIP-951).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderHint {
    /// The topic.
    pub topic: TopicKey,
    /// The partition.
    pub partition: i32,
    /// The new leader.
    pub leader: i32,
    /// Its epoch.
    pub epoch: i32,
}

impl Metadata {
    /// What is known after these hints, which come with one answer, and what they changed; `None` if that is nothing.
    ///
    /// `endpoints` are the brokers that the answer names. A hint counts if the partition is known, its epoch is newer than the known one,
    /// and its leader is known or among the endpoints.
    #[must_use]
    pub fn apply_leaders(
        &self,
        hints: &[LeaderHint],
        endpoints: &[Broker],
    ) -> Option<(Self, Changes)> {
        let mut changes = Changes::default();
        let endpoints: BTreeMap<i32, &Broker> = endpoints
            .iter()
            .map(|broker| (broker.id(), broker))
            .collect();
        let mut leaders = BTreeMap::new();
        let mut changed: HashMap<Arc<str>, Topic> = HashMap::new();
        for hint in hints {
            let known = self.broker(hint.leader);
            let has_room = self.brokers().len() + leaders.len() < MAX_BROKERS;
            let endpoint = endpoints.get(&hint.leader).copied();
            let endpoint = endpoint.filter(|_| known.is_some() || has_room);
            let Some(leader) = endpoint.or(known) else {
                continue;
            };
            let Some(topic) = self.topic_by_key(&hint.topic) else {
                continue;
            };
            let name = Arc::clone(topic.shared_name());
            let topic = changed.entry(name).or_insert_with(|| Topic::clone(topic));
            if follow(topic, hint, &mut changes) {
                leaders.insert(leader.id(), leader.clone());
            }
        }
        if changes.partitions_changed == 0 {
            return None;
        }
        let mut metadata = self.clone();
        for topic in changed.into_values() {
            metadata.topics.insert(Arc::new(topic));
        }
        for broker in self.brokers.all() {
            leaders.entry(broker.id()).or_insert_with(|| broker.clone());
        }
        metadata.brokers = Brokers::new(leaders.into_values().collect());
        compare_brokers(&self.brokers, &metadata.brokers, &mut changes);
        Some((metadata, changes))
    }
}

/// Whether the hint is news.
fn follow(topic: &mut Topic, hint: &LeaderHint, changes: &mut Changes) -> bool {
    let Some(row) = topic.rows.find_mut(hint.partition) else {
        return false;
    };
    if hint.epoch <= row.newest_epoch.max(row.epoch) {
        return false;
    }
    changes.partitions_changed += 1;
    if row.leader != NONE && row.leader != hint.leader {
        changes.leaders_moved.push(LeaderMoved {
            topic: Arc::clone(topic.name.shared()),
            partition: hint.partition,
            from: row.leader,
            to: hint.leader,
            epoch: Some(hint.epoch),
        });
    }
    row.leader = hint.leader;
    row.epoch = hint.epoch;
    row.newest_epoch = hint.epoch;
    row.error = ErrorCode::NONE;
    if let Some(doubts) = &mut topic.doubts {
        let older = &mut doubts.older;
        if let Ok(place) = older.binary_search_by_key(&hint.partition, |older| older.partition) {
            older.remove(place);
        }
    }
    true
}

#[cfg(test)]
mod tests;
