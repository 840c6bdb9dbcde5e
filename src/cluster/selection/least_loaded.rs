//! The least busy broker.

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use super::latency::rank;
use super::ties::{Turns, least_by};

/// Chooses the broker with the fewest requests in flight, and of those the one with the lowest smoothed latency. The default: it finds out
/// by itself which broker is slow.
///
/// Latencies that differ by less than an eighth or so count as equal, and an unknown one as the lowest. Equal brokers take turns.
///
/// ```
/// use std::time::{Duration, Instant};
/// use milena::cluster::selection::{BrokerSelection, Candidate, LeastLoaded, SelectionContext};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let candidates = [
///     Candidate::new(1).with_in_flight(3).with_latency(Duration::from_millis(1)),
///     Candidate::new(2).with_in_flight(2).with_latency(Duration::from_millis(9)),
///     Candidate::new(3).with_in_flight(2).with_latency(Duration::from_millis(5)),
/// ];
/// assert_eq!(LeastLoaded::new().choose(&candidates, &context), Some(2));
/// ```
#[derive(Debug, Default)]
pub struct LeastLoaded {
    turns: Turns,
}

impl LeastLoaded {
    /// The policy; it has no options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl BrokerSelection for LeastLoaded {
    fn choose(&self, candidates: &[Candidate<'_>], _: &SelectionContext<'_>) -> Option<usize> {
        least_by(candidates, &self.turns, |candidate| {
            (candidate.in_flight, rank(candidate.latency))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::{brokers, context, counts};
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Statement 15: for every load of three brokers.
    #[test]
    fn the_fewest_in_flight_win_and_of_those_the_fastest() {
        let policy = LeastLoaded::new();
        for case in 0..4_u32.pow(6) {
            let digit = |place| case / 4_u32.pow(place) % 4;
            let candidates = [0, 1, 2].map(|at| {
                let latency = [None, Some(ms(1)), Some(ms(2)), Some(ms(4))];
                Candidate::new(i32::try_from(at).unwrap())
                    .with_in_flight(digit(at))
                    .with_latency(latency[usize::try_from(digit(3 + at)).unwrap()])
            });
            let chosen = candidates[policy.choose(&candidates, &context()).unwrap()];
            for other in candidates {
                assert!(
                    (chosen.in_flight, chosen.latency) <= (other.in_flight, other.latency),
                    "{chosen:?} {other:?}"
                );
            }
        }
    }

    /// Statement 15.
    #[test]
    fn equal_brokers_share_the_load() {
        let policy = LeastLoaded::new();
        let mut candidates = brokers(0..5);
        // One is busy, and one is a little slower.
        candidates[1].in_flight = 1;
        for (candidate, micros) in candidates.iter_mut().zip([1000, 1000, 1000, 1030, 1000]) {
            candidate.latency = Some(Duration::from_micros(micros));
        }
        let counts = counts(&policy, &candidates, &context(), 4000);
        assert_eq!(counts, [1000, 0, 1000, 1000, 1000]);
    }

    #[test]
    fn nobody_is_chosen_of_none() {
        assert_eq!(LeastLoaded::new().choose(&[], &context()), None);
    }
}
