//! The faults that are set, and which of them a request meets. No I/O.

use super::action::{AcceptAction, Action, Moment};
use super::fault::{Effect, Fault};
use super::spoiled::{Spoil, Spoiled};
use crate::requests::RequestOrigin;
use crate::topic_part::TopicPart;

/// Tells the faults of a cluster apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u64);

/// A fault that something has met, and what it does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit<A> {
    pub(crate) fault: Id,
    pub(crate) action: A,
    /// If only a part of the request fails, which.
    pub(crate) spoiled: Option<Spoiled>,
}

/// The faults that are set, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Table {
    last: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: Id,
    fault: Fault,
    /// How many it would have been for, had it not skipped some.
    met: u64,
    /// How many of them have come to the point where it does something.
    hits: u64,
}

impl Entry {
    fn is_spent(&self) -> bool {
        let times = self.fault.times;
        times.is_some_and(|times| self.met >= self.fault.skip.saturating_add(times))
    }

    /// Counts one that it is for; whether anything happens to that.
    fn meet(&mut self) -> bool {
        self.met += 1;
        self.met > self.fault.skip
    }
}

impl Table {
    pub(super) fn insert(&mut self, fault: Fault) -> Id {
        self.last += 1;
        let id = Id(self.last);
        self.entries.push(Entry {
            id,
            fault,
            met: 0,
            hits: 0,
        });
        id
    }

    pub(super) fn remove(&mut self, id: Id) {
        self.entries.retain(|entry| entry.id != id);
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.entries.iter().any(|entry| entry.id == id)
    }

    /// Whether any of them may still happen.
    pub(super) fn is_armed(&self) -> bool {
        self.entries.iter().any(|entry| !entry.is_spent())
    }

    /// What a request meets: the oldest fault that is for it, even if that skips it, so that of two the second begins where the first has ended.
    pub(super) fn request(&mut self, request: &RequestOrigin<'_>) -> Option<Hit<Action>> {
        let mut hit = self.meet(|fault| match &fault.effect {
            Effect::Request(action) if fault.part.is_none() => {
                fault.requests.contain(request).then_some(action)
            }
            _ => None,
        })?;
        if hit.action == Action::CorruptRecords {
            hit.spoiled = Some(Spoiled {
                part: None,
                how: Spoil::Corrupt,
            });
        }
        Some(hit)
    }

    /// Whether it matters what a request names.
    pub(super) fn minds_parts(&self, request: &RequestOrigin<'_>) -> bool {
        self.entries.iter().any(|entry| {
            entry.fault.part.is_some() && !entry.is_spent() && entry.fault.requests.contain(request)
        })
    }

    /// What a request meets that names these topics and partitions, and has met nothing as a whole.
    pub(super) fn parts(
        &mut self,
        request: &RequestOrigin<'_>,
        named: &[TopicPart],
    ) -> Option<Hit<Action>> {
        let mut part = None;
        let mut hit = self.meet(|fault| {
            let (Effect::Request(action), Some(wanted)) = (&fault.effect, &fault.part) else {
                return None;
            };
            let is_for =
                fault.requests.contain(request) && named.iter().any(|named| named.meets(wanted));
            part = Some(wanted.clone()).filter(|_| is_for);
            is_for.then_some(action)
        })?;
        let spoil = |how| Some(Spoiled { part, how });
        let error = |code, is_applied| Spoil::Error { code, is_applied };
        match hit.action {
            Action::Error(code) => hit.spoiled = spoil(error(code, false)),
            Action::ErrorAfterApplying(code) => hit.spoiled = spoil(error(code, true)),
            Action::CorruptRecords => hit.spoiled = spoil(Spoil::Corrupt),
            Action::Close(Moment::BeforeReading) => {
                hit.action = Action::Close(Moment::AfterReading);
            }
            Action::Stall(Moment::BeforeReading) => {
                hit.action = Action::Stall(Moment::AfterReading);
            }
            _ => {}
        }
        Some(hit)
    }

    /// What a connection meets that was just accepted.
    pub(super) fn accepted(&mut self, node: i32, connection: u64) -> Option<Hit<AcceptAction>> {
        self.meet(|fault| match &fault.effect {
            Effect::Accept(action) if fault.requests.contain_connection(node, connection) => {
                Some(action)
            }
            _ => None,
        })
    }

    fn meet<A: Clone>(&mut self, mut is_for: impl FnMut(&Fault) -> Option<&A>) -> Option<Hit<A>> {
        for entry in self.entries.iter_mut().filter(|entry| !entry.is_spent()) {
            let Some(action) = is_for(&entry.fault).cloned() else {
                continue;
            };
            return entry.meet().then_some(Hit {
                fault: entry.id,
                action,
                spoiled: None,
            });
        }
        None
    }

    /// Counts that a fault has done what it does.
    pub(super) fn happened(&mut self, id: Id) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.hits += 1;
        }
    }

    /// A fault that was met had nothing to do, and may be met again.
    pub(super) fn missed(&mut self, id: Id) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.met = entry.met.saturating_sub(1);
        }
    }

    /// How often a fault has happened; `None` if it was removed.
    pub(super) fn hits(&self, id: Id) -> Option<u64> {
        let entry = self.entries.iter().find(|entry| entry.id == id);
        entry.map(|entry| entry.hits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::Requests;
    use milena_wire::api_key::ApiKey;

    fn request(api: ApiKey, node: i32) -> RequestOrigin<'static> {
        RequestOrigin {
            api,
            client_id: None,
            node,
            connection: 1,
        }
    }

    fn actions(table: &mut Table, count: usize) -> Vec<Option<Action>> {
        let request = request(ApiKey::METADATA, 1);
        (0..count)
            .map(|_| table.request(&request).map(|hit| hit.action))
            .collect()
    }

    #[test]
    fn it_happens_so_many_times_behind_those_it_skips() {
        let mut table = Table::default();
        assert!(!table.is_armed());
        table.insert(
            Fault::on(ApiKey::METADATA, Action::Duplicate)
                .skip(1)
                .times(2),
        );
        assert_eq!(table.request(&request(ApiKey::FETCH, 1)), None);
        assert!(table.is_armed());
        let twice = Some(Action::Duplicate);
        assert_eq!(actions(&mut table, 4), [None, twice.clone(), twice, None]);
        assert!(!table.is_armed());
    }

    #[test]
    fn the_second_begins_where_the_first_has_ended() {
        let mut table = Table::default();
        table.insert(
            Fault::on(ApiKey::METADATA, Action::Duplicate)
                .skip(1)
                .times(1),
        );
        let second = table.insert(Fault::on(Requests::any(), Action::NoAnswer));
        let (duplicate, none) = (Some(Action::Duplicate), Some(Action::NoAnswer));
        assert_eq!(
            actions(&mut table, 4),
            [None, duplicate, none.clone(), none]
        );
        table.remove(second);
        assert!(!table.contains(second));
        assert_eq!(actions(&mut table, 1), [None]);
    }

    #[test]
    fn connections_and_requests_do_not_meet_what_is_for_the_others() {
        let mut table = Table::default();
        table.insert(Fault::at_accept(AcceptAction::Close).node(2).times(1));
        table.insert(Fault::on(Requests::any(), Action::Silence).node(1));
        assert_eq!(table.accepted(1, 1), None);
        assert_eq!(
            table.accepted(2, 2).map(|hit| hit.action),
            Some(AcceptAction::Close)
        );
        assert_eq!(table.accepted(2, 3), None);
        assert_eq!(table.request(&request(ApiKey::FETCH, 2)), None);
        assert!(table.request(&request(ApiKey::FETCH, 1)).is_some());
    }

    #[test]
    fn what_was_missed_can_be_met_again() {
        let mut table = Table::default();
        let id = table.insert(Fault::on(Requests::any(), Action::CorruptRecords).times(1));
        for _ in 0..2 {
            let hit = table.request(&request(ApiKey::FETCH, 1)).unwrap();
            assert!(hit.spoiled.unwrap().corrupts("any", 0));
            assert!(!table.is_armed());
            table.missed(id);
            assert!(table.is_armed());
        }
    }

    #[test]
    fn what_has_happened_is_counted_while_the_fault_is_set() {
        let mut table = Table::default();
        let id = table.insert(Fault::on(Requests::any(), Action::Silence).times(1));
        assert!(table.request(&request(ApiKey::FETCH, 1)).is_some());
        assert_eq!(table.hits(id), Some(0));
        table.happened(id);
        assert_eq!(table.hits(id), Some(1));
        table.clear();
        table.happened(id);
        assert_eq!(table.hits(id), None);
    }
}
