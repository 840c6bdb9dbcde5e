//! Which node coordinates what: as with Kafka, a key belongs to one of the partitions of an internal topic, and whoever leads that coordinates it.

use std::collections::HashMap;

/// How many partitions each of the internal topics has: `offsets.topic.num.partitions`, `transaction.state.log.num.partitions`,
/// `share.coordinator.state.topic.num.partitions`.
const PARTITIONS: usize = 50;

/// What is coordinated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coordination {
    /// A group, by its id: `__consumer_offsets`.
    Group,
    /// A producer with transactions, by its transactional id: `__transaction_state`.
    Transaction,
    /// A partition that a share group reads, as `group:topic-id:partition`: `__share_group_state`.
    Share,
}

impl Coordination {
    /// By its number in FindCoordinator.
    pub(crate) fn from_number(number: i8) -> Option<Self> {
        match number {
            0 => Some(Self::Group),
            1 => Some(Self::Transaction),
            2 => Some(Self::Share),
            _ => None,
        }
    }
}

/// Who coordinates what.
#[derive(Debug, Default)]
pub(super) struct Coordinators {
    /// The leaders of the internal topics, which are made when they are first asked about; `None`: nobody leads.
    leaders: HashMap<Coordination, Vec<Option<i32>>>,
    /// What a test has moved elsewhere.
    moved: HashMap<(Coordination, String), i32>,
}

impl Coordinators {
    /// Who coordinates this, if anybody does. `alive` are the nodes that are up, by id.
    pub(super) fn of(&mut self, what: Coordination, key: &str, alive: &[i32]) -> Option<i32> {
        if let Some(node) = self.moved.get(&(what, key.to_owned())) {
            return Some(*node);
        }
        let leaders = self.leaders.entry(what).or_insert_with(|| {
            let ring = (0..PARTITIONS).map(|partition| {
                let place = partition.checked_rem(alive.len())?;
                alive.get(place).copied()
            });
            ring.collect()
        });
        leaders.get(partition(key)).copied().flatten()
    }

    /// This node coordinates it from now on, for as long as it is up.
    pub(super) fn move_to(&mut self, what: Coordination, key: &str, node: i32) {
        self.moved.insert((what, key.to_owned()), node);
    }

    /// A node has stopped: the next of those that are up coordinates what it did.
    pub(super) fn node_stopped(&mut self, node: i32, alive: &[i32]) {
        self.moved.retain(|_, other| *other != node);
        let next = alive.iter().find(|id| **id > node).or(alive.first());
        for leader in self.leaders.values_mut().flatten() {
            if *leader == Some(node) {
                *leader = next.copied();
            }
        }
    }

    /// A node has started: it coordinates what nobody did.
    pub(super) fn node_started(&mut self, node: i32) {
        for leader in self.leaders.values_mut().flatten() {
            leader.get_or_insert(node);
        }
    }
}

/// The partition of its internal topic that a key belongs to.
pub(crate) fn key_partition(key: &str) -> i32 {
    i32::try_from(partition(key)).unwrap_or(0)
}

/// The partition that a key belongs to, by the hash that Java has for strings.
fn partition(key: &str) -> usize {
    let hash = key.encode_utf16().fold(0u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    usize::try_from(hash & 0x7fff_ffff).unwrap_or(0) % PARTITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_belong_to_kafkas_partitions() {
        // What `Math.abs(key.hashCode() & 0x7fffffff) % 50` gives in Java.
        for (key, expected) in [("", 0), ("a", 47), ("polygenelubricants", 0), ("é€", 37)] {
            assert_eq!(partition(key), expected, "{key}");
        }
    }

    #[test]
    fn only_what_a_node_did_moves_when_it_stops() {
        let mut coordinators = Coordinators::default();
        let keys: Vec<_> = (0..200).map(|number| format!("group-{number}")).collect();
        let all = |coordinators: &mut Coordinators, alive: &[i32]| -> Vec<_> {
            let of = |key: &String| coordinators.of(Coordination::Group, key, alive);
            keys.iter().map(of).collect()
        };
        let before = all(&mut coordinators, &[1, 2, 3]);
        for node in 1..=3 {
            assert!(before.contains(&Some(node)));
        }
        coordinators.node_stopped(3, &[1, 2]);
        let after = all(&mut coordinators, &[1, 2]);
        for (before, after) in before.iter().zip(&after) {
            let expected = if *before == Some(3) { Some(1) } else { *before };
            assert_eq!(*after, expected);
        }
        coordinators.node_stopped(1, &[2]);
        coordinators.node_stopped(2, &[]);
        assert!(all(&mut coordinators, &[]).iter().all(Option::is_none));
        coordinators.node_started(1);
        assert!(
            all(&mut coordinators, &[1])
                .iter()
                .all(|node| *node == Some(1))
        );
    }

    #[test]
    fn a_key_that_was_moved_comes_back_when_its_node_stops() {
        let mut coordinators = Coordinators::default();
        let group = Coordination::Group;
        assert_eq!(coordinators.of(group, "a", &[1, 2]), Some(2));
        coordinators.move_to(group, "a", 1);
        assert_eq!(coordinators.of(group, "a", &[1, 2]), Some(1));
        assert_eq!(
            coordinators.of(Coordination::Transaction, "a", &[1, 2]),
            Some(2)
        );
        coordinators.node_stopped(1, &[2]);
        assert_eq!(coordinators.of(group, "a", &[2]), Some(2));
    }
}
