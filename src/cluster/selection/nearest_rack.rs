//! The broker next door.

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use super::latency::rank;
use super::ties::{Turns, least_by};

/// Chooses among the brokers of the client's own rack the one with the lowest smoothed latency, and among all others if none of the rack is
/// up. Without a client rack the latency alone counts.
///
/// Latencies that differ by less than an eighth or so count as equal; then the one with fewer requests in flight is chosen, and equal ones take
/// turns. A broker whose latency is unknown is tried by one request at a time.
///
/// ```
/// use std::time::{Duration, Instant};
/// use milena::cluster::selection::{BrokerSelection, Candidate, NearestRack, SelectionContext};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now()).with_client_rack("west");
/// let candidates = [
///     Candidate::new(1).with_rack("east").with_latency(Duration::from_millis(1)),
///     Candidate::new(2).with_rack("west").with_latency(Duration::from_millis(7)),
///     Candidate::new(3).with_rack("west").with_latency(Duration::from_millis(5)),
/// ];
/// let policy = NearestRack::new();
/// assert_eq!(policy.choose(&candidates, &context), Some(2));
/// assert_eq!(policy.choose(&candidates[..1], &context), Some(0));
/// ```
#[derive(Debug, Default)]
pub struct NearestRack {
    turns: Turns,
}

impl NearestRack {
    /// The policy; it has no options of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl BrokerSelection for NearestRack {
    fn choose(
        &self,
        candidates: &[Candidate<'_>],
        context: &SelectionContext<'_>,
    ) -> Option<usize> {
        least_by(candidates, &self.turns, |candidate| {
            let is_elsewhere =
                context.client_rack.is_some() && candidate.rack != context.client_rack;
            let distance = match (candidate.latency, candidate.in_flight) {
                // Somebody is finding out.
                (None, 1..) => u64::MAX,
                (latency, _) => rank(latency),
            };
            (is_elsewhere, distance, candidate.in_flight)
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

    /// Statement 15: for every rack and latency of three brokers.
    #[test]
    fn the_own_rack_comes_first_then_the_lowest_latency() {
        let policy = NearestRack::new();
        let context = context().with_client_rack("here");
        let racks = [None, Some("there"), Some("here")];
        let latencies = [1, 4, 16].map(|time| Some(ms(time)));
        for case in 0..9_usize.pow(3) {
            let candidates = [0, 1, 2].map(|at| {
                let digit = case / 9_usize.pow(at) % 9;
                Candidate::new(i32::try_from(at).unwrap())
                    .with_rack(racks[digit % 3])
                    .with_latency(latencies[digit / 3])
            });
            let chosen = candidates[policy.choose(&candidates, &context).unwrap()];
            let is_here = |candidate: Candidate<'_>| candidate.rack == Some("here");
            for other in candidates {
                assert!(is_here(chosen) || !is_here(other));
                let is_comparable = is_here(chosen) == is_here(other);
                assert!(!is_comparable || chosen.latency <= other.latency);
            }
        }
    }

    /// Statement 15.
    #[test]
    fn equals_share_the_load_and_who_is_new_is_tried_by_one() {
        let policy = NearestRack::new();
        let candidates = brokers(0..4).into_iter();
        let mut candidates: Vec<_> = candidates
            .map(|candidate| candidate.with_rack("west").with_latency(ms(1)))
            .collect();
        candidates[0].latency = Some(ms(50));
        let chosen = counts(&policy, &candidates, &context(), 300);
        assert_eq!(chosen, [0, 100, 100, 100]);
        candidates[2].in_flight = 1;
        let chosen = counts(&policy, &candidates, &context(), 300);
        assert_eq!(chosen, [0, 150, 0, 150]);
        candidates[0].latency = None;
        assert_eq!(policy.choose(&candidates, &context()), Some(0));
        candidates[0].in_flight = 1;
        assert_ne!(policy.choose(&candidates, &context()), Some(0));
        assert_eq!(policy.choose(&[], &context()), None);
    }
}
