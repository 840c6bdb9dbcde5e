//! What the tests of the policies share.

use std::ops::Range;
use std::time::Instant;

use milena_wire::api_key::ApiKey;

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};

/// Brokers of these ids that are all alike.
pub(super) fn brokers(ids: Range<i32>) -> Vec<Candidate<'static>> {
    ids.map(Candidate::new).collect()
}

pub(super) fn context() -> SelectionContext<'static> {
    SelectionContext::new(ApiKey::METADATA, Instant::now())
}

/// How often each candidate is chosen.
pub(super) fn counts(
    policy: &dyn BrokerSelection,
    candidates: &[Candidate<'_>],
    context: &SelectionContext<'_>,
    choices: u32,
) -> Vec<u32> {
    let mut counts = vec![0; candidates.len()];
    for _ in 0..choices {
        counts[policy.choose(candidates, context).unwrap()] += 1;
    }
    counts
}
