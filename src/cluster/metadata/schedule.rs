//! When to ask for metadata again, and for what.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::backoff::{Backoff, spread};
use super::super::random::Random;
use super::asked::{Asked, AskedTopics, Generation, TopicKey};
use super::changes::Changes;
use super::interest::Interest;
use super::problem::MetadataProblem;
use super::snapshot::Metadata;
use super::want::{Verdict, Want, satisfied};

/// How often it is looked which topics are no longer used: ten times in the time after which they are not.
const SWEEPS: u32 = 10;
/// The refresh by age comes by up to a tenth of it early, so that clients that were started together do not stay together.
const EARLIEST: f64 = 0.9;

/// How the metadata is kept fresh.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleSettings {
    /// How old it may get (default: 5 min; Java: `metadata.max.age.ms`).
    pub(crate) max_age: Duration,
    /// How long a topic is asked for after it was last used (default: 5 min; Java: `metadata.max.idle.ms`).
    pub(crate) max_idle: Duration,
    /// Between two requests (default: 100 ms to 1 s; Java: `retry.backoff.ms`, `retry.backoff.max.ms`).
    pub(crate) backoff: Backoff,
    /// Begin again with the bootstrap addresses when there was no answer for so long, or no broker is left (default: 5 min; Java:
    /// `metadata.recovery.rebootstrap.trigger.ms`); `None`: never (`metadata.recovery.strategy=none`).
    pub(crate) rebootstrap_after: Option<Duration>,
    /// Whether asking for a topic may make it (default: no; Java: `allow.auto.create.topics`).
    pub(crate) allow_auto_topic_creation: bool,
    /// Whether to ask what the user may do (default: no).
    pub(crate) authorized_operations: bool,
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        let five_minutes = Duration::from_secs(5 * 60);
        Self {
            max_age: five_minutes,
            max_idle: five_minutes,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(1)),
            rebootstrap_after: Some(five_minutes),
            allow_auto_topic_creation: false,
            authorized_operations: false,
        }
    }
}

/// What the worker is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing until then, or until something happens. `None` while an answer is awaited.
    Wait(Option<Instant>),
    /// Ask a broker, and tell of it by [`answered`](Schedule::answered), [`rejected`](Schedule::rejected) or
    /// [`failed`](Schedule::failed).
    Ask(Asked),
    /// Begin again with the bootstrap addresses (KIP-899, KIP-1102), and tell of it by
    /// [`rebootstrapped`](Schedule::rebootstrapped) or [`rebootstrap_failed`](Schedule::rebootstrap_failed).
    Rebootstrap,
    /// These topics are no longer used: publish the metadata without them.
    Forget(Vec<Arc<str>>),
}

/// Decides when to ask for metadata, and for what. One request is under way at a time.
///
/// It is told what happens, and [`next`](Self::next) tells what to do: call it again after each event and when the time has come.
#[derive(Debug)]
pub(crate) struct Schedule {
    settings: ScheduleSettings,
    interest: Interest,
    demands: HashMap<Want, Demand>,
    stale: Stale,
    phase: Phase,
    /// The last request that was made.
    last: Generation,
    sent: Option<Instant>,
    /// No request before this.
    not_before: Instant,
    /// And none before this that asks for what was asked for lately.
    not_again_before: Instant,
    /// The whole is too old from then on.
    too_old: Instant,
    next_sweep: Instant,
    failures: u32,
    /// Answers in a row that changed nothing, although something was known to be stale.
    fruitless: u32,
    /// The first request since the last answer.
    trying_since: Option<Instant>,
    brokers_down: bool,
    /// Whether those that are known were asked since the bootstrap addresses were: what these told of is tried before they are tried again.
    has_asked: bool,
    must_rebootstrap: bool,
    random: Random,
}

#[derive(Debug)]
struct Demand {
    since: Generation,
    until: Instant,
    /// Whether it is about a topic that nobody has asked for yet, which need not wait: so that a program need not when it begins (Java does the same).
    is_new: bool,
}

/// What is known to be no longer true.
#[derive(Debug, Default)]
struct Stale {
    topics: HashSet<Arc<str>>,
    everything: bool,
}

impl Stale {
    fn is_empty(&self) -> bool {
        !self.everything && self.topics.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.everything |= other.everything;
        self.topics.extend(other.topics);
    }
}

#[derive(Debug)]
enum Phase {
    Idle,
    Asking(Asking),
    Rebootstrapping,
}

#[derive(Debug)]
struct Asking {
    asked: Asked,
    sent: Instant,
    /// Whether it did not keep its distance: then it is about nothing but topics that are new.
    is_early: bool,
    /// Whether it makes the whole fresh.
    is_full: bool,
    /// Why it was sent.
    stale: Stale,
}

impl Schedule {
    /// The first request is due at once.
    pub(crate) fn new(settings: ScheduleSettings, seed: u64, now: Instant) -> Self {
        Self {
            interest: Interest::new(settings.max_idle),
            demands: HashMap::new(),
            stale: Stale::default(),
            phase: Phase::Idle,
            last: Generation::NONE,
            sent: None,
            not_before: now,
            not_again_before: now,
            too_old: now,
            next_sweep: later(now, settings.max_idle / SWEEPS),
            failures: 0,
            fruitless: 0,
            trying_since: None,
            brokers_down: false,
            has_asked: true,
            must_rebootstrap: false,
            random: Random::seeded(seed),
            settings,
        }
    }

    /// The topics in use.
    pub(crate) fn interest(&mut self) -> &mut Interest {
        &mut self.interest
    }

    /// Somebody wants something that is not in the metadata, until then. Gives what to tell [`satisfied`], which says when it is there.
    ///
    /// However many want the same, one request is made for them. Who comes while a request is under way waits for that one if it asks for
    /// what he wants, else for one more.
    pub(crate) fn demand(
        &mut self,
        want: Want,
        until: Instant,
        metadata: &Metadata,
        now: Instant,
    ) -> Generation {
        let (since, is_asked) = match &self.phase {
            Phase::Asking(asking) if want.is_covered_by(&asking.asked) => {
                (asking.asked.generation().previous(), true)
            }
            _ => (self.last, false),
        };
        let mut is_new = false;
        match want.topic() {
            Some(TopicKey::Name(name)) => is_new = self.interest.add(name, now) && !is_asked,
            Some(TopicKey::Id(id)) => {
                if let Some(topic) = metadata.topic_by_id(*id) {
                    self.interest.add(topic.shared_name(), now);
                }
            }
            None => {}
        }
        if satisfied(metadata, &want, since) == Verdict::Waiting {
            let demand = self.demands.entry(want);
            let demand = demand.or_insert(Demand {
                since,
                until,
                is_new,
            });
            demand.since = demand.since.max(since);
            demand.until = demand.until.max(until);
        }
        since
    }

    /// An answer showed that what is known of a topic is no longer true: NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION,
    /// FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR, LEADER_NOT_AVAILABLE. A
    /// topic that is not in use is passed over.
    pub(crate) fn topic_is_stale(&mut self, name: &Arc<str>) {
        if self.interest.contains(name) {
            self.stale.topics.insert(Arc::clone(name));
        }
    }

    /// A connection was lost or refused: whatever that broker led may be led by another.
    pub(crate) fn everything_is_stale(&mut self) {
        self.stale.everything = true;
    }

    /// Whether every broker that is known is down.
    pub(crate) fn brokers_down(&mut self, are_down: bool) {
        self.brokers_down = are_down;
    }

    /// A broker says that the cluster has to be looked for again (REBOOTSTRAP_REQUIRED).
    pub(crate) fn must_rebootstrap(&mut self) {
        self.must_rebootstrap = true;
        self.stale.everything = true;
    }

    /// Whoever starts the client has waited by himself, and for as long as he was told to.
    pub(crate) fn waited(&mut self, now: Instant) {
        self.ask_from(now);
    }

    /// What to do now.
    pub(crate) fn next(&mut self, metadata: &Metadata, now: Instant) -> Step {
        if !matches!(self.phase, Phase::Idle) {
            return Step::Wait(None);
        }
        if now >= self.next_sweep {
            self.next_sweep = later(now, self.settings.max_idle / SWEEPS);
            let unused = self.interest.sweep(metadata, now);
            let interest = &self.interest;
            self.stale.topics.retain(|name| interest.contains(name));
            if !unused.is_empty() {
                return Step::Forget(unused);
            }
        }
        self.demands.retain(|_, demand| demand.until > now);
        let due = self.due();
        if now < due {
            return Step::Wait(Some(due.min(self.next_sweep)));
        }
        self.trying_since.get_or_insert(now);
        if self.is_lost(now) {
            self.phase = Phase::Rebootstrapping;
            return Step::Rebootstrap;
        }
        let asked = self.ask(now);
        Step::Ask(asked)
    }

    /// When the next request is due.
    fn due(&self) -> Instant {
        if self.demands.values().any(|demand| demand.is_new) {
            return self.not_before;
        }
        let mut due = self.too_old;
        if !self.demands.is_empty() {
            due = self.not_again_before;
        } else if !self.stale.is_empty() {
            let wait = self.settings.backoff.plain(self.fruitless);
            let again = self
                .sent
                .map_or(self.not_again_before, |sent| later(sent, wait));
            due = due.min(again);
        }
        due.max(self.not_again_before)
    }

    /// Whether the cluster that is known is out of reach, or no more.
    fn is_lost(&self, now: Instant) -> bool {
        let Some(patience) = self.settings.rebootstrap_after else {
            return false;
        };
        let trying = self.trying_since;
        let trying = trying.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let are_down = self.brokers_down && self.has_asked;
        self.must_rebootstrap || are_down || trying >= patience
    }

    fn ask(&mut self, now: Instant) -> Asked {
        self.last = self.last.next();
        self.has_asked = true;
        let is_early = now < self.not_again_before;
        let (is_full, stale) = match is_early {
            true => (false, Stale::default()),
            false => self.take_stale(now),
        };
        let topics = if is_full && self.interest.is_all() {
            AskedTopics::All
        } else {
            let mut names: HashSet<Arc<str>> = stale.topics.iter().cloned().collect();
            let mut ids = HashSet::new();
            if is_full {
                names.extend(self.interest.names().cloned());
            }
            let demands = self.demands.iter();
            for (want, _) in demands.filter(|(_, demand)| demand.is_new || !is_early) {
                match want.topic() {
                    Some(TopicKey::Name(name)) => {
                        names.insert(Arc::clone(name));
                    }
                    Some(TopicKey::Id(id)) => {
                        ids.insert(*id);
                    }
                    None => {}
                }
            }
            if names.is_empty() && ids.is_empty() {
                AskedTopics::None
            } else {
                AskedTopics::These { names, ids }
            }
        };
        for demand in self.demands.values_mut() {
            demand.is_new = false;
        }
        let asked = Asked::new(self.last, topics)
            .allow_auto_topic_creation(self.settings.allow_auto_topic_creation)
            .authorized_operations(self.settings.authorized_operations);
        self.phase = Phase::Asking(Asking {
            asked: asked.clone(),
            sent: now,
            is_early,
            is_full,
            stale,
        });
        asked
    }

    /// What a request asks for that keeps its distance: whether for all that is in use, and what is stale of it.
    fn take_stale(&mut self, now: Instant) -> (bool, Stale) {
        // What became stale after a while of calm has nothing to do with what was asked for in vain before.
        let calm = self.settings.backoff.longest().saturating_mul(2);
        let sent = self.sent.replace(now);
        if sent.is_none_or(|sent| now.saturating_duration_since(sent) >= calm) {
            self.fruitless = 0;
        }
        let is_full = self.stale.everything || now >= self.too_old;
        (is_full, std::mem::take(&mut self.stale))
    }

    /// The answer was applied: this is known now, and that changed.
    pub(crate) fn answered(&mut self, metadata: &Metadata, changes: &Changes, now: Instant) {
        // What was learned by looking for the cluster anew has a number, too.
        self.last = self.last.max(metadata.generation);
        let Some(asking) = self.asking() else {
            return;
        };
        self.failures = 0;
        self.trying_since = None;
        self.brokers_down = false;
        self.must_rebootstrap = false;
        if !asking.is_early {
            self.not_again_before = later(asking.sent, self.wait());
            if !changes.is_empty() {
                self.fruitless = 0;
            } else if !asking.stale.is_empty() {
                self.fruitless = self.fruitless.saturating_add(1);
            }
        }
        if asking.is_full {
            let age = self.settings.max_age;
            let age = spread(age, EARLIEST..1.0, self.random.number());
            self.too_old = later(now, age);
        }
        self.stale.everything |= changes.cluster_id.is_some();
        for name in &changes.unsettled {
            self.topic_is_stale(name);
        }
        for want in self.demands.keys() {
            if let Some(TopicKey::Id(id)) = want.topic() {
                if let Some(topic) = metadata.topic_by_id(*id) {
                    self.interest.add(topic.shared_name(), now);
                }
            }
        }
        self.demands
            .retain(|want, demand| satisfied(metadata, want, demand.since) == Verdict::Waiting);
    }

    /// The answer could not be used as a whole.
    pub(crate) fn rejected(&mut self, problem: &MetadataProblem, now: Instant) {
        self.must_rebootstrap |= *problem == MetadataProblem::RebootstrapRequired;
        self.failed(now);
    }

    /// There was no answer.
    pub(crate) fn failed(&mut self, now: Instant) {
        let Some(asking) = self.asking() else {
            return;
        };
        self.stale.merge(asking.stale);
        self.back_off(now);
    }

    /// A connection to a bootstrap address is there: it is asked next.
    pub(crate) fn rebootstrapped(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Rebootstrapping) {
            return;
        }
        self.phase = Phase::Idle;
        self.brokers_down = false;
        self.has_asked = false;
        self.must_rebootstrap = false;
        self.trying_since = None;
        self.stale.everything = true;
        // Nobody of these was asked yet.
        self.ask_from(now);
        self.sent = None;
    }

    /// No bootstrap address could be reached.
    pub(crate) fn rebootstrap_failed(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Rebootstrapping) {
            self.phase = Phase::Idle;
            // Those that are known get another chance.
            self.has_asked = false;
            self.must_rebootstrap = false;
            self.trying_since = None;
            self.back_off(now);
        }
    }

    fn asking(&mut self) -> Option<Asking> {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Asking(asking) => Some(asking),
            other => {
                self.phase = other;
                None
            }
        }
    }

    fn back_off(&mut self, now: Instant) {
        let wait = self.wait();
        self.ask_from(later(now, wait));
        self.failures = self.failures.saturating_add(1);
    }

    /// No request before this, whatever it is about.
    fn ask_from(&mut self, at: Instant) {
        self.not_before = at;
        self.not_again_before = at;
    }

    fn wait(&mut self) -> Duration {
        self.settings
            .backoff
            .delay(self.failures, self.random.number())
    }
}

/// `time` after `now`, or a year after it if no clock goes that far.
fn later(now: Instant, time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    now + time.min(YEAR)
}

#[cfg(test)]
mod tests;
