//! How an answer changes what is known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{MetadataResponse, MetadataResponseTopic};
use uuid::Uuid;

use super::asked::{Asked, AskedTopics, Generation};
use super::broker::{Broker, Brokers, MAX_BROKERS};
use super::changes::{Changes, IdentityChange};
use super::flaw::{Flaw, LeftOut};
use super::merge::Merge;
use super::name::TopicName;
use super::problem::MetadataProblem;
use super::snapshot::{Metadata, UnknownId};
use super::topic::Topic;
use super::topics::Topics;

/// Kafka allows 249; what brokers of old allowed is not known to have been more than this.
const MAX_TOPIC_NAME: usize = 255;
/// How many ids without a topic are remembered.
const MAX_UNKNOWN_IDS: usize = 1024;

impl Metadata {
    /// What is known after this answer to that request, and what it changed. Nothing is shared with the answer.
    ///
    /// For the same topic id, an older leader epoch does not replace a newer one, unless five answers in a row name the same leader and
    /// epoch; no epoch (-1) replaces none. Epochs below version 9 are not believed (KAFKA-9212): there the answered leader counts, and the
    /// epoch is unknown. A topic with another id than before was made anew, and all that was known of it goes; an id that it had before
    /// that is believed again after five answers. An error stands beside what was known. What an answer should have and has not stays: it
    /// is gone once three answers in a row, over thirty seconds, are without it, or say that it does not exist. With another cluster
    /// id, all topics of before are forgotten.
    ///
    /// Parts that cannot be true are left out ([`Changes::left_out`]).
    ///
    /// # Errors
    /// If the answer as a whole cannot be used.
    pub fn apply(
        &self,
        answer: &MetadataResponse,
        asked: &Asked,
        version: i16,
        now: Instant,
    ) -> Result<(Self, Changes), MetadataProblem> {
        let (brokers, left_out) = read_whole(answer)?;
        // A number that was used would take everything for told already.
        let generation = asked.generation.max(self.generation.next());
        let mut merge = Merge::new(&brokers, generation, now, version);
        merge.changes.left_out = left_out;
        compare_brokers(&self.brokers, &brokers, &mut merge.changes);

        let cluster_id = answer.cluster_id.as_deref().filter(|id| !id.is_empty());
        let is_other = match (&self.cluster_id, cluster_id) {
            (Some(old), Some(new)) if **old != *new => {
                merge.changes.cluster_id = Some(IdentityChange {
                    old: Arc::clone(old),
                    new: new.into(),
                });
                true
            }
            _ => false,
        };
        let mut topics = if is_other {
            Topics::new()
        } else {
            self.topics.clone()
        };
        let mut unknown_ids = BTreeMap::new();
        for topic in &answer.topics {
            read_topic(&mut topics, &mut merge, topic, asked, &mut unknown_ids);
        }
        look_for_absent(&mut topics, &mut merge, asked, &mut unknown_ids);
        let controller = self.read_controller(answer, &brokers, &mut merge.changes);
        let changes = merge.changes;
        let operations = answer.cluster_authorized_operations;
        let metadata = Self {
            generation,
            listed: if asked.lists_all {
                generation
            } else {
                self.listed
            },
            cluster_id: match (&self.cluster_id, cluster_id) {
                (Some(old), Some(new)) if **old == *new => Some(Arc::clone(old)),
                (_, Some(new)) => Some(new.into()),
                (old, None) => old.clone(),
            },
            controller,
            brokers,
            topics,
            unknown_ids: self.merge_unknown_ids(unknown_ids, asked, generation),
            authorized_operations: if operations == i32::MIN {
                self.authorized_operations.filter(|_| !is_other)
            } else {
                Some(operations)
            },
        };
        Ok((metadata, changes))
    }

    /// Whether an answer as a whole can be used.
    ///
    /// # Errors
    /// As those of [`apply`](Self::apply).
    pub(crate) fn check(answer: &MetadataResponse) -> Result<(), MetadataProblem> {
        read_whole(answer).map(|_| ())
    }

    fn read_controller(
        &self,
        answer: &MetadataResponse,
        brokers: &Brokers,
        changes: &mut Changes,
    ) -> Option<i32> {
        let id = answer.controller_id;
        let controller = brokers.find(id).map(Broker::id);
        if id != -1 && controller.is_none() {
            changes.left_out.add(Flaw::ControllerIsNoBroker(id));
        }
        if controller.is_some() && controller != self.controller {
            changes.controller = controller;
        }
        controller
    }

    fn merge_unknown_ids(
        &self,
        new: BTreeMap<Uuid, ErrorCode>,
        asked: &Asked,
        answered: Generation,
    ) -> Arc<[UnknownId]> {
        let was_asked = |id: &Uuid| match &asked.topics {
            AskedTopics::These { ids, .. } => ids.contains(id),
            _ => false,
        };
        if new.is_empty() && !self.unknown_ids.iter().any(|old| was_asked(&old.id)) {
            return Arc::clone(&self.unknown_ids);
        }
        let old = self.unknown_ids.iter().filter(|old| !was_asked(&old.id));
        let new = new.into_iter().map(|(id, error)| UnknownId {
            id,
            error,
            answered,
        });
        let mut all: Vec<UnknownId> = old.copied().chain(new).collect();
        let surplus = all.len().saturating_sub(MAX_UNKNOWN_IDS);
        all.drain(..surplus);
        all.into()
    }
}

fn read_whole(answer: &MetadataResponse) -> Result<(Brokers, LeftOut), MetadataProblem> {
    match answer.error_code {
        ErrorCode::NONE => {}
        ErrorCode::REBOOTSTRAP_REQUIRED => return Err(MetadataProblem::RebootstrapRequired),
        code => return Err(MetadataProblem::Refused(code)),
    }
    let mut left_out = LeftOut::default();
    let brokers = read_brokers(answer, &mut left_out)?;
    Ok((brokers, left_out))
}

fn read_brokers(
    answer: &MetadataResponse,
    left_out: &mut LeftOut,
) -> Result<Brokers, MetadataProblem> {
    let count = answer.brokers.len();
    if count > MAX_BROKERS {
        return Err(MetadataProblem::TooManyBrokers {
            count,
            limit: MAX_BROKERS,
        });
    }
    let mut brokers = BTreeMap::new();
    for broker in &answer.brokers {
        match Broker::new(
            broker.node_id,
            &broker.host,
            broker.port,
            broker.rack.as_deref(),
        ) {
            Ok(new) => match brokers.entry(new.id()) {
                Entry::Vacant(place) => {
                    place.insert(new);
                }
                Entry::Occupied(_) => left_out.add(Flaw::DuplicateBroker(new.id())),
            },
            Err(flaw) => left_out.add(flaw),
        }
    }
    if brokers.is_empty() {
        return Err(MetadataProblem::NoBrokers);
    }
    Ok(Brokers::new(brokers.into_values().collect()))
}

pub(super) fn compare_brokers(old: &Brokers, new: &Brokers, changes: &mut Changes) {
    for broker in new.all() {
        match old.find(broker.id()) {
            None => changes.brokers_added.push(broker.clone()),
            Some(old) if (old.host(), old.port()) != (broker.host(), broker.port()) => {
                changes.brokers_readdressed.push(broker.clone());
            }
            Some(old) if old.rack() != broker.rack() => {
                changes.brokers_reracked.push(broker.clone());
            }
            Some(_) => {}
        }
    }
    let gone = old.all().iter().filter(|old| new.find(old.id()).is_none());
    changes.brokers_removed.extend(gone.cloned());
}

fn read_topic(
    topics: &mut Topics,
    merge: &mut Merge<'_>,
    answer: &MetadataResponseTopic,
    asked: &Asked,
    unknown_ids: &mut BTreeMap<Uuid, ErrorCode>,
) {
    let (error, id) = (answer.error_code, answer.topic_id);
    let name = answer.name.as_deref().filter(|name| !name.is_empty());
    let Some(name) = name else {
        // From version 12 on, the answer to an id that no topic has.
        if error.is_ok() || id.is_nil() || !asked.wants("", id) {
            merge.changes.left_out.add(Flaw::NamelessTopic);
            return;
        }
        if let Some(old) = topics.find_by_id(id).cloned() {
            let topic = merge.refused(Some(&old), &old.name, error);
            topics.insert(Arc::new(topic));
        } else {
            unknown_ids.insert(id, error);
        }
        return;
    };
    if name.len() > MAX_TOPIC_NAME || name.contains(char::is_control) {
        merge.changes.left_out.add(Flaw::TopicName);
        return;
    }
    let old = topics.find(name).cloned();
    if old.is_none() && !asked.wants(name, id) {
        // Who had to ask for all gets more than he wants.
        if !asked.lists_all {
            merge.changes.left_out.add(Flaw::NotAsked(name.into()));
        }
        return;
    }
    let name = match &old {
        Some(old) => old.name.clone(),
        None => TopicName::new(name.into()),
    };
    let is_told = |topic: &Arc<Topic>| topic.answered == merge.generation;
    if old.as_ref().is_some_and(is_told) {
        merge
            .changes
            .left_out
            .add(Flaw::DuplicateTopic(Arc::clone(name.shared())));
        return;
    }
    let holder = topics.find_by_id(id).filter(|holder| is_told(holder));
    if holder.is_some_and(|holder| holder.name() != &**name.shared()) {
        merge
            .changes
            .left_out
            .add(Flaw::DuplicateTopicId(Arc::clone(name.shared())));
        return;
    }
    let topic = merge.topic(old.as_deref(), &name, answer);
    topics.insert(Arc::new(topic));
}

/// Looks for what the answer should have, and has not.
fn look_for_absent(
    topics: &mut Topics,
    merge: &mut Merge<'_>,
    asked: &Asked,
    unknown_ids: &mut BTreeMap<Uuid, ErrorCode>,
) {
    let generation = merge.generation;
    let is_missing = |topic: &Arc<Topic>| topic.answered < generation;
    let mut missing: Vec<Arc<Topic>> = Vec::new();
    if asked.lists_all {
        missing.extend(topics.iter().filter(|topic| is_missing(topic)).cloned());
    }
    if let AskedTopics::These { names, ids } = &asked.topics {
        for name in names {
            match topics.find(name) {
                Some(topic) if is_missing(topic) && !asked.lists_all => {
                    missing.push(Arc::clone(topic));
                }
                Some(_) => {}
                None => topics.insert(Arc::new(no_such_topic(name, generation))),
            }
        }
        for &id in ids {
            if topics.find_by_id(id).is_none() {
                let error = unknown_ids.entry(id);
                error.or_insert(ErrorCode::UNKNOWN_TOPIC_ID);
            }
        }
    }
    for old in missing {
        let topic = merge.absent(&old);
        // Who asks for all topics would gather the names of all that ever were.
        if asked.topics == AskedTopics::All && topic.rows.is_empty() {
            topics.remove(old.name());
        } else {
            topics.insert(Arc::new(topic));
        }
    }
}

fn no_such_topic(name: &Arc<str>, generation: Generation) -> Topic {
    Topic::unknown(
        TopicName::new(Arc::clone(name)),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        generation,
    )
}

#[cfg(test)]
mod tests;
