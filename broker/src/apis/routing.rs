//! Which node answers what.

use super::exchange::Context;
use crate::shared::Shared;

/// What a group or a transaction is coordinated as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoordinatorKind {
    Group = 0,
    Transaction = 1,
}

/// Whether the node that was asked coordinates this group or these transactions.
pub(super) fn coordinates(context: &Context<'_>, kind: CoordinatorKind, key: &str) -> bool {
    coordinator(context.shared, kind, key) == Some(context.node)
}

fn coordinator(shared: &Shared, kind: CoordinatorKind, key: &str) -> Option<i32> {
    let seed = 0xcbf2_9ce4_8422_2325 ^ kind as u64;
    let hash = key.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let ids = node_ids(shared);
    let place = usize::try_from(hash % u64::try_from(ids.len()).ok()?.max(1)).ok()?;
    ids.get(place).copied()
}

/// Whether the node that was asked does what only a controller does. With KRaft each passes it on.
pub(super) fn controls(context: &Context<'_>) -> bool {
    context.shared.node(context.node).is_some()
}

/// The ids of all nodes.
pub(super) fn node_ids(shared: &Shared) -> Vec<i32> {
    shared.nodes.iter().map(|node| node.id).collect()
}
