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

/// The coordinators that are known, and those that are just being looked for: each by one, however many want it.
#[derive(Debug, Default)]
pub(crate) struct Coordinators {
    entries: Mutex<HashMap<Coordinated, Entry>>,
}

#[derive(Debug)]
enum Entry {
    Known(i32),
    Wanted(Found),
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
        match self.entries().get(wanted) {
            Some(Entry::Known(broker)) => Some(*broker),
            Some(Entry::Wanted(_)) | None => None,
        }
    }

    /// Joins those who wait for a coordinator; with a search, if nobody looks for it yet and so the caller has to.
    pub(crate) fn want(&self, wanted: &Coordinated) -> (Found, Option<Search>) {
        let mut entries = self.entries();
        match entries.get(wanted) {
            Some(Entry::Wanted(found)) if found.has_changed().is_ok() => {
                return (found.clone(), None);
            }
            Some(Entry::Known(broker)) => {
                let (_, found) = watch::channel(Some(Ok(*broker)));
                return (found, None);
            }
            // The one before went away without a word.
            Some(Entry::Wanted(_)) | None => {}
        }
        let (told, found) = watch::channel(None);
        entries.insert(wanted.clone(), Entry::Wanted(found.clone()));
        let wanted = wanted.clone();
        (found, Some(Search { wanted, told }))
    }

    /// The search has come to an end.
    pub(crate) fn found(&self, search: Search, result: Result<i32, Error>) {
        let mut entries = self.entries();
        match &result {
            Ok(broker) => entries.insert(search.wanted, Entry::Known(*broker)),
            Err(_) => entries.remove(&search.wanted),
        };
        drop(entries);
        search.told.send_replace(Some(result));
    }

    /// `broker` does not coordinate this, whatever was known; what was learned since stays.
    pub(crate) fn forget(&self, wanted: &Coordinated, broker: i32) {
        let mut entries = self.entries();
        if matches!(entries.get(wanted), Some(Entry::Known(known)) if *known == broker) {
            entries.remove(wanted);
        }
    }

    /// The broker may be gone: another one will coordinate what it did.
    pub(crate) fn forget_broker(&self, broker: i32) {
        self.entries()
            .retain(|_, entry| !matches!(entry, Entry::Known(known) if *known == broker));
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Coordinated, Entry>> {
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

    #[test]
    fn one_who_goes_away_leaves_the_search_to_the_next() {
        let coordinators = Coordinators::default();
        let (found, search) = coordinators.want(&group("g"));
        drop(search);
        assert!(found.has_changed().is_err());
        assert!(coordinators.want(&group("g")).1.is_some());
    }
}
