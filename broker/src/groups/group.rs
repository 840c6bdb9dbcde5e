//! A group.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::group_type::GroupType;
use super::offset::{CommittedOffset, NewOffset};

/// The offsets of the partitions of topics, by name and number.
type Offsets = BTreeMap<String, BTreeMap<i32, CommittedOffset>>;

/// A group without members.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    group_type: GroupType,
    protocol_type: &'static str,
    offsets: Offsets,
    /// Where a share group begins to read, by topic and partition.
    share_offsets: BTreeMap<Uuid, BTreeMap<i32, i64>>,
}

impl Group {
    pub(super) fn new(group_type: GroupType) -> Self {
        Self {
            group_type,
            protocol_type: group_type.protocol_type(),
            offsets: Offsets::new(),
            share_offsets: BTreeMap::new(),
        }
    }

    pub(crate) fn group_type(&self) -> GroupType {
        self.group_type
    }

    /// What its members are, empty as long as nobody has said.
    pub(crate) fn protocol_type(&self) -> &'static str {
        self.protocol_type
    }

    /// As Kafka writes it.
    pub(crate) fn state(&self) -> &'static str {
        "Empty"
    }

    pub(super) fn commit(&mut self, offset: NewOffset) {
        let topic = self.offsets.entry(offset.topic).or_default();
        topic.insert(offset.partition, offset.committed);
    }

    pub(crate) fn offset(&self, topic: &str, partition: i32) -> Option<&CommittedOffset> {
        self.offsets.get(topic)?.get(&partition)
    }

    /// All offsets, by topic and partition.
    pub(crate) fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    pub(super) fn forget_offset(&mut self, topic: &str, partition: i32) {
        if let Some(partitions) = self.offsets.get_mut(topic) {
            partitions.remove(&partition);
            if partitions.is_empty() {
                self.offsets.remove(topic);
            }
        }
    }

    pub(super) fn forget_topic(&mut self, name: &str, id: Uuid) {
        self.offsets.remove(name);
        self.share_offsets.remove(&id);
    }

    /// Where a share group begins to read.
    pub(crate) fn share_offsets(&self) -> &BTreeMap<Uuid, BTreeMap<i32, i64>> {
        &self.share_offsets
    }

    pub(super) fn set_share_offset(&mut self, topic: Uuid, partition: i32, offset: i64) {
        let topic = self.share_offsets.entry(topic).or_default();
        topic.insert(partition, offset);
    }

    /// Whether there was anything to forget.
    pub(super) fn forget_share_offsets(&mut self, topic: Uuid) -> bool {
        self.share_offsets.remove(&topic).is_some()
    }
}
