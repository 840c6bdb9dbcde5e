//! A broker for each key.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use super::least_loaded::LeastLoaded;

/// Chooses the broker that the caller's key had before, for an hour from its first choice; then, or when that broker is down, another policy
/// chooses anew. Requests without a key are left to that policy, too.
///
/// It remembers a bounded number of keys, by their hash; of more, those that came first are forgotten.
///
/// ```
/// use std::time::Instant;
/// use milena::cluster::selection::{BrokerSelection, Candidate, SelectionContext, Sticky};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let context = context.with_key(b"billing".as_slice());
/// let idle = [1, 2].map(Candidate::new);
/// let policy = Sticky::new();
/// let chosen = policy.choose(&idle, &context);
/// let busy = idle.map(|candidate| candidate.with_in_flight(u32::from(candidate.id == 1)));
/// assert_eq!(policy.choose(&busy, &context), chosen);
/// ```
#[derive(Debug)]
pub struct Sticky {
    ttl: Duration,
    capacity: NonZeroUsize,
    otherwise: Box<dyn BrokerSelection>,
    hasher: RandomState,
    bindings: Mutex<Bindings>,
}

#[derive(Debug, Default)]
struct Bindings {
    /// The broker of each key, by the key's hash. Two keys with the same hash share a broker, which does no harm.
    brokers: HashMap<u64, i32>,
    /// The same keys in the order in which they were bound, and until when; `None` for ever.
    ends: VecDeque<(u64, Option<Instant>)>,
}

impl Sticky {
    /// The policy, with its defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ttl: Duration::from_secs(3600),
            capacity: NonZeroUsize::MIN.saturating_add(9_999),
            otherwise: Box::new(LeastLoaded::new()),
            hasher: RandomState::new(),
            bindings: Mutex::default(),
        }
    }

    /// For how long a key stays with its broker, from its first choice. Default: 1 h.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// How many keys are remembered; each takes about 50 bytes. Default: 10,000.
    #[must_use]
    pub fn capacity(self, keys: NonZeroUsize) -> Self {
        Self {
            capacity: keys,
            ..self
        }
    }

    /// Who chooses when there is nothing to stick to. Default: [`LeastLoaded`].
    #[must_use]
    pub fn otherwise(self, policy: impl BrokerSelection + 'static) -> Self {
        Self {
            otherwise: Box::new(policy),
            ..self
        }
    }
}

impl Default for Sticky {
    fn default() -> Self {
        Self::new()
    }
}

impl Bindings {
    /// Forgets the keys whose time is over.
    fn expire(&mut self, now: Instant) {
        while let Some((key, Some(end))) = self.ends.front() {
            if *end > now {
                return;
            }
            self.brokers.remove(key);
            self.ends.pop_front();
        }
    }

    fn bind(&mut self, key: u64, id: i32, end: Option<Instant>, capacity: usize) {
        if self.brokers.insert(key, id).is_some() {
            // Its broker was down. Its time goes on, so that the keys stay in the order of their ends.
            return;
        }
        if self.ends.len() >= capacity {
            if let Some((oldest, _)) = self.ends.pop_front() {
                self.brokers.remove(&oldest);
            }
        }
        self.ends.push_back((key, end));
    }
}

impl BrokerSelection for Sticky {
    fn choose(
        &self,
        candidates: &[Candidate<'_>],
        context: &SelectionContext<'_>,
    ) -> Option<usize> {
        let Some(key) = context.key else {
            return self.otherwise.choose(candidates, context);
        };
        let key = self.hasher.hash_one(key);
        let mut bindings = self.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        bindings.expire(context.now);
        let bound = bindings.brokers.get(&key);
        let index = bound.and_then(|id| candidates.iter().position(|other| other.id == *id));
        if index.is_some() {
            return index;
        }
        // Under the lock, so that all who come with a new key get the same broker.
        let index = self.otherwise.choose(candidates, context)?;
        let chosen = candidates.get(index)?;
        let end = context.now.checked_add(self.ttl);
        bindings.bind(key, chosen.id, end, self.capacity.get());
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::super::round_robin::RoundRobin;
    use super::super::testing::{brokers, context, counts};
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn policy() -> Sticky {
        Sticky::new().otherwise(RoundRobin::new())
    }

    /// The id that this key gets.
    fn id(policy: &Sticky, candidates: &[Candidate<'_>], now: Instant, key: u32) -> i32 {
        let key = key.to_be_bytes();
        let context = SelectionContext { now, ..context() };
        let index = policy.choose(candidates, &context.with_key(key.as_slice()));
        candidates[index.unwrap()].id
    }

    /// Statement 15.
    #[test]
    fn a_key_keeps_its_broker_for_an_hour() {
        let (policy, candidates, now) = (policy(), brokers(0..3), Instant::now());
        for key in 0..6 {
            assert_eq!(
                id(&policy, &candidates, now, key),
                i32::try_from(key % 3).unwrap()
            );
        }
        for minute in 0..60 {
            for key in 0..6 {
                let at = now + minute * Duration::from_secs(60);
                assert_eq!(
                    id(&policy, &candidates, at, key),
                    i32::try_from(key % 3).unwrap()
                );
            }
        }
        // Key 1 was last seen a minute ago, and its time is over.
        assert_eq!(id(&policy, &candidates, now + HOUR, 1), 0);
        assert_eq!(policy.bindings.lock().unwrap().brokers.len(), 1);
        let ttl = Duration::from_secs(1);
        let policy = self::policy().ttl(ttl);
        assert_eq!(id(&policy, &candidates, now, 1), 0);
        assert_eq!(id(&policy, &candidates, now + ttl, 1), 1);
    }

    /// Statement 15.
    #[test]
    fn another_is_chosen_when_the_broker_is_down() {
        let (policy, candidates, now) = (policy(), brokers(0..3), Instant::now());
        assert_eq!(id(&policy, &candidates, now, 7), 0);
        let left = brokers(1..3);
        assert_eq!(id(&policy, &left, now + HOUR / 2, 7), 2);
        // It stays there when the other is back.
        assert_eq!(id(&policy, &candidates, now + HOUR / 2, 7), 2);
        // The time is that of the first choice.
        assert_eq!(id(&policy, &candidates, now + HOUR, 7), 2);
        assert_eq!(policy.bindings.lock().unwrap().ends.len(), 1);
    }

    /// Statement 15.
    #[test]
    fn the_keys_that_came_first_are_forgotten() {
        let policy = policy().capacity(NonZeroUsize::new(100).unwrap());
        let (candidates, now) = (brokers(0..7), Instant::now());
        let first = id(&policy, &candidates, now, 0);
        for key in 1..100 {
            id(&policy, &candidates, now, key);
        }
        assert_eq!(id(&policy, &candidates, now, 0), first);
        for key in 100..10_000 {
            id(&policy, &candidates, now, key);
            let bindings = policy.bindings.lock().unwrap();
            assert_eq!((bindings.brokers.len(), bindings.ends.len()), (100, 100));
        }
    }

    #[test]
    fn what_lasts_for_ever_is_no_overflow() {
        let policy = policy().ttl(Duration::MAX);
        let (candidates, now) = (brokers(0..3), Instant::now());
        assert_eq!(id(&policy, &candidates, now, 1), 0);
        assert_eq!(id(&policy, &candidates, now + 1_000_000 * HOUR, 1), 0);
    }

    #[test]
    fn without_a_key_the_other_policy_chooses() {
        let policy = policy();
        assert_eq!(counts(&policy, &brokers(0..3), &context(), 300), [100; 3]);
        assert!(policy.bindings.lock().unwrap().brokers.is_empty());
        let key = context().with_key(b"key".as_slice());
        assert_eq!(policy.choose(&[], &key), None);
        assert!(policy.bindings.lock().unwrap().brokers.is_empty());
    }
}
