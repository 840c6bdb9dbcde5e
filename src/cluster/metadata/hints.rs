//! New leaders that answers of Produce and Fetch tell of (KIP-951).

use std::collections::BTreeMap;
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
        let mut metadata = self.clone();
        let mut changes = Changes::default();
        let mut leaders = BTreeMap::new();
        let mut changed: Vec<Topic> = Vec::new();
        for hint in hints {
            let endpoint = endpoints.iter().find(|broker| broker.id() == hint.leader);
            let known = self.broker(hint.leader);
            let has_room = self.brokers().len() + leaders.len() < MAX_BROKERS;
            let endpoint = endpoint.filter(|_| known.is_some() || has_room);
            let Some(leader) = endpoint.or(known) else {
                continue;
            };
            let Some(known) = self.topic_by_key(&hint.topic) else {
                continue;
            };
            // The partitions of a topic mostly come together.
            let is_last = changed
                .last()
                .is_some_and(|topic| topic.name() == known.name());
            if !is_last {
                let place = changed
                    .iter()
                    .position(|topic| topic.name() == known.name());
                let topic = match place {
                    Some(place) => changed.swap_remove(place),
                    None => Topic::clone(known),
                };
                changed.push(topic);
            }
            let Some(topic) = changed.last_mut() else {
                continue;
            };
            if follow(topic, hint, &mut changes) {
                leaders.insert(leader.id(), leader.clone());
            }
        }
        if changes.partitions_changed == 0 {
            return None;
        }
        for topic in changed {
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
        doubts
            .older
            .retain(|older| older.partition != hint.partition);
    }
    true
}
