//! Which replica a client is sent to that fetches (KIP-392). No I/O.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;

use crate::topic_part::TopicPart;

/// Which replica a client is sent to that fetches from the leader.
#[derive(Debug)]
pub(crate) struct ReplicaSelection {
    /// To one in its own rack, as Kafka's `RackAwareReplicaSelector`; else to none, as its `LeaderSelector`.
    by_rack: AtomicBool,
    /// Where clients are sent whatever else is true, the newest last.
    fixed: Mutex<Vec<(TopicPart, i32)>>,
}

impl ReplicaSelection {
    pub(crate) fn new(by_rack: bool) -> Self {
        Self {
            by_rack: AtomicBool::new(by_rack),
            fixed: Mutex::default(),
        }
    }

    pub(crate) fn set_by_rack(&self, by_rack: bool) {
        self.by_rack.store(by_rack, Ordering::Relaxed);
    }

    /// Clients of a partition are sent to this node.
    pub(crate) fn fix(&self, part: TopicPart, node: i32) {
        self.fixed().push((part, node));
    }

    /// Takes one [`fix`](Self::fix) back.
    pub(crate) fn release(&self, part: &TopicPart, node: i32) {
        let mut fixed = self.fixed();
        let place = fixed.iter().position(|it| it.0 == *part && it.1 == node);
        if let Some(place) = place {
            fixed.remove(place);
        }
    }

    /// Where a client in `rack` is sent, by the leader and among others in sync that have what it wants; `None`: it stays.
    pub(crate) fn select(
        &self,
        topic: &str,
        partition: i32,
        rack: &str,
        leader: i32,
        others: impl FnOnce() -> Vec<i32>,
        rack_of: impl Fn(i32) -> Option<ByteString>,
    ) -> Option<i32> {
        let fixed = self.fixed();
        let mut newest = fixed.iter().rev();
        let fixed_to = newest.find(|(part, _)| part.covers(topic, Some(partition)));
        if let Some((_, node)) = fixed_to {
            return Some(*node).filter(|node| *node != leader);
        }
        drop(fixed);
        if rack.is_empty() || !self.by_rack.load(Ordering::Relaxed) {
            return None;
        }
        let is_near = |node| rack_of(node).is_some_and(|of| *of == *rack);
        if is_near(leader) {
            return None;
        }
        // All of them have as much: Kafka takes the last then.
        others().into_iter().filter(|node| is_near(*node)).max()
    }

    fn fixed(&self) -> MutexGuard<'_, Vec<(TopicPart, i32)>> {
        // No code panics under this lock.
        self.fixed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes 1 and 2 stand in rack a, 3 and 4 in rack b, 5 nowhere.
    fn select(selection: &ReplicaSelection, rack: &str, leader: i32) -> Option<i32> {
        let rack_of = |node| match node {
            1 | 2 => Some(ByteString::from_static("a")),
            3 | 4 => Some(ByteString::from_static("b")),
            _ => None,
        };
        let others = || (1..=5).filter(|node| *node != leader).collect();
        selection.select("t", 0, rack, leader, others, rack_of)
    }

    #[test]
    fn clients_are_sent_to_their_rack() {
        let selection = ReplicaSelection::new(true);
        assert_eq!(select(&selection, "a", 1), None);
        assert_eq!(select(&selection, "b", 1), Some(4));
        assert_eq!(select(&selection, "b", 5), Some(4));
        assert_eq!(select(&selection, "c", 1), None);
        assert_eq!(select(&selection, "", 1), None);
        selection.set_by_rack(false);
        assert_eq!(select(&selection, "b", 1), None);
    }

    #[test]
    fn who_is_sent_somewhere_goes_there() {
        let selection = ReplicaSelection::new(true);
        let part = || TopicPart::new("t", Some(0));
        selection.fix(part(), 2);
        selection.fix(TopicPart::new("t", Some(1)), 5);
        assert_eq!(select(&selection, "b", 1), Some(2));
        assert_eq!(select(&selection, "", 3), Some(2));
        assert_eq!(select(&selection, "b", 2), None);
        selection.release(&part(), 2);
        assert_eq!(select(&selection, "b", 2), Some(4));
    }
}
