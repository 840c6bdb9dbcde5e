//! A topic.

use std::sync::Arc;

use bytestring::ByteString;
use uuid::Uuid;

use super::config::{Durability, TopicConfig};
use super::partition::Partition;
use crate::storage::Rules;

/// A topic with its partitions. Another takes its place when its configs or the number of its partitions change; the partitions themselves stay.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) name: ByteString,
    pub(crate) id: Uuid,
    pub(crate) config: TopicConfig,
    /// Read from `config` once.
    pub(crate) rules: Rules,
    /// The same.
    pub(crate) durability: Durability,
    pub(crate) partitions: Vec<Arc<Partition>>,
}

impl Topic {
    /// The partition of this number.
    pub(crate) fn partition(&self, index: i32) -> Option<&Partition> {
        let partition = self.partitions.get(usize::try_from(index).ok()?);
        partition.map(Arc::as_ref)
    }

    /// Whether it is one that Kafka keeps its own state in.
    pub(crate) fn is_internal(&self) -> bool {
        is_internal(&self.name)
    }
}

/// Whether Kafka keeps its own state in a topic of this name.
pub(crate) fn is_internal(name: &str) -> bool {
    matches!(
        name,
        "__consumer_offsets" | "__transaction_state" | "__share_group_state"
    )
}
