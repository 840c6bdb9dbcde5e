//! Whether a request has come to the node that coordinates what it is about.

use super::exchange::Context;
use crate::nodes::Coordination;

/// Whether the node that was asked coordinates this group or these transactions.
pub(super) fn coordinates(context: &Context<'_>, what: Coordination, key: &str) -> bool {
    let coordinator = context.shared.nodes.coordinator(what, key);
    coordinator.is_some_and(|node| node.id == context.node)
}
