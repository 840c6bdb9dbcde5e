//! A fetch session: what a broker remembers of the partitions that it was asked for (KIP-227). No I/O.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytestring::ByteString;
use foldhash::fast::RandomState;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::FetchRequest;
use milena_wire::messages::fetch::{FetchPartition, FetchTopic, ForgottenTopic};
use milena_wire::uuid::Uuid;

/// The epoch of a request that names all partitions, and begins a session if the broker has one to give.
const INITIAL: i32 = 0;
/// The epoch of a request that ends a session.
const FINAL: i32 = -1;
/// What stands for no session.
const NO_ID: i32 = 0;

/// What a partition is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) topic: Arc<str>,
    /// Nil if it has none.
    pub(super) id: Uuid,
    pub(super) partition: i32,
    /// Comes back with the answer.
    pub(super) token: u64,
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) max_bytes: i32,
}

/// A partition of the session.
#[derive(Debug)]
struct Entry {
    want: Want,
    /// When it had records last: a count, as a clock.
    served: u64,
}

/// What goes into a request.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) session_id: i32,
    pub(super) session_epoch: i32,
    pub(super) topics: Vec<FetchTopic>,
    pub(super) forgotten: Vec<ForgottenTopic>,
}

/// A fetch session with one broker, of which one request at most is under way.
#[derive(Debug, Default)]
pub(super) struct Session {
    id: i32,
    epoch: i32,
    /// Whether topics go by their ids (since Fetch version 13); `None` before the first answer.
    by_ids: Option<bool>,
    entries: HashMap<usize, Entry, RandomState>,
    slots: HashMap<Arc<str>, HashMap<i32, usize, RandomState>, RandomState>,
    names: HashMap<Uuid, Arc<str>, RandomState>,
    /// Those that the broker has to hear of, with the next request.
    changed: BTreeSet<usize>,
    forgotten: Vec<Want>,
    served: u64,
}

impl Session {
    /// Whether there is nothing to ask for.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Its partitions.
    pub(super) fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries.keys().copied()
    }

    /// How many partitions it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A partition is to be asked for like this from now on, or no more.
    pub(super) fn update(&mut self, slot: usize, want: Option<Want>) {
        let known = self.entries.get_mut(&slot);
        match (known, want) {
            (None, None) => {}
            (Some(entry), Some(want)) if is_same(&entry.want, &want) => {
                let is_news = entry.want.offset != want.offset
                    || entry.want.leader_epoch != want.leader_epoch
                    || entry.want.max_bytes < want.max_bytes;
                entry.want = Want {
                    max_bytes: if is_news {
                        want.max_bytes
                    } else {
                        entry.want.max_bytes
                    },
                    ..want
                };
                if is_news {
                    self.changed.insert(slot);
                }
            }
            (known, want) => {
                if known.is_some() {
                    self.forget(slot);
                }
                if let Some(want) = want {
                    self.add(slot, want);
                }
            }
        }
    }

    fn add(&mut self, slot: usize, want: Want) {
        // What is to be forgotten and is asked for again is only asked for anew.
        self.forgotten
            .retain(|forgotten| !is_same(forgotten, &want));
        if !want.id.is_nil() {
            self.names.insert(want.id, Arc::clone(&want.topic));
        }
        let topic = self.slots.entry(Arc::clone(&want.topic)).or_default();
        topic.insert(want.partition, slot);
        self.changed.insert(slot);
        self.entries.insert(slot, Entry { want, served: 0 });
    }

    fn forget(&mut self, slot: usize) {
        let Some(Entry { want, .. }) = self.entries.remove(&slot) else {
            return;
        };
        self.changed.remove(&slot);
        if let Some(topic) = self.slots.get_mut(&want.topic) {
            if topic.get(&want.partition) == Some(&slot) {
                topic.remove(&want.partition);
            }
            if topic.is_empty() {
                self.slots.remove(&want.topic);
                self.names.retain(|_, name| *name != want.topic);
            }
        }
        self.forgotten.push(want);
    }

    /// What the next request says.
    pub(super) fn plan(&mut self) -> Plan {
        let changed = std::mem::take(&mut self.changed);
        let forgotten = std::mem::take(&mut self.forgotten);
        let is_full = self.epoch == INITIAL;
        let (slots, forgotten) = if is_full {
            // Those first that have waited longest, as brokers fill answers in the order of the request.
            let mut slots: Vec<_> = self
                .entries
                .iter()
                .map(|(slot, entry)| (entry.served, *slot))
                .collect();
            slots.sort_unstable();
            (
                slots.into_iter().map(|(_, slot)| slot).collect(),
                Vec::new(),
            )
        } else {
            (changed.into_iter().collect::<Vec<_>>(), forgotten)
        };
        let wants = slots
            .iter()
            .filter_map(|slot| self.entries.get(slot))
            .map(|entry| &entry.want);
        let topics = by_topic(
            wants,
            FetchTopic::default,
            |topic, want| {
                topic.partitions.push(
                    FetchPartition::default()
                        .with_partition(want.partition)
                        .with_current_leader_epoch(want.leader_epoch)
                        .with_fetch_offset(want.offset)
                        .with_partition_max_bytes(want.max_bytes),
                );
            },
            |topic, name, id| {
                topic.topic = name;
                topic.topic_id = id;
            },
        );
        let forgotten = by_topic(
            forgotten.iter(),
            ForgottenTopic::default,
            |topic, want| {
                topic.partitions.push(want.partition);
            },
            |topic, name, id| {
                topic.topic = name;
                topic.topic_id = id;
            },
        );
        Plan {
            session_id: self.id,
            session_epoch: self.epoch,
            topics,
            forgotten,
        }
    }

    /// Which of its partitions an answer is about, and what it was asked for; `None` if it was not asked for.
    pub(super) fn find(&self, topic: &str, id: Uuid, partition: i32) -> Option<(usize, &Want)> {
        let topic = if id.is_nil() {
            topic
        } else {
            self.names.get(&id)?
        };
        let slot = *self.slots.get(topic)?.get(&partition)?;
        let entry = self.entries.get(&slot)?;
        Some((slot, &entry.want))
    }

    /// A partition had records.
    pub(super) fn served(&mut self, slot: usize) {
        self.served += 1;
        if let Some(entry) = self.entries.get_mut(&slot) {
            entry.served = self.served;
        }
    }

    /// The request was answered, without an error that is about all of it, in this session and with topics by their ids or by their names.
    pub(super) fn answered(&mut self, session_id: i32, by_ids: bool) {
        let is_other = self
            .by_ids
            .replace(by_ids)
            .is_some_and(|before| before != by_ids);
        let goes_on = self.epoch != INITIAL && session_id == self.id;
        if session_id == NO_ID {
            // The broker has no session to give: the next request names all partitions, too.
            (self.id, self.epoch) = (NO_ID, INITIAL);
        } else if is_other || (self.epoch != INITIAL && !goes_on) {
            (self.id, self.epoch) = (session_id, INITIAL);
        } else {
            self.id = session_id;
            self.epoch = match self.epoch {
                i32::MAX => 1,
                epoch => epoch + 1,
            };
        }
    }

    /// The request was refused as a whole.
    pub(super) fn refused(&mut self, code: ErrorCode) {
        if code == ErrorCode::FETCH_SESSION_ID_NOT_FOUND {
            self.id = NO_ID;
        }
        // With its id the broker can close it when it gives another.
        self.epoch = INITIAL;
    }

    /// A request that tells the broker to forget it, if it has one.
    pub(super) fn close(&self) -> Option<FetchRequest> {
        let last = FetchRequest::default()
            .with_session_id(self.id)
            .with_session_epoch(FINAL);
        (self.id != NO_ID).then_some(last)
    }

    /// The request was not answered: nobody knows whether the broker has seen it.
    pub(super) fn lost(&mut self) {
        self.epoch = INITIAL;
    }
}

/// Whether both are the same partition of the same topic, not of one that was made anew.
fn is_same(one: &Want, other: &Want) -> bool {
    one.partition == other.partition && one.id == other.id && one.topic == other.topic
}

/// Groups partitions by their topics, in the order of the first of each.
fn by_topic<'a, T>(
    wants: impl Iterator<Item = &'a Want>,
    new: impl Fn() -> T,
    add: impl Fn(&mut T, &Want),
    name: impl Fn(&mut T, ByteString, Uuid),
) -> Vec<T> {
    let mut topics: Vec<T> = Vec::new();
    let mut places: HashMap<(&str, Uuid), usize, RandomState> = HashMap::default();
    let mut last: Option<(&str, Uuid, usize)> = None;
    for want in wants {
        let place = match last {
            Some((topic, id, place)) if id == want.id && *topic == *want.topic => place,
            _ => *places.entry((&*want.topic, want.id)).or_insert_with(|| {
                let mut topic = new();
                name(&mut topic, ByteString::from(&*want.topic), want.id);
                topics.push(topic);
                topics.len() - 1
            }),
        };
        last = Some((&want.topic, want.id, place));
        if let Some(topic) = topics.get_mut(place) {
            add(topic, want);
        }
    }
    topics
}

#[cfg(test)]
mod tests;
