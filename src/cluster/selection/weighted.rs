//! Some brokers more often than others.

use std::sync::{Mutex, PoisonError};

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};

/// Chooses each broker as often as its weight says, and spreads the choices of a heavy one out (smooth weighted round robin, as nginx does
/// it): with 5:1:1 the order is a a b a c a a.
///
/// A broker that was given no weight has weight 1. One of weight 0 is chosen only when there is no other.
///
/// ```
/// use std::time::Instant;
/// use milena::cluster::selection::{BrokerSelection, Candidate, SelectionContext, Weighted};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let candidates = [1, 2, 3].map(Candidate::new);
/// let policy = Weighted::new([(1, 5)]);
/// let chosen = [(); 7].map(|()| policy.choose(&candidates, &context));
/// assert_eq!(chosen, [0, 0, 1, 0, 2, 0, 0].map(Some));
/// ```
#[derive(Debug, Default)]
pub struct Weighted {
    weights: Vec<(i32, u32)>,
    /// Every broker that was seen, by its id.
    standings: Mutex<Vec<Standing>>,
}

/// How far a broker is from its turn.
#[derive(Debug)]
struct Standing {
    id: i32,
    weight: i64,
    /// Grows by the weight with each choice, and falls by the sum of all when it is the broker's turn.
    current: i64,
}

impl Weighted {
    /// The policy with weights by broker id. Of an id that comes twice the last weight counts.
    #[must_use]
    pub fn new(weights: impl IntoIterator<Item = (i32, u32)>) -> Self {
        Self {
            weights: weights.into_iter().collect(),
            standings: Mutex::default(),
        }
    }

    fn weight(&self, id: i32) -> i64 {
        let given = self.weights.iter().rev().find(|(given, _)| *given == id);
        given.map_or(1, |(_, weight)| i64::from(*weight))
    }

    /// The standing of a broker, which is often the one behind the last that was looked for.
    fn standing<'a>(
        &self,
        standings: &'a mut Vec<Standing>,
        id: i32,
        likely: &mut usize,
    ) -> Option<&'a mut Standing> {
        let is_there = standings.get(*likely).is_some_and(|found| found.id == id);
        let at = if is_there {
            *likely
        } else {
            let found = standings.binary_search_by_key(&id, |standing| standing.id);
            found.unwrap_or_else(|at| {
                let weight = self.weight(id);
                let current = 0;
                standings.insert(
                    at,
                    Standing {
                        id,
                        weight,
                        current,
                    },
                );
                at
            })
        };
        *likely = at + 1;
        standings.get_mut(at)
    }
}

impl BrokerSelection for Weighted {
    fn choose(&self, candidates: &[Candidate<'_>], _: &SelectionContext<'_>) -> Option<usize> {
        let mut standings = self
            .standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let standings = &mut *standings;
        if standings.len() > 2 * candidates.len() + FORGOTTEN_FROM {
            standings.retain(|known| candidates.iter().any(|candidate| candidate.id == known.id));
        }
        let (mut sum, mut likely) = (0, 0);
        for candidate in candidates {
            sum += self.standing(standings, candidate.id, &mut likely)?.weight;
        }
        // When there is nobody else, those of weight 0 are all alike.
        let extra = i64::from(sum == 0);
        let mut best = None;
        (sum, likely) = (0, 0);
        for (index, candidate) in candidates.iter().enumerate() {
            let standing = self.standing(standings, candidate.id, &mut likely)?;
            let weight = standing.weight + extra;
            standing.current += weight;
            sum += weight;
            let current = standing.current;
            if weight > 0 && best.is_none_or(|(_, _, most)| current > most) {
                best = Some((index, candidate.id, current));
            }
        }
        let (index, id, _) = best?;
        self.standing(standings, id, &mut 0)?.current -= sum;
        Some(index)
    }
}

/// Brokers that are gone are kept in mind as long as they are not many more than those that are there.
const FORGOTTEN_FROM: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::testing::{brokers, context, counts};
    use super::*;

    fn chosen(policy: &Weighted, candidates: &[Candidate<'_>], count: usize) -> String {
        let chosen = (0..count).map(|_| policy.choose(candidates, &context()).unwrap());
        let ids = chosen.map(|index| candidates[index].id);
        ids.map(|id| char::from(b'a' + u8::try_from(id).unwrap()))
            .collect()
    }

    /// Statement 15.
    #[test]
    fn five_one_one_is_spread_as_in_nginx() {
        let policy = Weighted::new([(0, 5), (1, 1), (2, 1)]);
        for _ in 0..10 {
            assert_eq!(chosen(&policy, &brokers(0..3), 7), "aabacaa");
        }
        let policy = Weighted::new([(0, 4), (1, 2), (2, 1)]);
        assert_eq!(chosen(&policy, &brokers(0..3), 7), "abacaba");
    }

    /// Statements 15 and 16.
    #[test]
    fn each_is_chosen_as_often_as_its_weight_says() {
        for weights in (0..6_u32.pow(3)).map(|case| [case / 36, case / 6 % 6, case % 6]) {
            let policy = Weighted::new((0..).zip(weights));
            let sum: u32 = weights.iter().sum();
            let counts = counts(&policy, &brokers(0..3), &context(), 12 * sum.max(1));
            if sum > 0 {
                assert_eq!(counts, weights.map(|weight| 12 * weight));
            } else {
                assert_eq!(counts, [4; 3]);
            }
        }
        let policy = Weighted::new([(0, 4), (1, 2)]);
        let counts = counts(&policy, &brokers(0..3), &context(), 10_000);
        assert_eq!(counts, [5714, 2857, 1429]);
    }

    /// Statement 15: the order of the candidates does not matter, and who is down is skipped.
    #[test]
    fn who_is_down_leaves_the_others_their_shares() {
        let policy = Weighted::new([(0, 5), (1, 2), (2, 1), (3, 0)]);
        let mut candidates = brokers(0..4);
        chosen(&policy, &candidates, 3);
        candidates.remove(0);
        candidates.reverse();
        let order = chosen(&policy, &candidates, 300);
        // What was begun before is ended first.
        let count = order.matches('b').count();
        assert!((199..=201).contains(&count), "{count}");
        assert_eq!(order.matches('c').count(), 300 - count);
        let spare = [Candidate::new(3)];
        assert_eq!(chosen(&policy, &spare, 2), "dd");
    }

    #[test]
    fn brokers_that_are_gone_are_forgotten() {
        let policy = Weighted::new([]);
        for id in 0..10_000 {
            let candidates = [Candidate::new(id), Candidate::new(id + 1)];
            assert!(policy.choose(&candidates, &context()).is_some());
        }
        assert!(policy.standings.lock().unwrap().len() <= 70);
        assert_eq!(policy.choose(&[], &context()), None);
    }
}
