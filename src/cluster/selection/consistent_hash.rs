//! Keys that stay where they are, as far as can be.

use std::sync::{PoisonError, RwLock};

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use super::ties::Turns;
use crate::murmur2::murmur2;

/// How many points of the ring a broker of weight 1 has.
const POINTS: u32 = 150;

/// Brokers that are gone are kept in mind as long as they are not many more than those that are there.
const FORGOTTEN_FROM: usize = 64;

/// Chooses the broker to which the caller's key belongs, on a ring of Kafka's murmur2 with 150 points for each unit of weight. When one of n
/// brokers goes, only its keys move, and they move to all others; when it comes back, they do, too.
///
/// A broker that was given no weight has weight 1; one of weight 0 gets no key. Requests without a key go to one broker after the other.
///
/// ```
/// use std::time::Instant;
/// use milena::cluster::selection::{BrokerSelection, Candidate, ConsistentHash, SelectionContext};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let context = context.with_key(b"billing".as_slice());
/// let candidates = [1, 2, 3].map(Candidate::new);
/// let one = ConsistentHash::new([]).choose(&candidates, &context);
/// let another = ConsistentHash::new([]).choose(&candidates, &context);
/// assert_eq!(one, another);
/// ```
#[derive(Debug, Default)]
pub struct ConsistentHash {
    weights: Vec<(i32, u8)>,
    ring: RwLock<Ring>,
    turns: Turns,
}

/// The points of all brokers that were seen. Those of one that is down are passed over, which comes to the same as to take them out.
#[derive(Debug, Default)]
struct Ring {
    /// Sorted.
    ids: Vec<i32>,
    /// Where on the ring, and whose; sorted.
    points: Vec<(u32, i32)>,
}

impl ConsistentHash {
    /// The policy with weights by broker id. Of an id that comes twice the last weight counts.
    #[must_use]
    pub fn new(weights: impl IntoIterator<Item = (i32, u8)>) -> Self {
        Self {
            weights: weights.into_iter().collect(),
            ..Self::default()
        }
    }

    fn weight(&self, id: i32) -> u32 {
        let given = self.weights.iter().rev().find(|(given, _)| *given == id);
        given.map_or(1, |(_, weight)| u32::from(*weight))
    }

    /// The ring with these brokers, and those that it had, unless they are too many.
    fn rebuild(&self, ring: &mut Ring, candidates: &[Candidate<'_>]) {
        if ring.ids.len() > 2 * candidates.len() + FORGOTTEN_FROM {
            ring.ids.clear();
        }
        ring.ids
            .extend(candidates.iter().map(|candidate| candidate.id));
        ring.ids.sort_unstable();
        ring.ids.dedup();
        ring.points.clear();
        for &id in &ring.ids {
            for point in 0..POINTS * self.weight(id) {
                ring.points.push((place(id, point), id));
            }
        }
        ring.points.sort_unstable();
    }
}

/// Where a broker's point is on the ring.
fn place(id: i32, point: u32) -> u32 {
    let mut bytes = [0; 8];
    let (first, second) = bytes.split_at_mut(4);
    first.copy_from_slice(&id.to_be_bytes());
    second.copy_from_slice(&point.to_be_bytes());
    murmur2(&bytes)
}

impl Ring {
    fn knows(&self, candidates: &[Candidate<'_>]) -> bool {
        let mut likely = 0;
        candidates.iter().all(|candidate| {
            if self.ids.get(likely) != Some(&candidate.id) {
                match self.ids.binary_search(&candidate.id) {
                    Ok(at) => likely = at,
                    Err(_) => return false,
                }
            }
            likely += 1;
            true
        })
    }

    /// The first point from there on that belongs to a candidate.
    fn choose(&self, hash: u32, candidates: &[Candidate<'_>]) -> Option<usize> {
        let from = self.points.partition_point(|(place, _)| *place < hash);
        let (before, behind) = self.points.split_at_checked(from)?;
        let mut passed_over = None;
        behind.iter().chain(before).find_map(|(_, id)| {
            if passed_over == Some(*id) {
                return None;
            }
            passed_over = Some(*id);
            candidates.iter().position(|candidate| candidate.id == *id)
        })
    }
}

impl BrokerSelection for ConsistentHash {
    fn choose(
        &self,
        candidates: &[Candidate<'_>],
        context: &SelectionContext<'_>,
    ) -> Option<usize> {
        if candidates.is_empty() {
            return None;
        }
        let chosen = context.key.and_then(|key| {
            let hash = murmur2(key);
            let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
            if ring.knows(candidates) {
                return ring.choose(hash, candidates);
            }
            drop(ring);
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            if !ring.knows(candidates) {
                self.rebuild(&mut ring, candidates);
            }
            ring.choose(hash, candidates)
        });
        chosen.or_else(|| Some(self.turns.next(candidates.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{brokers, context, counts};
    use super::*;

    const KEYS: u32 = 20_000;

    /// The id of the broker that each key belongs to.
    fn owners(policy: &ConsistentHash, candidates: &[Candidate<'_>]) -> Vec<i32> {
        let keys = (0..KEYS).map(|number| format!("customer-{number}"));
        keys.map(|key| {
            let context = context().with_key(key.as_bytes());
            candidates[policy.choose(candidates, &context).unwrap()].id
        })
        .collect()
    }

    fn share(owners: &[i32], id: i32) -> f64 {
        let count = owners.iter().filter(|owner| **owner == id).count();
        count as f64 / owners.len() as f64
    }

    /// Statement 15: removing one of n brokers moves only its keys, whether it is down or was never there.
    #[test]
    fn only_the_keys_of_a_broker_that_goes_are_moved() {
        for count in [2, 3, 5, 10] {
            let policy = ConsistentHash::new([]);
            let all = brokers(0..count);
            let before = owners(&policy, &all);
            for gone in 0..count {
                let mut left = all.clone();
                left.retain(|candidate| candidate.id != gone);
                let after = owners(&policy, &left);
                assert_eq!(after, owners(&ConsistentHash::new([]), &left));
                for (before, after) in before.iter().zip(&after) {
                    assert!(if *before == gone {
                        *after != gone
                    } else {
                        before == after
                    });
                }
                // They go to all others.
                let moved = before.iter().zip(&after).filter(|(old, _)| **old == gone);
                let heirs: std::collections::HashSet<_> = moved.map(|(_, new)| new).collect();
                assert_eq!(heirs.len(), left.len());
            }
            assert_eq!(owners(&policy, &all), before);
        }
    }

    /// Statement 15.
    #[test]
    fn keys_are_shared_by_weight() {
        let even = owners(&ConsistentHash::new([]), &brokers(0..5));
        for id in 0..5 {
            let share = share(&even, id);
            assert!((0.16..0.24).contains(&share), "{id}: {share}");
        }
        let policy = ConsistentHash::new([(1, 2), (2, 4), (3, 0)]);
        let weighted = owners(&policy, &brokers(0..4));
        for (id, expected) in [(0, 1.0 / 7.0), (1, 2.0 / 7.0), (2, 4.0 / 7.0), (3, 0.0)] {
            let share = share(&weighted, id);
            assert!((share - expected).abs() <= 0.2 * expected, "{id}: {share}");
        }
        // Who is of no weight is better than nobody.
        let spare = [Candidate::new(3)];
        assert_eq!(
            policy.choose(&spare, &context().with_key(b"key".as_slice())),
            Some(0)
        );
    }

    /// Statement 15: a broker has 150 points, and the ring is made again only when one comes that it does not know.
    #[test]
    fn the_ring_is_made_again_only_for_a_broker_that_is_new() {
        let policy = ConsistentHash::new([(7, 3)]);
        let key = context().with_key(b"key".as_slice());
        let all = brokers(5..9);
        policy.choose(&all, &key);
        assert_eq!(policy.ring.read().unwrap().points.len(), 150 * 6);
        // Whoever makes it again loses the mark.
        policy.ring.write().unwrap().points = vec![(0, 6)];
        for left in [&all[..2], &all[1..], &all[1..3], &all] {
            let chosen = policy.choose(left, &key).unwrap();
            assert_eq!(left[chosen].id, 6);
        }
        policy.choose(&brokers(4..9), &key);
        assert_eq!(policy.ring.read().unwrap().points.len(), 150 * 7);
    }

    #[test]
    fn brokers_that_are_gone_are_forgotten() {
        let policy = ConsistentHash::new([]);
        for id in 0..300 {
            let key = context().with_key(b"key".as_slice());
            assert_eq!(policy.choose(&[Candidate::new(id)], &key), Some(0));
        }
        assert!(policy.ring.read().unwrap().ids.len() <= 68);
    }

    #[test]
    fn without_a_key_they_take_turns() {
        let policy = ConsistentHash::new([]);
        assert_eq!(counts(&policy, &brokers(0..3), &context(), 300), [100; 3]);
        assert_eq!(
            policy.choose(&[], &context().with_key(b"key".as_slice())),
            None
        );
    }
}
