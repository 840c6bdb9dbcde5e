//! What one client fetches from one node.

use std::collections::{BTreeMap, HashMap};

use bytestring::ByteString;
use milena_wire::messages::fetch::{FetchPartition, FetchTopic, FetchableTopicResponse};
use milena_wire::messages::fetch::{ForgottenTopic, PartitionData};
use uuid::Uuid;

/// The epoch of the first request that goes on with a session.
const FIRST_EPOCH: i32 = 1;

/// A partition, by the name of its topic or, in new versions, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    topic: ByteString,
    topic_id: Uuid,
    partition: i32,
}

impl Key {
    /// With a copy of the name, so that it does not hold the whole request.
    fn kept(self) -> Self {
        Self {
            topic: (&*self.topic).into(),
            ..self
        }
    }
}

/// What a client has asked for a partition last, and what it was told.
#[derive(Clone, Debug)]
struct Cached {
    key: Key,
    asked: FetchPartition,
    high_watermark: i64,
    log_start_offset: i64,
}

/// What one client fetches from one node.
#[derive(Debug)]
pub(crate) struct Session {
    id: i32,
    by_id: bool,
    epoch: i32,
    /// Where each partition stands in `ordered`.
    places: HashMap<Key, u64>,
    /// In the order in which they are read: whoever had records goes to the end.
    ordered: BTreeMap<u64, Cached>,
    last_place: u64,
}

impl Session {
    /// A session of what was asked and answered in full. `by_id`: topics are named by their ids.
    pub(super) fn new(
        id: i32,
        by_id: bool,
        asked: &[FetchTopic],
        answered: &[FetchableTopicResponse],
    ) -> Self {
        let mut session = Self {
            id,
            by_id,
            epoch: FIRST_EPOCH,
            places: HashMap::new(),
            ordered: BTreeMap::new(),
            last_place: 0,
        };
        for (asked, answered) in asked.iter().zip(answered) {
            for (asked_partition, answered) in asked.partitions.iter().zip(&answered.partitions) {
                session.put(Cached {
                    key: key(asked, asked_partition.partition).kept(),
                    asked: asked_partition.clone(),
                    high_watermark: answered.high_watermark,
                    log_start_offset: answered.log_start_offset,
                });
            }
        }
        session
    }

    pub(crate) fn id(&self) -> i32 {
        self.id
    }

    pub(super) fn is_by_id(&self) -> bool {
        self.by_id
    }

    /// What the next request has to come with.
    pub(super) fn epoch(&self) -> i32 {
        self.epoch
    }

    pub(super) fn len(&self) -> usize {
        self.ordered.len()
    }

    /// A request goes on with it: says what it asks anew or otherwise than before, and what it does not ask any more.
    pub(super) fn go_on(&mut self, asked: &[FetchTopic], forgotten: &[ForgottenTopic]) {
        for topic in asked {
            for partition in &topic.partitions {
                let key = key(topic, partition.partition);
                let place = self.places.get(&key);
                match place.and_then(|place| self.ordered.get_mut(place)) {
                    Some(cached) => cached.asked = partition.clone(),
                    None => self.put(Cached {
                        key: key.kept(),
                        asked: partition.clone(),
                        high_watermark: -1,
                        log_start_offset: -1,
                    }),
                }
            }
        }
        for topic in forgotten {
            for partition in topic.partitions.iter() {
                let key = Key {
                    topic: topic.topic.clone(),
                    topic_id: topic.topic_id,
                    partition: *partition,
                };
                if let Some(place) = self.places.remove(&key) {
                    self.ordered.remove(&place);
                }
            }
        }
        // After the largest epoch comes the first of those that go on.
        self.epoch = self.epoch.checked_add(1).unwrap_or(FIRST_EPOCH);
    }

    /// All that is fetched, in the order in which it is read.
    pub(crate) fn topics(&self) -> Vec<FetchTopic> {
        let mut topics: Vec<FetchTopic> = Vec::new();
        for Cached { key, asked, .. } in self.ordered.values() {
            match topics.last_mut() {
                Some(last) if last.topic == key.topic && last.topic_id == key.topic_id => {
                    last.partitions.push(asked.clone());
                }
                _ => {
                    let mut topic = FetchTopic::default();
                    topic.topic = key.topic.clone();
                    topic.topic_id = key.topic_id;
                    topic.partitions = vec![asked.clone()];
                    topics.push(topic);
                }
            }
        }
        topics
    }

    /// Leaves out of an answer what the client knows; `None` if another request has come since this was the epoch.
    pub(crate) fn answer(
        &mut self,
        epoch: i32,
        answered: Vec<FetchableTopicResponse>,
    ) -> Option<Vec<FetchableTopicResponse>> {
        if self.epoch != epoch {
            return None;
        }
        let mut told = Vec::new();
        for mut topic in answered {
            let (name, topic_id) = (topic.topic.clone(), topic.topic_id);
            topic.partitions.retain(|partition| {
                self.tell(
                    Key {
                        topic: name.clone(),
                        topic_id,
                        partition: partition.partition_index,
                    },
                    partition,
                )
            });
            if !topic.partitions.is_empty() {
                told.push(topic);
            }
        }
        Some(told)
    }

    /// Whether there is anything in an answer that the client does not know; it knows it from now on.
    fn tell(&mut self, key: Key, answer: &PartitionData) -> bool {
        let place = self.places.get(&key).copied();
        let Some(cached) = place.and_then(|place| self.ordered.get_mut(&place)) else {
            return true;
        };
        let has_records = answer
            .records
            .as_ref()
            .is_some_and(|records| !records.is_empty());
        let is_error = answer.error_code.is_error();
        let is_news = has_records
            || is_error
            || cached.high_watermark != answer.high_watermark
            || cached.log_start_offset != answer.log_start_offset
            || answer.preferred_read_replica >= 0
            || answer.diverging_epoch.epoch >= 0;
        // What comes after an error is told whatever it is.
        cached.high_watermark = if is_error { -1 } else { answer.high_watermark };
        cached.log_start_offset = answer.log_start_offset;
        if has_records {
            if let Some(cached) = place.and_then(|place| self.ordered.remove(&place)) {
                self.put(cached);
            }
        }
        is_news
    }

    /// Puts a partition last; one that is there twice is where it was put first.
    fn put(&mut self, cached: Cached) {
        self.last_place += 1;
        let place = self.last_place;
        if let Some(before) = self.places.insert(cached.key.clone(), place) {
            self.ordered.remove(&before);
        }
        self.ordered.insert(place, cached);
    }
}

fn key(topic: &FetchTopic, partition: i32) -> Key {
    Key {
        topic: topic.topic.clone(),
        topic_id: topic.topic_id,
        partition,
    }
}
