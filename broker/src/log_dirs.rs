//! The log directories of the nodes. They are names only: all logs lie in memory. No I/O.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many directories each node has.
const DISKS: usize = 2;

/// The directories of a node; new partitions lie in the first.
pub(crate) fn of_node(node: i32) -> [String; DISKS] {
    std::array::from_fn(|disk| format!("/memory/node-{node}/disk-{disk}"))
}

/// Which partitions lie in other directories than the first.
#[derive(Debug, Default)]
pub(crate) struct LogDirs {
    /// By node, topic and partition.
    moved: Mutex<BTreeMap<(i32, String, i32), usize>>,
}

impl LogDirs {
    /// In which directory of a node a partition lies, or would.
    pub(crate) fn disk(&self, node: i32, topic: &str, partition: i32) -> usize {
        let place = (node, topic.to_owned(), partition);
        self.lock().get(&place).copied().unwrap_or(0)
    }

    /// Moves a partition there, or says where it is to lie once the node has it; `false` if the node has no such directory.
    pub(crate) fn put(&self, node: i32, topic: &str, partition: i32, directory: &str) -> bool {
        let disk = of_node(node).iter().position(|name| name == directory);
        if let Some(disk) = disk {
            let place = (node, topic.to_owned(), partition);
            self.lock().insert(place, disk);
        }
        disk.is_some()
    }

    /// A topic is deleted.
    pub(crate) fn forget_topic(&self, topic: &str) {
        self.lock().retain(|(_, name, _), _| name != topic);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i32, String, i32), usize>> {
        // No code panics under this lock.
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_lie_in_the_first_until_they_are_moved() {
        let dirs = LogDirs::default();
        assert!(!dirs.put(1, "t", 0, "/memory/node-2/disk-1"));
        assert!(dirs.put(1, "t", 0, "/memory/node-1/disk-1"));
        let disks = [(1, "t", 0), (1, "t", 1), (2, "t", 0), (1, "u", 0)]
            .map(|(node, topic, partition)| dirs.disk(node, topic, partition));
        assert_eq!(disks, [1, 0, 0, 0]);
        dirs.forget_topic("t");
        assert_eq!(dirs.disk(1, "t", 0), 0);
    }
}
