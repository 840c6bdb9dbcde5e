//! What a client is told that came to the wrong node: which is the right one, and how to get there (KIP-951).

use super::exchange::Context;
use crate::nodes::Node;
use crate::topics::Partition;

/// A leader and its epoch; -1 and the last epoch if nobody leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurrentLeader {
    pub(super) id: i32,
    pub(super) epoch: i32,
}

/// The leaders that an answer names, each once.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    nodes: Vec<Node>,
}

impl Endpoints {
    /// The leader of a partition. Where it is reached is told too, if it is up.
    pub(super) fn name(&mut self, context: &Context<'_>, partition: &Partition) -> CurrentLeader {
        let leadership = partition.leadership();
        let (id, epoch) = (leadership.leader, leadership.epoch);
        if !self.nodes.iter().any(|node| node.id == id) {
            self.nodes.extend(context.shared.nodes.alive_node(id));
        }
        CurrentLeader { id, epoch }
    }

    pub(super) fn into_nodes(self) -> impl Iterator<Item = Node> {
        self.nodes.into_iter()
    }
}
