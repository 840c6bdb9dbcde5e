//! Keeps what is known of the cluster: one worker asks, everybody reads, and who misses something waits for the next answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{MetadataRequest, MetadataResponse};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::backoff::Backoff;
use super::bootstrap;
use super::breaker::BreakerState;
use super::events::ClientEvent;
use super::exchange::{Choice, Exchange, HEAD_START, Reply, by};
use super::metadata::{
    AllTopics, Asked, AskedTopics, Changes, LeaderHint, Metadata, MetadataProblem, Schedule,
    ScheduleSettings, Step, TopicHold, TopicKey, Verdict, Want, satisfied,
};
use super::pool::{Broker, Node};
use super::random::Random;
use super::settings::ClientSettings;
use super::tasks::Tasks;
use super::together::{Boxed, race};
use crate::connection::{Address, after, now};
use crate::error::{Error, ErrorKind};
use crate::metrics::{Health, Recorder};

/// What is known of the cluster, and who keeps it fresh.
#[derive(Debug)]
pub(crate) struct Refresher {
    metadata: ArcSwap<Metadata>,
    schedule: Mutex<Schedule>,
    /// Counts what was published.
    published: watch::Sender<u64>,
    last: Mutex<Last>,
    exchange: Arc<Exchange>,
    bootstrap: Vec<Address>,
    is_quorum: bool,
    request_timeout: Duration,
}

/// What became of the last requests.
#[derive(Debug, Default)]
struct Last {
    answer: Option<Instant>,
    error: Option<Error>,
    /// Whether the bootstrap addresses led nowhere when they were asked last.
    is_lost: bool,
}

impl Refresher {
    pub(crate) fn new(settings: &ClientSettings, exchange: Arc<Exchange>) -> Arc<Self> {
        let schedule = ScheduleSettings {
            max_age: settings.metadata_max_age,
            max_idle: settings.metadata_max_idle,
            backoff: Backoff::new(settings.retry_backoff, settings.retry_backoff_max),
            rebootstrap_after: settings.rebootstrap_after,
            allow_auto_topic_creation: settings.allow_auto_topic_creation,
            authorized_operations: false,
        };
        let schedule = Schedule::new(schedule, u64::from(Random::any()), now());
        Arc::new(Self {
            metadata: ArcSwap::from_pointee(Metadata::new()),
            schedule: Mutex::new(schedule),
            published: watch::Sender::new(0),
            last: Mutex::default(),
            exchange,
            bootstrap: settings.bootstrap.clone(),
            is_quorum: settings.is_quorum,
            request_timeout: settings.connection.settings.request_timeout,
        })
    }

    /// What is known, for a look.
    pub(crate) fn metadata(&self) -> Guard<Arc<Metadata>> {
        self.metadata.load()
    }

    /// What is known, to be kept.
    pub(crate) fn metadata_owned(&self) -> Arc<Metadata> {
        self.metadata.load_full()
    }

    /// How long ago the cluster told of itself last.
    pub(crate) fn age(&self) -> Option<Duration> {
        let answer = self.last().answer?;
        Some(now().saturating_duration_since(answer))
    }

    /// Why there is no news.
    pub(crate) fn last_error(&self) -> Error {
        let error = self.last().error.clone();
        error.unwrap_or_else(|| Error::new(ErrorKind::DeadlineExceeded))
    }

    /// Whether the cluster did not answer when it was asked last.
    pub(crate) fn has_failed(&self) -> bool {
        self.last().error.is_some()
    }

    /// Keeps a topic in use.
    pub(crate) fn hold(&self, topic: &str) -> TopicHold {
        self.schedule().interest().hold(&Arc::from(topic), now())
    }

    /// Keeps all topics in use.
    pub(crate) fn hold_all(&self) -> AllTopics {
        let hold = self.schedule().interest().hold_all();
        self.stale();
        hold
    }

    /// What is known of a topic is not true any more.
    pub(crate) fn stale_topic(&self, topic: &TopicKey) {
        if let Some(topic) = self.metadata().topic_by_key(topic) {
            self.schedule().topic_is_stale(topic.shared_name());
            self.exchange.signals.wake_worker();
        }
    }

    /// What is known of the brokers is not true any more.
    pub(crate) fn stale(&self) {
        self.exchange.signals.metadata_is_stale();
    }

    /// A broker says that this cluster has to be looked for again.
    pub(crate) fn rebootstrap(&self) {
        self.schedule().must_rebootstrap();
        self.exchange.signals.wake_worker();
    }

    /// Tells when something else is known than now.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    /// Waits until what is missing is known, however many others want it, too.
    ///
    /// # Errors
    /// What the cluster says instead; `None` if it says nothing until the deadline.
    pub(crate) async fn want(
        &self,
        want: Want,
        deadline: Instant,
    ) -> Result<(), Option<ErrorCode>> {
        let mut published = self.published.subscribe();
        let since = {
            let mut schedule = self.schedule();
            schedule.demand(want.clone(), deadline, &self.metadata(), now())
        };
        self.exchange.signals.wake_worker();
        loop {
            match satisfied(&self.metadata(), &want, since) {
                Verdict::Ready => return Ok(()),
                Verdict::NotThere(code) => return Err(Some(code)),
                Verdict::Waiting => {}
            }
            if by(deadline, published.changed()).await.is_none() {
                return Err(None);
            }
        }
    }

    /// Follows the leaders that an answer names (KIP-951); gives whether that was news.
    pub(crate) fn follow(
        &self,
        hints: &[LeaderHint],
        endpoints: &[super::metadata::Broker],
    ) -> bool {
        // Others must not change it meanwhile.
        let _schedule = self.schedule();
        let known = self.metadata();
        let Some((metadata, changes)) = known.apply_leaders(hints, endpoints) else {
            return false;
        };
        self.publish(metadata, &changes);
        true
    }

    fn publish(&self, metadata: Metadata, changes: &Changes) {
        let brokers = metadata.brokers().iter().filter_map(|broker| {
            Some(Broker {
                id: broker.id(),
                address: Address::new(broker.host(), broker.port())?,
                rack: broker.rack().map(Arc::from),
            })
        });
        let gone = self.exchange.nodes.replace(brokers);
        self.metadata.store(Arc::new(metadata));
        self.published.send_modify(|count| *count += 1);
        for node in gone {
            tracing::debug!(broker = node.id, address = %node.address, "the broker is gone from here");
            self.exchange.pool.drain(&node);
            if self.exchange.nodes.by_id(node.id).is_none() {
                self.exchange.signals.broker_left(node.id);
            } else {
                self.moved(&node);
            }
        }
        let signals = &self.exchange.signals;
        if let Some(change) = &changes.cluster_id {
            signals.tell(ClientEvent::ClusterChanged {
                from: change.old.to_string(),
                to: change.new.to_string(),
            });
        }
        for recreated in &changes.topics_recreated {
            signals.tell(ClientEvent::TopicRecreated {
                topic: recreated.topic.to_string().into(),
                from: recreated.old_id,
                to: recreated.new_id,
            });
        }
        for moved in &changes.leaders_moved {
            tracing::debug!(
                topic = &*moved.topic,
                partition = moved.partition,
                from = moved.from,
                to = moved.to,
                "the leader has moved"
            );
        }
    }

    /// What is held against a broker is held against where it was: it begins anew where it is.
    fn moved(&self, from: &Node) {
        let signals = &self.exchange.signals;
        if from.is_down() {
            signals.health(from.id, Health::Up);
        }
        let circuit = from.breaker.state();
        if circuit != BreakerState::Closed {
            signals.circuit(from.id, circuit, BreakerState::Closed);
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        let schedule = self.schedule.lock();
        schedule.unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Step {
        let mut schedule = self.schedule();
        if self.exchange.signals.take_stale() {
            schedule.everything_is_stale();
        }
        let table = self.exchange.nodes.table();
        schedule.brokers_down(table.list().iter().all(|node| node.is_down()));
        schedule.next(&self.metadata(), now())
    }

    /// Finds the cluster for the first time.
    ///
    /// # Errors
    /// One for each bootstrap address.
    pub(crate) async fn bootstrap(&self) -> Result<(), Error> {
        self.schedule().waited(now());
        loop {
            // No broker is known yet that could be down.
            let next = self.schedule().next(&self.metadata(), now());
            match next {
                Step::Wait(Some(until)) => sleep_until(until.into()).await,
                Step::Ask(asked) => {
                    let result = self.find(&asked).await;
                    return self.ended(result);
                }
                Step::Rebootstrap => self.rediscover().await?,
                Step::Wait(None) | Step::Forget(_) => return Ok(()),
            }
        }
    }

    async fn find(&self, asked: &Asked) -> Result<(), Failure> {
        let pool = &self.exchange.pool;
        let found = bootstrap::find(pool, &self.bootstrap, self.is_quorum, asked).await?;
        self.learn(&found.answer, &found.asked, found.version)
    }

    /// Asks one of the brokers that are known; where that takes long, or fails, others beside it: nobody is to wait for a broker that is dead while
    /// there are better ones.
    async fn ask(&self, asked: &Asked) -> Result<(), Failure> {
        let deadline = after(now(), self.request_timeout);
        let nodes = self.exchange.choose_some(ApiKey::METADATA).into_iter();
        let attempts = nodes.map(|node| -> Boxed<'_, _> {
            Box::pin(async move { self.ask_one(&node, asked, deadline).await })
        });
        match race(attempts.collect(), HEAD_START).await {
            Ok((answer, asked, version)) => self.learn(&answer, &asked, version),
            Err(failures) => Err(worst(failures)),
        }
    }

    async fn ask_one(
        &self,
        node: &Arc<Node>,
        asked: &Asked,
        deadline: Instant,
    ) -> Result<(MetadataResponse, Asked, i16), Failure> {
        let exchange = &self.exchange;
        let versions = exchange.versions::<MetadataRequest>(node, deadline).await?;
        let known = self.metadata_owned();
        let exists = |topic: &str| known.topic(topic).is_some_and(|topic| topic.exists());
        let asked = asked.clone().at_version(versions.max, exists);
        let request = asked.request(versions.max);
        let ask = exchange.ask(node, request, Choice::Free, deadline);
        let (_, reply) = ask.await;
        let Reply {
            response, version, ..
        } = reply?;
        Metadata::check(&response)?;
        Ok((response, asked, version))
    }

    /// Takes what a broker has told.
    fn learn(&self, answer: &MetadataResponse, asked: &Asked, version: i16) -> Result<(), Failure> {
        let mut schedule = self.schedule();
        let known = self.metadata();
        let (metadata, changes) = known.apply(answer, asked, version, now())?;
        if !changes.left_out.is_empty() {
            tracing::warn!(left_out = ?changes.left_out, "metadata that cannot be true was left out");
        }
        schedule.answered(&metadata, &changes, now());
        self.publish(metadata, &changes);
        Ok(())
    }

    /// Tells the schedule of a failure; an answer has told it of itself.
    fn ended(&self, result: Result<(), Failure>) -> Result<(), Error> {
        let error = match result {
            Ok(()) => {
                let mut last = self.last();
                (last.answer, last.error) = (Some(now()), None);
                drop(last);
                self.exchange.signals.metadata_refreshed();
                return Ok(());
            }
            Err(Failure::Rejected(problem)) => {
                self.schedule().rejected(&problem, now());
                bootstrap::unusable(&problem)
            }
            Err(Failure::Unanswered(error)) => {
                self.schedule().failed(now());
                error
            }
        };
        tracing::debug!(%error, "no metadata");
        self.last().error = Some(error.clone());
        self.exchange.signals.metadata_failed();
        Err(error)
    }

    /// Looks for the cluster anew: the brokers that are found are asked next.
    async fn rediscover(&self) -> Result<(), Error> {
        tracing::debug!("looking for the cluster by its bootstrap addresses");
        let asked = Asked::new(self.metadata().generation().next(), AskedTopics::None);
        let result = match self.find(&asked).await {
            Ok(()) => Ok(()),
            Err(Failure::Unanswered(error)) => Err(error),
            Err(Failure::Rejected(problem)) => Err(bootstrap::unusable(&problem)),
        };
        match &result {
            Ok(()) => {
                self.last().is_lost = false;
                tracing::info!("the cluster was found by its bootstrap addresses");
                self.schedule().rebootstrapped(now());
            }
            Err(error) => {
                let mut last = self.last();
                last.error = Some(error.clone());
                // Once, and not for each time that it is looked again.
                if !std::mem::replace(&mut last.is_lost, true) {
                    tracing::warn!(%error, "the cluster is out of reach");
                }
                drop(last);
                self.schedule().rebootstrap_failed(now());
            }
        }
        result
    }

    /// Asks whenever it is time to, until the client ends.
    pub(crate) async fn run(self: Arc<Self>, tasks: Tasks) {
        tokio::select! {
            () = self.work() => {}
            () = tasks.closing() => {}
        }
    }

    async fn work(&self) {
        let signals = &self.exchange.signals;
        let mut next_export = now() + Recorder::EXPORT_INTERVAL;
        loop {
            if next_export <= now() {
                signals.export();
                next_export = now() + Recorder::EXPORT_INTERVAL;
            }
            match self.next() {
                Step::Wait(until) => {
                    let until = until.map_or(next_export, |until| until.min(next_export));
                    tokio::select! {
                        () = sleep_until(until.into()) => {}
                        () = signals.worker_woken() => {}
                    }
                }
                Step::Ask(asked) => {
                    // Controllers know no Metadata.
                    let result = if self.is_quorum {
                        self.find(&asked).await
                    } else {
                        self.ask(&asked).await
                    };
                    let _ = self.ended(result);
                }
                Step::Rebootstrap => {
                    let _ = self.rediscover().await;
                }
                Step::Forget(topics) => {
                    let _schedule = self.schedule();
                    let known = self.metadata();
                    let without = known.without(topics.iter().map(|topic| &**topic));
                    self.publish(without, &Changes::default());
                }
            }
        }
    }
}

/// What to go by of several failures: that the cluster is another one by now, if anybody says so.
fn worst(failures: Vec<Failure>) -> Failure {
    let mut last = Failure::Unanswered(Error::new(ErrorKind::NoBroker));
    for failure in failures {
        if let Failure::Rejected(MetadataProblem::RebootstrapRequired) = failure {
            return failure;
        }
        last = failure;
    }
    last
}

/// Why there is no news.
enum Failure {
    Unanswered(Error),
    Rejected(MetadataProblem),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Unanswered(error)
    }
}

impl From<MetadataProblem> for Failure {
    fn from(problem: MetadataProblem) -> Self {
        Self::Rejected(problem)
    }
}
