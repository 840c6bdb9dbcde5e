//! What was promised, and what is there.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use milena::Error;
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;

/// Where a record is.
pub(crate) type Place = (i32, i64);

/// What the calls came to.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// By the record's number.
    acknowledged: HashMap<u64, Place>,
    /// Of these nobody knows.
    uncertain: u64,
    failures: BTreeMap<String, u64>,
    slowest: Duration,
    latest: Duration,
}

/// Whether what was promised was held.
#[derive(Debug)]
pub(crate) struct Verdict {
    acknowledged: usize,
    uncertain: u64,
    found: usize,
    lost: usize,
    doubled: usize,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call ended after so long, with so much time that it had.
    pub(crate) fn ended(&self, took: Duration, deadline: Duration) {
        let mut entries = self.entries();
        entries.slowest = entries.slowest.max(took);
        entries.latest = entries.latest.max(took.saturating_sub(deadline));
    }

    pub(crate) fn wrote(&self, number: u64, place: Place) {
        self.entries().acknowledged.insert(number, place);
    }

    /// A call had no answer.
    pub(crate) fn failed(&self, error: &Error) {
        let kind = match error.kind() {
            ErrorKind::Connect { phase, .. } => format!("no connection ({phase})"),
            ErrorKind::Closed(_) => "connection lost".to_owned(),
            ErrorKind::CircuitOpen { .. } => "circuit open".to_owned(),
            kind => {
                let text = kind.to_string();
                text.split([':', ',']).next().unwrap_or_default().to_owned()
            }
        };
        let mut entries = self.entries();
        *entries.failures.entry(kind).or_default() += 1;
        if error.may_have_been_sent() {
            entries.uncertain += 1;
        }
    }

    /// A broker said no, and said so until the deadline or for good.
    pub(crate) fn refused(&self, code: ErrorCode) {
        *self.entries().failures.entry(code.to_string()).or_default() += 1;
    }

    pub(crate) fn slowest(&self) -> Duration {
        self.entries().slowest
    }

    pub(crate) fn latest(&self) -> Duration {
        self.entries().latest
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.entries().acknowledged.len()
    }

    pub(crate) fn failures(&self) -> String {
        let entries = self.entries();
        if entries.failures.is_empty() {
            return "none".to_owned();
        }
        let kinds = entries.failures.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        kinds.join("; ")
    }

    /// Holds what was acknowledged against what was found.
    pub(crate) fn verdict(&self, found: &[(Place, u64)]) -> Verdict {
        let entries = self.entries();
        let mut places: HashMap<u64, Vec<Place>> = HashMap::new();
        for (place, number) in found {
            places.entry(*number).or_default().push(*place);
        }
        let is_lost = |(number, place): &(&u64, &Place)| {
            places
                .get(number)
                .is_none_or(|places| !places.contains(place))
        };
        Verdict {
            acknowledged: entries.acknowledged.len(),
            uncertain: entries.uncertain,
            found: found.len(),
            lost: entries.acknowledged.iter().filter(is_lost).count(),
            doubled: places.values().filter(|places| places.len() > 1).count(),
        }
    }
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.lost == 0 && self.doubled == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "records acknowledged: {}, of unknown fate: {}, found: {}, acknowledged and lost: {}, doubled: {}",
            self.acknowledged, self.uncertain, self.found, self.lost, self.doubled
        )
    }
}
