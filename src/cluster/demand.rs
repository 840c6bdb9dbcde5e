//! When the cluster is asked for news, and for which. No I/O.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::uuid::Uuid;

use super::metadata::{Asked, AskedTopics, Generation, Metadata, TopicKey};
use super::random::Random;
use super::retry::Backoff;
use super::settings::ClientSettings;
use crate::connection::after;

/// What the worker is to do.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing until then, unless it is woken.
    Wait(Instant),
    /// To ask one of the known brokers.
    Ask(Asked),
    /// To begin again with the bootstrap addresses.
    Rebootstrap,
}

/// Who wants to know what, and when the cluster was asked last.
#[derive(Debug)]
pub(crate) struct Demand {
    max_age: Duration,
    max_idle: Duration,
    rebootstrap_after: Option<Duration>,
    backoff: Backoff,
    /// The topics in use, and since when nobody has looked at them.
    in_use: HashMap<TopicKey, Instant>,
    wanted: HashSet<TopicKey>,
    is_wanted: bool,
    must_rebootstrap: bool,
    is_asking: bool,
    /// Of the last request.
    generation: Generation,
    last_answer: Option<Instant>,
    /// When the client began, or began again.
    began: Instant,
    failures: u32,
    not_before: Instant,
}

impl Demand {
    pub(crate) fn new(settings: &ClientSettings, now: Instant) -> Self {
        Self {
            max_age: settings.metadata_max_age,
            max_idle: settings.metadata_max_idle,
            rebootstrap_after: settings.rebootstrap_after,
            backoff: Backoff::new(settings.retry_backoff, settings.retry_backoff_max),
            in_use: HashMap::new(),
            wanted: HashSet::new(),
            is_wanted: false,
            must_rebootstrap: false,
            is_asking: false,
            generation: Generation::NONE,
            last_answer: None,
            began: now,
            failures: 0,
            not_before: now,
        }
    }

    /// Somebody wants to know of this topic, or of the brokers. Gives the first request whose answer can tell him.
    pub(crate) fn want(&mut self, topic: Option<TopicKey>) -> Generation {
        self.is_wanted = true;
        if let Some(topic) = topic {
            self.wanted.insert(topic);
        }
        // What is being asked just now was written before.
        self.generation.next()
    }

    /// What is known of a topic is not true any more.
    pub(crate) fn stale_topic(&mut self, topic: &TopicKey) {
        self.want(Some(topic.clone()));
    }

    /// What is known of the brokers is not true any more.
    pub(crate) fn stale(&mut self) {
        self.is_wanted = true;
    }

    pub(crate) fn unsettled(&mut self, topics: &[Arc<str>]) {
        for topic in topics {
            self.want(Some(TopicKey::Name(Arc::clone(topic))));
        }
    }

    pub(crate) fn rebootstrap(&mut self) {
        self.must_rebootstrap = true;
    }

    pub(crate) fn begin_bootstrap(&mut self) -> Generation {
        self.generation = self.generation.next();
        self.generation
    }

    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.last_answer?))
    }

    pub(crate) fn answered(&mut self, now: Instant, _metadata: &Metadata) {
        self.is_asking = false;
        self.must_rebootstrap = false;
        self.last_answer = Some(now);
        self.failures = 0;
        self.not_before = now + self.backoff.delay(0, Random::any());
    }

    pub(crate) fn failed(&mut self, now: Instant) {
        self.is_asking = false;
        self.is_wanted = true;
        self.not_before = now + self.backoff.delay(self.failures, Random::any());
        self.failures = self.failures.saturating_add(1);
    }

    /// What to do now. `all_down` is whether no broker that is known answers.
    pub(crate) fn next(&mut self, now: Instant, metadata: &Metadata, all_down: bool) -> Step {
        let due = after(self.last_answer.unwrap_or(self.began), self.max_age);
        if !self.is_wanted && !self.must_rebootstrap && now < due {
            return Step::Wait(due);
        }
        if now < self.not_before {
            return Step::Wait(self.not_before);
        }
        let silent = now.saturating_duration_since(self.last_answer.unwrap_or(self.began));
        let is_lost = self
            .rebootstrap_after
            .is_some_and(|time| all_down || silent >= time);
        if self.must_rebootstrap || metadata.brokers().is_empty() || is_lost {
            return Step::Rebootstrap;
        }
        self.generation = self.generation.next();
        let is_due = now >= due;
        self.is_wanted = false;
        let wanted = std::mem::take(&mut self.wanted);
        for topic in &wanted {
            self.in_use.insert(topic.clone(), now);
        }
        let max_idle = self.max_idle;
        self.in_use
            .retain(|_, since| now.saturating_duration_since(*since) < max_idle);
        let topics: Vec<TopicKey> = if is_due || wanted.is_empty() {
            self.in_use.keys().cloned().collect()
        } else {
            wanted.into_iter().collect()
        };
        let mut names: HashSet<Arc<str>> = HashSet::new();
        let mut ids: HashSet<Uuid> = HashSet::new();
        for topic in topics {
            match topic {
                TopicKey::Name(name) => names.insert(name),
                TopicKey::Id(id) => ids.insert(id),
            };
        }
        let topics = if names.is_empty() && ids.is_empty() {
            AskedTopics::None
        } else {
            AskedTopics::These { names, ids }
        };
        Step::Ask(Asked::new(self.generation, topics))
    }
}
