//! Which broker coordinates which group and transactional id, as it was last said.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::sync::watch;

use super::routing::CoordinatorKind;
use crate::error::Error;

/// What is coordinated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Coordinated {
    pub(crate) kind: CoordinatorKind,
    pub(crate) key: ByteString,
}

/// What became of looking for a coordinator, once it is known: the broker's id.
pub(crate) type Found = watch::Receiver<Option<Result<i32, Error>>>;

/// Waits for what is found; `None` if whoever looked is gone.
pub(crate) async fn told(mut found: Found) -> Option<Result<i32, Error>> {
    let told = found.wait_for(Option::is_some).await.ok()?;
    told.clone()
}

/// No more are remembered than these, of some 100 bytes each: more groups and transactional ids than one client has to do with at a time.
const REMEMBERED: usize = 10_000;

/// The coordinators that are known, and those that are just being looked for: each by one, however many want it. Of more than 10,000 that are known,
/// those are forgotten that were not asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Coordinators {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<Coordinated, Entry>,
    /// How many of them are known.
    known: usize,
    /// Counts what is asked for, as a clock would.
    age: u64,
}

#[derive(Debug)]
enum Entry {
    Known { broker: i32, used: u64 },
    Wanted(Found),
}

impl Entries {
    fn remember(&mut self, wanted: Coordinated, broker: i32) {
        self.age += 1;
        let used = self.age;
        let before = self.by_key.insert(wanted, Entry::Known { broker, used });
        if !matches!(before, Some(Entry::Known { .. })) {
            self.known += 1;
        }
        if self.known > REMEMBERED {
            self.forget_oldest();
        }
    }

    /// A tenth of them at once, so that a look at all of them is worth it.
    fn forget_oldest(&mut self) {
        let used = self.by_key.values().filter_map(|entry| match entry {
            Entry::Known { used, .. } => Some(*used),
            Entry::Wanted(_) => None,
        });
        let mut used: Vec<_> = used.collect();
        let (_, newest_of_old, _) = used.select_nth_unstable(REMEMBERED / 10);
        let newest_of_old = *newest_of_old;
        self.forget_if(|_, used| used <= newest_of_old);
    }

    fn forget(&mut self, wanted: &Coordinated) {
        if let Some(Entry::Known { .. }) = self.by_key.remove(wanted) {
            self.known -= 1;
        }
    }

    /// Forgets those of which this is true; of the broker, and of when it was asked for last.
    fn forget_if(&mut self, mut is_old: impl FnMut(i32, u64) -> bool) {
        let known = &mut self.known;
        self.by_key.retain(|_, entry| match entry {
            Entry::Known { broker, used } if is_old(*broker, *used) => {
                *known -= 1;
                false
            }
            _ => true,
        });
    }
}

/// Whoever looks for a coordinator, and tells it.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) wanted: Coordinated,
    told: watch::Sender<Option<Result<i32, Error>>>,
}

impl Coordinators {
    /// The coordinator, if it is known.
    pub(crate) fn known(&self, wanted: &Coordinated) -> Option<i32> {
        let mut entries = self.entries();
        entries.age += 1;
        let age = entries.age;
        match entries.by_key.get_mut(wanted) {
            Some(Entry::Known { broker, used }) => {
                *used = age;
                Some(*broker)
            }
            Some(Entry::Wanted(_)) | None => None,
        }
    }

    /// Joins those who wait for a coordinator; with a search, if nobody looks for it yet and so the caller has to.
    pub(crate) fn want(&self, wanted: &Coordinated) -> (Found, Option<Search>) {
        let mut entries = self.entries();
        match entries.by_key.get(wanted) {
            Some(Entry::Wanted(found)) if found.has_changed().is_ok() => {
                return (found.clone(), None);
            }
            Some(Entry::Known { broker, .. }) => {
                let (_, found) = watch::channel(Some(Ok(*broker)));
                return (found, None);
            }
            // The one before went away without a word.
            Some(Entry::Wanted(_)) | None => {}
        }
        let (told, found) = watch::channel(None);
        let entry = Entry::Wanted(found.clone());
        entries.by_key.insert(wanted.clone(), entry);
        let wanted = wanted.clone();
        (found, Some(Search { wanted, told }))
    }

    /// The search has come to an end.
    pub(crate) fn found(&self, search: Search, result: Result<i32, Error>) {
        let mut entries = self.entries();
        match &result {
            Ok(broker) => entries.remember(search.wanted, *broker),
            Err(_) => entries.forget(&search.wanted),
        }
        drop(entries);
        search.told.send_replace(Some(result));
    }

    /// `broker` does not coordinate this, whatever was known; what was learned since stays.
    pub(crate) fn forget(&self, wanted: &Coordinated, broker: i32) {
        let mut entries = self.entries();
        let known = entries.by_key.get(wanted);
        if matches!(known, Some(Entry::Known { broker: known, .. }) if *known == broker) {
            entries.forget(wanted);
        }
    }

    /// The broker may be gone: another one will coordinate what it did.
    pub(crate) fn forget_broker(&self, broker: i32) {
        self.entries().forget_if(|known, _| known == broker);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &'static str) -> Coordinated {
        Coordinated {
            kind: CoordinatorKind::Group,
            key: key.into(),
        }
    }

    /// Statement 5.
    #[test]
    fn one_looks_and_all_are_told() {
        let coordinators = Coordinators::default();
        let (first, search) = coordinators.want(&group("g"));
        let (second, nobody) = coordinators.want(&group("g"));
        assert!(nobody.is_none());
        assert_eq!(coordinators.known(&group("g")), None);
        coordinators.found(search.unwrap(), Ok(3));
        assert_eq!(coordinators.known(&group("g")), Some(3));
        for found in [first, second, coordinators.want(&group("g")).0] {
            assert!(matches!(&*found.borrow(), Some(Ok(3))));
        }
    }

    /// Statement 5.
    #[test]
    fn what_is_forgotten_is_looked_for_again() {
        let coordinators = Coordinators::default();
        for key in ["a", "b"] {
            let search = coordinators.want(&group(key)).1.unwrap();
            coordinators.found(search, Ok(1));
        }
        coordinators.forget(&group("a"), 2);
        assert_eq!(
            coordinators.known(&group("a")),
            Some(1),
            "it is another by now"
        );
        coordinators.forget(&group("a"), 1);
        assert_eq!(coordinators.known(&group("a")), None);
        assert_eq!(coordinators.known(&group("b")), Some(1));
        coordinators.forget_broker(1);
        assert!(coordinators.want(&group("b")).1.is_some());
    }

    /// Statement 5: who has to do with more groups than there is room for forgets those that nobody asks for.
    #[test]
    fn no_more_than_ten_thousand_are_remembered() {
        let coordinators = Coordinators::default();
        let key = |number: usize| Coordinated {
            kind: CoordinatorKind::Group,
            key: format!("g{number}").into(),
        };
        let (wanted, _search) = coordinators.want(&group("wanted"));
        for number in 0..5 * REMEMBERED {
            let search = coordinators.want(&key(number)).1.unwrap();
            coordinators.found(search, Ok(1));
            // One that is asked for again and again stays.
            assert_eq!(coordinators.known(&key(0)), Some(1));
            let entries = coordinators.entries();
            assert!(entries.known <= REMEMBERED);
            assert_eq!(entries.by_key.len(), entries.known + 1);
        }
        let of_last = (5 * REMEMBERED - 8_000)..5 * REMEMBERED;
        for number in of_last {
            assert_eq!(coordinators.known(&key(number)), Some(1), "{number}");
        }
        assert_eq!(coordinators.known(&key(1)), None);
        assert!(wanted.has_changed().is_ok(), "it is still looked for");
        coordinators.forget_broker(1);
        let entries = coordinators.entries();
        assert_eq!((entries.known, entries.by_key.len()), (0, 1));
    }

    #[test]
    fn one_who_goes_away_leaves_the_search_to_the_next() {
        let coordinators = Coordinators::default();
        let (found, search) = coordinators.want(&group("g"));
        drop(search);
        assert!(found.has_changed().is_err());
        assert!(coordinators.want(&group("g")).1.is_some());
    }
}
