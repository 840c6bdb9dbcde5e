//! The best of several, and whose turn it is among equals.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::broker_selection::Candidate;

/// Counts the choices among equals.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicUsize);

impl Turns {
    /// Whose turn it is of so many; 0 if there are none.
    pub(super) fn next(&self, count: usize) -> usize {
        self.0
            .fetch_add(1, Ordering::Relaxed)
            .checked_rem(count)
            .unwrap_or(0)
    }
}

/// The candidate with the least key. Those with the same key take turns.
pub(super) fn least_by<K: Ord + Copy>(
    candidates: &[Candidate<'_>],
    turns: &Turns,
    key: impl Fn(&Candidate<'_>) -> K,
) -> Option<usize> {
    let (mut least, mut chosen, mut count) = (None, 0, 0);
    for (index, candidate) in candidates.iter().enumerate() {
        let key = key(candidate);
        match least {
            Some(least) if key > least => {}
            Some(least) if key == least => count += 1,
            _ => (least, chosen, count) = (Some(key), index, 1),
        }
    }
    let least = least?;
    if count == 1 {
        return Some(chosen);
    }
    let equals = candidates.iter().enumerate();
    let mut equals = equals.filter(|(_, candidate)| key(candidate) == least);
    equals.nth(turns.next(count)).map(|(index, _)| index)
}
