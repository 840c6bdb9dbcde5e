//! The log directories of the nodes. They are names only: all logs lie in memory.

/// Those of a node; the first is where partitions are made.
pub(super) fn of_node(node: i32) -> [String; 2] {
    [0, 1].map(|disk| format!("/memory/node-{node}/disk-{disk}"))
}
