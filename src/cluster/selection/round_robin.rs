//! One broker after the other.

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use super::ties::Turns;

/// Chooses one broker after the other, whatever their load.
///
/// ```
/// use std::time::Instant;
/// use milena::cluster::selection::{BrokerSelection, Candidate, RoundRobin, SelectionContext};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let candidates = [1, 2, 3].map(Candidate::new);
/// let policy = RoundRobin::new();
/// let chosen = [(); 6].map(|()| policy.choose(&candidates, &context));
/// assert_eq!(chosen, [0, 1, 2, 0, 1, 2].map(Some));
/// ```
#[derive(Debug, Default)]
pub struct RoundRobin {
    turns: Turns,
}

impl RoundRobin {
    /// The policy; it has no options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl BrokerSelection for RoundRobin {
    fn choose(&self, candidates: &[Candidate<'_>], _: &SelectionContext<'_>) -> Option<usize> {
        (!candidates.is_empty()).then(|| self.turns.next(candidates.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{brokers, context, counts};
    use super::*;

    /// Statement 15.
    #[test]
    fn each_broker_has_its_turn() {
        let policy = RoundRobin::new();
        for count in 1..20 {
            let counts = counts(&policy, &brokers(0..count), &context(), 20);
            let (least, most) = (counts.iter().min(), counts.iter().max());
            assert!(most.unwrap() - least.unwrap() <= 1, "{counts:?}");
        }
        assert_eq!(policy.choose(&[], &context()), None);
    }

    /// Statement 15.
    #[test]
    fn threads_take_turns_too() {
        let (policy, candidates) = (RoundRobin::new(), brokers(0..3));
        let mut sum = vec![0; 3];
        std::thread::scope(|scope| {
            let run = || counts(&policy, &candidates, &context(), 3000);
            let threads = [scope.spawn(run), scope.spawn(run), scope.spawn(run)];
            for thread in threads {
                for (sum, count) in sum.iter_mut().zip(thread.join().unwrap()) {
                    *sum += count;
                }
            }
        });
        assert_eq!(sum, [3000; 3]);
    }
}
