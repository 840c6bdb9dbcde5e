//! Holds something that a test has done to a cluster.

use std::fmt;
use std::sync::Arc;

use crate::shared::Shared;
use crate::topic_part::TopicPart;
use crate::topics::Leadership;

/// Something that lasts for as long as this is held: it is taken back when this is dropped.
#[must_use = "it is taken back when this is dropped"]
pub struct ControlGuard {
    shared: Arc<Shared>,
    effect: Option<Effect>,
}

/// What is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Leaderless {
        topic: String,
        partition: i32,
    },
    Omitted(TopicPart),
    Preferred(TopicPart, i32),
    Held {
        topic: String,
        partition: i32,
        node: i32,
    },
}

impl ControlGuard {
    pub(super) fn new(shared: Arc<Shared>, effect: Effect) -> Self {
        Self {
            shared,
            effect: Some(effect),
        }
    }

    /// Takes it back, as dropping does.
    pub fn end(self) {}

    /// Leaves it for as long as the cluster lives.
    pub fn keep(mut self) {
        self.effect = None;
    }
}

impl fmt::Debug for ControlGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ControlGuard").field(&self.effect).finish()
    }
}

impl Drop for ControlGuard {
    fn drop(&mut self) {
        match self.effect.take() {
            None => {}
            Some(Effect::Omitted(omitted)) => self.shared.omissions.remove(&omitted),
            Some(Effect::Preferred(part, node)) => {
                self.shared.replica_selection.release(&part, node);
            }
            Some(Effect::Held {
                topic,
                partition,
                node,
            }) => {
                let topic = self.shared.catalog.by_name(&topic);
                let topic = topic.as_ref();
                if let Some(partition) = topic.and_then(|topic| topic.partition(partition)) {
                    partition.release_replica(node);
                }
            }
            // The topic may be no more.
            Some(Effect::Leaderless { topic, partition }) => {
                let catalog = &self.shared.catalog;
                catalog.lead(&topic, partition, Leadership::release);
            }
        }
    }
}
