//! What the handles of a producer and its tasks share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use milena_wire::error_code::ErrorCode;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::delivery::Delivery;
use super::identity::IdentityState;
use super::partition::{Inner, Line, Partition, Settled};
use super::partitioner::Partitioned;
use super::queue::{Identity, Queue, Refusal, Station, Terms};
use super::record::Record;
use super::settings::ProducerSettings;
use super::topic::{Topic, Topics};
use crate::cluster::{Client, by};
use crate::connection::now;
use crate::error::{Error, ErrorKind};

/// So long memory may be short before what is open has to go, unless it goes by itself.
const SOON: Duration = Duration::from_millis(20);

/// What the handles of a producer and its tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Kept until all is settled.
    pub(super) client: Client,
    pub(super) terms: Terms,
    pub(super) settings: ProducerSettings,
    pub(super) topics: Topics,
    lines: Mutex<HashMap<i32, Arc<Line>>>,
    seekers: Mutex<Vec<Arc<Partition>>>,
    /// For the one who looks for leaders.
    bell: Notify,
    identity: Mutex<IdentityState>,
    /// When memory was short last, and all that was open had to go.
    relieved: Mutex<Option<Instant>>,
    is_closed: AtomicBool,
    /// Whether the last handle is gone.
    is_abandoned: AtomicBool,
}

/// Why a record was not taken.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// There is no memory left.
    Full,
    /// The topic is not known yet, or not this partition of it.
    Unknown,
    /// It never will be.
    Invalid(Error),
}

impl Shared {
    pub(super) fn new(client: Client, terms: Terms, settings: ProducerSettings) -> Self {
        Self {
            client,
            terms,
            settings,
            topics: Topics::default(),
            lines: Mutex::default(),
            seekers: Mutex::default(),
            bell: Notify::new(),
            identity: Mutex::default(),
            relieved: Mutex::default(),
            is_closed: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
        }
    }

    /// As [`append`](Self::append), where a call does not count.
    #[inline(never)]
    pub(super) fn append_slowly(
        &self,
        record: &Record<'_>,
        has_waited: bool,
    ) -> Result<Delivery, Obstacle> {
        self.append(record, has_waited)
    }

    /// Puts a record into its batch.
    // What a call gives would go through memory, and be waited for there.
    #[inline(always)]
    pub(super) fn append(
        &self,
        record: &Record<'_>,
        has_waited: bool,
    ) -> Result<Delivery, Obstacle> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Obstacle::Invalid(Error::new(ErrorKind::Shutdown)));
        }
        if record.timestamp.is_some_and(|timestamp| timestamp < 0) {
            return Err(invalid_timestamp(record));
        }
        let topic = self.topics.find(record.topic).ok_or(Obstacle::Unknown)?;
        let partition = self.partition(topic, record)?;
        let mut inner = partition.lock();
        match inner.queue.append_at_once(record, &self.terms) {
            Some(delivery) => Ok(delivery),
            None => self.append_with_news(partition, inner, record, has_waited),
        }
    }

    /// Puts a record into a batch that is new, or larger than before.
    #[cold]
    #[inline(never)]
    fn append_with_news(
        &self,
        partition: &Arc<Partition>,
        mut inner: MutexGuard<'_, Inner>,
        record: &Record<'_>,
        has_waited: bool,
    ) -> Result<Delivery, Obstacle> {
        // Under the lock, for who closes fails all that he finds, and nobody looks at what comes later.
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Obstacle::Invalid(Error::new(ErrorKind::Shutdown)));
        }
        let appended = inner.queue.append(record, &self.terms, has_waited);
        let settled = partition.settle(&mut inner, &self.terms);
        drop(inner);
        match settled {
            // A batch that waits for nothing has but one record, and is soon sealed.
            Settled::First(line) if self.terms.linger.is_zero() => line.hurry(),
            settled => self.attend(partition, settled),
        }
        match appended {
            Ok(delivery) => Ok(delivery),
            Err(Refusal::Full) => {
                self.relieve();
                Err(Obstacle::Full)
            }
            Err(Refusal::Invalid(error)) => {
                let error = Error::new(ErrorKind::InvalidRecord(error));
                Err(Obstacle::Invalid(error))
            }
        }
    }

    #[inline(always)]
    fn partition<'t>(
        &self,
        topic: &'t Topic,
        record: &Record<'_>,
    ) -> Result<&'t Arc<Partition>, Obstacle> {
        let index = match record.partition {
            Some(partition) => usize::try_from(partition).unwrap_or(usize::MAX),
            None => {
                let partitioned = Partitioned::new(record.topic, record.key, record.value);
                let partitions = topic.partitions.len();
                let chosen = self
                    .settings
                    .partitioner
                    .partition(&partitioned, partitions);
                chosen.unwrap_or_else(|| {
                    let bytes =
                        record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
                    let batch_size = self.terms.batch_size;
                    topic
                        .sticky
                        .partition(bytes + 16, batch_size, &topic.partitions)
                })
            }
        };
        topic.partitions.get(index).ok_or(Obstacle::Unknown)
    }

    /// Takes note of a topic, or of how many partitions it has now.
    pub(super) fn learn(&self, name: &str, partitions: usize) {
        self.topics
            .learn(name, partitions, || self.client.hold_topic(name));
    }

    /// Brings a partition to where it must be, after something has changed, and calls who has to do something for it.
    pub(super) fn settle_in(&self, partition: &Arc<Partition>, inner: &mut Inner) {
        let settled = partition.settle(inner, &self.terms);
        self.attend(partition, settled);
    }

    fn attend(&self, partition: &Arc<Partition>, settled: Settled) {
        match settled {
            Settled::Still => {}
            Settled::Leaderless => self.seek(partition),
            Settled::First(line) => line.call(),
        }
    }

    /// A partition has nobody who leads it, as far as is known.
    pub(super) fn seek(&self, partition: &Arc<Partition>) {
        let mut seekers = self.seekers.lock().unwrap_or_else(PoisonError::into_inner);
        seekers.push(Arc::clone(partition));
        drop(seekers);
        self.bell.notify_one();
    }

    pub(super) fn take_seekers(&self) -> Vec<Arc<Partition>> {
        let mut seekers = self.seekers.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *seekers)
    }

    pub(super) fn keep_seeking(&self, more: Vec<Arc<Partition>>) {
        let mut seekers = self.seekers.lock().unwrap_or_else(PoisonError::into_inner);
        seekers.extend(more);
    }

    /// Ends when somebody is looked for, or something else is to be done.
    pub(super) fn called(&self) -> Notified<'_> {
        self.bell.notified()
    }

    /// The line of a broker, and whether it is new.
    pub(super) fn line(&self, broker: i32) -> (Arc<Line>, bool) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        let line = lines.entry(broker).or_insert_with(|| {
            is_new = true;
            Arc::new(Line::new(broker))
        });
        (Arc::clone(line), is_new)
    }

    /// Has all who send look at what there is.
    pub(super) fn call_all(&self) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines.values() {
            line.call();
        }
        self.bell.notify_one();
    }

    pub(super) fn identity(&self) -> MutexGuard<'_, IdentityState> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under whose name is written. Without idempotence there is none.
    pub(super) fn known_identity(&self) -> Option<Identity> {
        self.identity().known()
    }

    /// A broker does not accept this producer id any more.
    pub(super) fn disowned(&self, id: i64) {
        self.identity().forget(id);
        self.bell.notify_one();
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn abandon(&self) {
        self.close();
        self.is_abandoned.store(true, Ordering::SeqCst);
        self.hurry();
        self.call_all();
    }

    /// Whether nobody can send any more, and all is settled.
    pub(super) fn is_over(&self) -> bool {
        self.is_abandoned.load(Ordering::SeqCst) && self.terms.memory.used() == 0
    }

    /// After how long somebody who waits for room should try again, so that what is open by then goes, too.
    pub(super) fn patience(&self) -> Option<Duration> {
        (self.terms.linger > SOON).then_some(SOON)
    }

    /// Memory is short: what is open waits for no more records, or all would wait for it (Java does the same).
    fn relieve(&self) {
        if self.patience().is_none() {
            return;
        }
        let now = now();
        let Ok(mut relieved) = self.relieved.try_lock() else {
            return;
        };
        if relieved.is_none_or(|last| now.saturating_duration_since(last) >= SOON) {
            *relieved = Some(now);
            drop(relieved);
            self.hurry();
        }
    }

    /// All that is open is sent now.
    pub(super) fn hurry(&self) {
        self.hurry_each(|_| {});
    }

    /// All that is open is sent now. Gives the fates of what is not settled.
    pub(super) fn flush(&self) -> Vec<Arc<super::fate::Fate>> {
        let mut fates = Vec::new();
        self.hurry_each(|queue| fates.extend(queue.fates()));
        fates
    }

    fn hurry_each(&self, mut look: impl FnMut(&Queue)) {
        for topic in self.topics.all() {
            for partition in &topic.partitions {
                let mut inner = partition.lock();
                inner.queue.hurry();
                self.settle_in(partition, &mut inner);
                look(&inner.queue);
            }
        }
    }

    /// Finds out how many partitions a topic has, or that there is this one.
    ///
    /// # Errors
    /// That there is no such topic, or nothing is known of it until the deadline.
    pub(super) async fn find_topic(
        &self,
        name: &str,
        partition: Option<i32>,
        deadline: Instant,
    ) -> Result<(), Error> {
        let unknown = || {
            Error::new(ErrorKind::UnknownPartition {
                topic: name.to_owned(),
                partition: partition.unwrap_or_default(),
            })
        };
        let mut failures = 0;
        let mut last = unknown();
        loop {
            match by(deadline, self.client.topic(name)).await {
                None => return Err(last),
                Some(Ok(topic)) if topic.exists() => {
                    self.learn(name, topic.partition_count());
                    if partition.is_none_or(|partition| topic.partition(partition).is_some()) {
                        return Ok(());
                    }
                    if failures > 0 {
                        return Err(unknown());
                    }
                    // It may have just come.
                    let refreshed = by(deadline, self.client.refresh_metadata()).await;
                    refreshed.ok_or_else(unknown)??;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    let is_unknown =
                        error.broker_code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
                    if !error.is_retriable() && !is_unknown {
                        return Err(error);
                    }
                    if !is_unknown {
                        last = error;
                    }
                    let wait = self.client.wait_after(failures);
                    if by(deadline, tokio::time::sleep(wait)).await.is_none() {
                        return Err(last);
                    }
                }
            }
            failures += 1;
        }
    }

    /// Another producer id is wanted.
    pub(super) fn renew_identity(&self) {
        if let Some(identity) = self.known_identity() {
            self.disowned(identity.id);
        }
    }

    /// Fails all that is not under way.
    pub(super) fn fail_all(&self, error: &Error) {
        for topic in self.topics.all() {
            for partition in &topic.partitions {
                let mut inner = partition.lock();
                inner.queue.fail_all(error);
                inner.count_failed(&self.terms);
            }
        }
    }

    /// Fails what took too long.
    pub(super) fn expire(&self, now: Instant, error: impl Fn() -> Error) {
        for topic in self.topics.all() {
            for partition in &topic.partitions {
                let mut inner = partition.lock();
                if inner.queue.is_empty() {
                    continue;
                }
                let is_over = inner.queue.expire(now, &error);
                inner.count_failed(&self.terms);
                // What was waited for has failed: those behind it need not wait.
                if is_over && matches!(inner.queue.station, Station::Delayed(_)) {
                    inner.queue.station = Station::Resting;
                    self.settle_in(partition, &mut inner);
                }
            }
        }
    }
}

#[cold]
fn invalid_timestamp(record: &Record<'_>) -> Obstacle {
    let timestamp = record.timestamp.unwrap_or_default();
    let error = Error::new(ErrorKind::InvalidTimestamp { timestamp });
    Obstacle::Invalid(error)
}
