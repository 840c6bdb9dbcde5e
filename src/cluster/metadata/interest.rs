//! Which topics are in use, and so asked for.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::snapshot::Metadata;

/// The topics in use: those that were looked up lately, those that somebody holds, or all while somebody needs all.
///
/// A look-up says so on the topic itself ([`Topic::touch`](super::topic::Topic::touch)), without a clock and without a lock;
/// [`sweep`](Self::sweep) comes by now and then and collects.
#[derive(Debug)]
pub(crate) struct Interest {
    topics: HashMap<Arc<str>, Use>,
    all: Weak<()>,
    max_idle: Duration,
}

#[derive(Debug)]
struct Use {
    last: Instant,
    held: Weak<()>,
}

/// Keeps a topic in use until it and its clones are dropped; made by [`Client::hold_topic`](crate::Client::hold_topic).
#[derive(Clone, Debug)]
#[must_use = "dropped, the topic is no longer held"]
pub struct TopicHold {
    _held: Arc<()>,
}

/// Keeps all topics in use until it and its clones are dropped, as a pattern of names needs it; made by
/// [`Client::hold_all_topics`](crate::Client::hold_all_topics).
#[derive(Clone, Debug)]
#[must_use = "dropped, the topics are no longer held"]
pub struct AllTopics {
    _held: Arc<()>,
}

impl Interest {
    /// A topic stays in use for `max_idle` after it was used (Java: `metadata.max.idle.ms`).
    pub(crate) fn new(max_idle: Duration) -> Self {
        Self {
            topics: HashMap::new(),
            all: Weak::new(),
            max_idle,
        }
    }

    /// A topic is used now; gives whether it was not in use before.
    pub(crate) fn add(&mut self, name: &Arc<str>, now: Instant) -> bool {
        match self.topics.get_mut(name) {
            Some(known) => {
                known.last = now;
                false
            }
            None => {
                let held = Weak::new();
                let new = Use { last: now, held };
                self.topics.insert(Arc::clone(name), new);
                true
            }
        }
    }

    /// A topic is used from now on, whether or not it is looked up.
    pub(crate) fn hold(&mut self, name: &Arc<str>, now: Instant) -> TopicHold {
        self.add(name, now);
        TopicHold {
            _held: match self.topics.get_mut(name) {
                Some(known) => revive(&mut known.held),
                None => Arc::default(),
            },
        }
    }

    /// All topics are in use from now on.
    pub(crate) fn hold_all(&mut self) -> AllTopics {
        AllTopics {
            _held: revive(&mut self.all),
        }
    }

    /// Whether somebody needs all topics.
    pub(crate) fn is_all(&self) -> bool {
        self.all.strong_count() > 0
    }

    /// Whether the topic is in use.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.is_all() || self.topics.contains_key(name)
    }

    /// The topics that are in use by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.topics.keys()
    }

    /// Sees which topics were used since the last time, and tells which are known and no longer in use.
    pub(crate) fn sweep(&mut self, metadata: &Metadata, now: Instant) -> Vec<Arc<str>> {
        let max_idle = self.max_idle;
        self.topics.retain(|name, known| {
            let topic = metadata.topic(name);
            let is_used = topic.is_some_and(|topic| topic.take_used());
            if is_used || known.held.strong_count() > 0 {
                known.last = now;
            }
            now.saturating_duration_since(known.last) < max_idle
        });
        if self.is_all() {
            return Vec::new();
        }
        let mut unused = Vec::new();
        for topic in metadata.topics() {
            let name = topic.shared_name();
            if self.topics.contains_key(name) {
                continue;
            }
            // From when all were in use: somebody has found it there.
            if topic.take_used() {
                self.add(name, now);
            } else {
                unused.push(Arc::clone(name));
            }
        }
        unused
    }
}

fn revive(held: &mut Weak<()>) -> Arc<()> {
    held.upgrade().unwrap_or_else(|| {
        let new = Arc::default();
        *held = Arc::downgrade(&new);
        new
    })
}

#[cfg(test)]
mod tests;
