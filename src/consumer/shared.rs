//! What the handles of a consumer and its tasks share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::board::{Board, Terms};
use super::fetcher::Fetcher;
use super::settings::ConsumerSettings;
use super::start::Assignment;
use crate::cluster::{Client, TopicHold};
use crate::error::{Error, ErrorKind};
use crate::isolation_level::IsolationLevel;
use crate::metrics::{ConsumerLevels, Levels};

/// What the handles of a consumer and its tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) settings: ConsumerSettings,
    board: Mutex<Board>,
    /// For the one who looks for leaders and offsets.
    pub(super) bell: Notify,
    /// For the fetchers.
    bells: Mutex<HashMap<i32, Arc<Notify>>>,
    /// Keep topics in the metadata.
    holds: Mutex<HashMap<Arc<str>, TopicHold>>,
}

impl Levels for Shared {
    fn levels(&self) -> ConsumerLevels {
        let is_committed = self.settings.isolation_level == IsolationLevel::ReadCommitted;
        let board = lock(&self.board);
        let lags = board.all().filter_map(|one| one.lag(is_committed));
        ConsumerLevels {
            partitions: u64::try_from(board.all().count()).unwrap_or(u64::MAX),
            buffered: u64::try_from(board.buffered()).unwrap_or(u64::MAX),
            discarded: board.wasted(),
            lag: lags.fold(0, u64::saturating_add),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(client: Client, terms: Terms, settings: ConsumerSettings) -> Self {
        Self {
            client,
            settings,
            board: Mutex::new(Board::new(terms)),
            bell: Notify::new(),
            bells: Mutex::default(),
            holds: Mutex::default(),
        }
    }

    /// Does something with all that is being read, and tells those whom it is news for.
    #[inline]
    pub(super) fn with<T>(self: &Arc<Self>, act: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = lock(&self.board);
        let result = act(&mut board);
        let signals = board.take_signals();
        drop(board);
        if let Some(signals) = signals {
            self.tell(signals);
        }
        result
    }

    #[cold]
    fn tell(self: &Arc<Self>, signals: super::signals::Signals) {
        if let Some(caller) = signals.caller {
            caller.wake();
        }
        if signals.router {
            self.bell.notify_one();
        }
        if signals.everybody {
            for bell in lock(&self.bells).values() {
                bell.notify_one();
            }
        }
        for broker in signals.lines {
            if let Some(bell) = lock(&self.bells).get(&broker) {
                bell.notify_one();
            }
        }
        for broker in signals.made {
            let bell = Arc::<Notify>::default();
            lock(&self.bells).insert(broker, Arc::clone(&bell));
            let fetcher = Fetcher::new(Arc::clone(self), broker, bell);
            self.client.spawn(fetcher.run());
        }
    }

    /// Reads these, too.
    pub(super) async fn assign(
        self: &Arc<Self>,
        assignments: Vec<Assignment>,
    ) -> Result<(), Error> {
        let mut found = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let topic = self.client.topic(&assignment.topic).await?;
            let count = i32::try_from(topic.partition_count()).unwrap_or(i32::MAX);
            let partitions = match assignment.partition {
                None => 0..count,
                Some(partition) if (0..count).contains(&partition) => partition..partition + 1,
                Some(partition) => {
                    return Err(Error::new(ErrorKind::UnknownPartition {
                        topic: assignment.topic,
                        partition,
                    }));
                }
            };
            found.push((
                Arc::clone(topic.shared_name()),
                partitions,
                assignment.start,
            ));
        }
        {
            let mut holds = lock(&self.holds);
            for (topic, ..) in &found {
                let hold = || self.client.hold_topic(topic);
                holds.entry(Arc::clone(topic)).or_insert_with(hold);
            }
        }
        self.with(|board| {
            for (topic, partitions, start) in found {
                for partition in partitions {
                    board.assign(&topic, partition, start);
                }
            }
        });
        Ok(())
    }

    /// Reads these no more.
    pub(super) fn unassign<'a>(self: &Arc<Self>, partitions: impl Iterator<Item = (&'a str, i32)>) {
        let unused = self.with(|board| {
            let mut unused = Vec::new();
            for (topic, partition) in partitions {
                if let Some(slot) = board.find(topic, partition) {
                    board.unassign(slot);
                    if board.is_unused(topic) {
                        unused.push(topic);
                    }
                }
            }
            unused
        });
        let mut holds = lock(&self.holds);
        for topic in unused {
            holds.remove(topic);
        }
    }
}
