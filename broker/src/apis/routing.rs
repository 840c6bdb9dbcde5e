//! Which node answers what.

use super::exchange::Context;
use crate::shared::Shared;

/// Whether the node that was asked does what only a controller does. With KRaft each passes it on.
pub(super) fn controls(context: &Context<'_>) -> bool {
    context.shared.node(context.node).is_some()
}

/// The ids of all nodes.
pub(super) fn node_ids(shared: &Shared) -> Vec<i32> {
    shared.nodes.iter().map(|node| node.id).collect()
}
