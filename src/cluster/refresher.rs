//! Keeps what is known of the cluster: one worker asks, everybody reads, and who misses something waits for the next answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{MetadataRequest, MetadataResponse};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::bootstrap;
use super::demand::{Demand, Step};
use super::events::ClientEvent;
use super::exchange::{Exchange, Reply, by};
use super::metadata::{
    Asked, Changes, Generation, LeaderHint, Metadata, MetadataProblem, TopicKey,
};
use super::pool::Broker;
use super::settings::ClientSettings;
use super::tasks::Tasks;
use crate::connection::{Address, after, now};
use crate::error::{Error, ErrorKind};
use crate::metrics::Recorder;

/// What is known of the cluster, and who keeps it fresh.
#[derive(Debug)]
pub(crate) struct Refresher {
    metadata: ArcSwap<Metadata>,
    demand: Mutex<Demand>,
    /// The last request that was answered.
    answered: watch::Sender<Generation>,
    last_error: Mutex<Option<Error>>,
    exchange: Arc<Exchange>,
    bootstrap: Vec<Address>,
    is_quorum: bool,
    allow_auto_topic_creation: bool,
    request_timeout: Duration,
}

/// What somebody misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// The leader of a partition.
    Leader(TopicKey, i32),
    /// A controller.
    Controller,
    /// Whatever there is to know.
    News,
}

impl Refresher {
    pub(crate) fn new(settings: &ClientSettings, exchange: Arc<Exchange>) -> Arc<Self> {
        Arc::new(Self {
            metadata: ArcSwap::from_pointee(Metadata::new()),
            demand: Mutex::new(Demand::new(settings, now())),
            answered: watch::Sender::new(Generation::NONE),
            last_error: Mutex::default(),
            exchange,
            bootstrap: settings.bootstrap.clone(),
            is_quorum: settings.is_quorum,
            allow_auto_topic_creation: settings.allow_auto_topic_creation,
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
        self.demand().age(now())
    }

    /// Why there is no news.
    pub(crate) fn last_error(&self) -> Error {
        let last = self.last_error.lock();
        let last = last.unwrap_or_else(PoisonError::into_inner);
        last.clone()
            .unwrap_or_else(|| Error::new(ErrorKind::DeadlineExceeded))
    }

    /// What is known of a topic is not true any more.
    pub(crate) fn stale_topic(&self, topic: &TopicKey) {
        self.demand().stale_topic(topic);
        self.exchange.signals.wake_worker();
    }

    /// What is known of the brokers is not true any more.
    pub(crate) fn stale(&self) {
        self.exchange.signals.metadata_is_stale();
    }

    /// A broker says that this cluster has to be looked for again.
    pub(crate) fn rebootstrap(&self) {
        self.demand().rebootstrap();
        self.exchange.signals.wake_worker();
    }

    /// Waits for the answer to the next request that is made from now on, or that is on its way.
    pub(crate) async fn refreshed(&self) {
        let mut answered = self.answered.subscribe();
        let _ = answered.changed().await;
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
        let topic = match &want {
            Want::Leader(topic, _) => Some(topic.clone()),
            Want::Controller | Want::News => None,
        };
        let mut answered = self.answered.subscribe();
        let covering = self.demand().want(topic);
        self.exchange.signals.wake_worker();
        let wait = answered.wait_for(|answered| *answered >= covering);
        if by(deadline, wait).await.is_none() {
            return Err(None);
        }
        self.verdict(&want)
    }

    fn verdict(&self, want: &Want) -> Result<(), Option<ErrorCode>> {
        let metadata = self.metadata();
        let Want::Leader(topic, partition) = want else {
            return match want {
                Want::Controller if metadata.controller().is_none() => {
                    Err(Some(ErrorCode::NOT_CONTROLLER))
                }
                _ => Ok(()),
            };
        };
        let Some(topic) = metadata.topic_by_key(topic) else {
            return Err(Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        };
        let Some(partition) = topic.partition(*partition) else {
            return Err(Some(if topic.error().is_ok() {
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            } else {
                topic.error()
            }));
        };
        let leader = partition
            .leader()
            .filter(|leader| metadata.broker(leader.id).is_some());
        match leader {
            Some(_) => Ok(()),
            None => Err(Some(ErrorCode::LEADER_NOT_AVAILABLE)),
        }
    }

    /// Follows the leaders that an answer names (KIP-951); gives whether that was news.
    pub(crate) fn follow(
        &self,
        hints: &[LeaderHint],
        endpoints: &[super::metadata::Broker],
    ) -> bool {
        // Others must not change it meanwhile.
        let _demand = self.demand();
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
        for node in gone {
            tracing::debug!(broker = node.id, address = %node.address, "the broker is gone from here");
            self.exchange.pool.drain(&node);
            if self.exchange.nodes.by_id(node.id).is_none() {
                self.exchange.signals.broker_left(node.id);
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

    fn demand(&self) -> MutexGuard<'_, Demand> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the cluster.
    ///
    /// # Errors
    /// One for each bootstrap address.
    pub(crate) async fn bootstrap(&self) -> Result<(), Error> {
        let asked = self.demand().begin_bootstrap();
        let result = self.find(asked).await;
        self.ended(&result, asked);
        result
    }

    async fn find(&self, generation: Generation) -> Result<(), Error> {
        let pool = &self.exchange.pool;
        let found = bootstrap::find(pool, &self.bootstrap, self.is_quorum, generation).await?;
        self.learn(&found.answer, &found.asked, found.version)
    }

    fn learn(&self, answer: &MetadataResponse, asked: &Asked, version: i16) -> Result<(), Error> {
        let mut demand = self.demand();
        let known = self.metadata();
        let (metadata, changes) =
            known
                .apply(answer, asked, version, now())
                .map_err(|problem| {
                    if problem == MetadataProblem::RebootstrapRequired {
                        demand.rebootstrap();
                    }
                    tracing::warn!(%problem, "metadata that cannot be used");
                    unusable(&problem)
                })?;
        demand.unsettled(&changes.unsettled);
        self.publish(metadata, &changes);
        Ok(())
    }

    fn ended(&self, result: &Result<(), Error>, asked: Generation) {
        let mut demand = self.demand();
        match result {
            Ok(()) => {
                demand.answered(now(), &self.metadata());
                drop(demand);
                self.exchange.signals.metadata_refreshed();
                self.answered.send_replace(asked);
            }
            Err(error) => {
                tracing::debug!(%error, "no metadata");
                demand.failed(now());
                drop(demand);
                self.exchange.signals.metadata_failed();
                let mut last = self
                    .last_error
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *last = Some(error.clone());
            }
        }
    }

    /// Asks one of the brokers that are known.
    async fn ask(&self, asked: Asked) -> Result<(), Error> {
        let deadline = after(now(), self.request_timeout);
        let node = self.exchange.choose(ApiKey::METADATA, None);
        let node = node.ok_or_else(|| Error::new(ErrorKind::NoBroker))?;
        let exchange = &self.exchange;
        let version = exchange
            .versions::<MetadataRequest>(&node, deadline)
            .await?
            .max;
        let known = self.metadata_owned();
        let exists = |topic: &str| known.topic(topic).is_some_and(|topic| topic.exists());
        let asked = asked.at_version(version, exists);
        let (_, reply) = exchange.ask(&node, asked.request(version), deadline).await;
        let Reply { response, version } = reply?;
        self.learn(&response, &asked, version)
    }

    /// Asks whenever it is time to, until the client ends.
    pub(crate) async fn run(self: Arc<Self>, tasks: Tasks) {
        tokio::select! {
            () = self.work() => {}
            () = tasks.closing() => {}
        }
    }

    async fn work(&self) {
        let mut next_export = now() + Recorder::EXPORT_INTERVAL;
        loop {
            if next_export <= now() {
                self.exchange.signals.export();
                next_export = now() + Recorder::EXPORT_INTERVAL;
            }
            let signals = &self.exchange.signals;
            let step = {
                let mut demand = self.demand();
                if signals.take_stale() {
                    demand.stale();
                }
                let table = self.exchange.nodes.table();
                let all_down = table.list().iter().all(|node| node.is_down());
                demand.next(now(), &self.metadata(), all_down)
            };
            match step {
                Step::Wait(until) => {
                    tokio::select! {
                        () = sleep_until(until.min(next_export).into()) => {}
                        () = signals.worker_woken() => {}
                    }
                }
                Step::Ask(asked) => {
                    let asked = asked.allow_auto_topic_creation(self.allow_auto_topic_creation);
                    let generation = asked.generation();
                    let result = if self.is_quorum {
                        self.find(generation).await
                    } else {
                        self.ask(asked).await
                    };
                    self.ended(&result, generation);
                }
                Step::Rebootstrap => {
                    tracing::info!("looking for the cluster by its bootstrap addresses");
                    let _ = self.bootstrap().await;
                }
            }
        }
    }
}

fn unusable(problem: &MetadataProblem) -> Error {
    let code = match problem {
        MetadataProblem::Refused(code) => *code,
        MetadataProblem::RebootstrapRequired => ErrorCode::REBOOTSTRAP_REQUIRED,
        _ => ErrorCode::UNKNOWN_SERVER_ERROR,
    };
    let message = Some(problem.to_string());
    Error::new(ErrorKind::Broker { code, message }).during(ApiKey::METADATA, None)
}
