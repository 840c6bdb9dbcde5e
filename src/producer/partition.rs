//! A partition that is written to, and the line of the broker that leads it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::queue::{News, Queue, Station, Terms};

/// A partition that is written to.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) topic: Arc<str>,
    pub(super) index: i32,
    inner: Mutex<Inner>,
    /// How much is in the way of a record, for a look without the lock: batches, and [`AWAY`] while the leader is not known.
    load: AtomicU32,
}

/// The load of a partition that nobody leads.
const AWAY: u32 = 1000;

/// What is behind the lock of a partition.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) queue: Queue,
    /// That of the broker to which it goes; `None` while its leader is not known.
    pub(super) line: Option<Arc<Line>>,
}

impl Inner {
    /// Counts the records that were told to have failed.
    pub(super) fn count_failed(&mut self, terms: &Terms) {
        let failed = self.queue.take_failed();
        if let Some(counts) = terms.counts().filter(|_| failed > 0) {
            counts.failed(failed);
        }
    }
}

impl Partition {
    pub(super) fn new(topic: &Arc<str>, index: i32) -> Arc<Self> {
        Arc::new(Self {
            topic: Arc::clone(topic),
            index,
            inner: Mutex::default(),
            load: AtomicU32::new(0),
        })
    }

    /// How much is in the way of a record.
    pub(super) fn load(&self) -> u32 {
        self.load.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the partition to where it must be, after something has changed; gives what is left to be done.
    #[must_use]
    pub(super) fn settle(self: &Arc<Self>, inner: &mut Inner, terms: &Terms) -> Settled {
        let away = if inner.line.is_some() { 0 } else { AWAY };
        let load = inner.queue.load().saturating_add(away);
        self.load.store(load, Ordering::Relaxed);
        inner.count_failed(terms);
        if inner.queue.station != Station::Resting {
            return Settled::Still;
        }
        match (inner.queue.news(terms), &inner.line) {
            (None, _) => {}
            (Some(News::Ready), Some(line)) => {
                inner.queue.station = Station::Listed;
                if line.list(self) {
                    return Settled::First(Arc::clone(line));
                }
            }
            (Some(News::Due(due)), Some(line)) => line.remind(due, self),
            (Some(_), None) => {
                // Nobody looks at the clock for it meanwhile.
                inner.queue.hurry();
                inner.queue.station = Station::Seeking;
                return Settled::Leaderless;
            }
        }
        Settled::Still
    }

    /// The partition is left alone for a while.
    pub(super) fn delay(self: &Arc<Self>, inner: &mut Inner, until: Instant) {
        inner.queue.station = Station::Delayed(until);
        if let Some(line) = &inner.line {
            line.remind(until, self);
        }
    }
}

/// What is left to be done for a partition after a change.
#[derive(Debug)]
pub(super) enum Settled {
    Still,
    /// Somebody has to look for its leader.
    Leaderless,
    /// It is the first one of its line that is ready: somebody has to be called.
    First(Arc<Line>),
}

/// Somebody who can send what is ready, at once.
pub(super) trait Help: Send + Sync {
    /// Sends what is ready in the line; false if somebody has to be called all the same.
    fn help(&self, line: &Line) -> bool;
}

/// The partitions that a broker leads and that have something for it, now or later.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) broker: i32,
    lists: Mutex<Lists>,
    bell: Notify,
    helper: OnceLock<Weak<dyn Help>>,
}

#[derive(Debug, Default)]
struct Lists {
    ready: VecDeque<Arc<Partition>>,
    reminders: BTreeMap<(Instant, u64), Arc<Partition>>,
    count: u64,
}

impl Line {
    pub(super) fn new(broker: i32) -> Self {
        Self {
            broker,
            lists: Mutex::default(),
            bell: Notify::new(),
            helper: OnceLock::new(),
        }
    }

    /// Who sends for it, for those who cannot wait until he is called.
    pub(super) fn set_helper(&self, helper: Weak<dyn Help>) {
        let _ = self.helper.set(helper);
    }

    /// Has what is ready sent at once, if that can be; calls otherwise.
    pub(super) fn hurry(&self) {
        let helper = self.helper.get().and_then(Weak::upgrade);
        if !helper.is_some_and(|helper| helper.help(self)) {
            self.call();
        }
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partition has something to be sent; gives whether it is the first one that has.
    fn list(&self, partition: &Arc<Partition>) -> bool {
        let mut lists = self.lists();
        lists.ready.push_back(Arc::clone(partition));
        lists.ready.len() == 1
    }

    /// A partition is to be looked at then.
    fn remind(&self, at: Instant, partition: &Arc<Partition>) {
        let mut lists = self.lists();
        lists.count += 1;
        let key = (at, lists.count);
        lists.reminders.insert(key, Arc::clone(partition));
        let first = lists.reminders.first_key_value();
        if first.is_some_and(|(first, _)| *first == key) {
            self.bell.notify_one();
        }
    }

    /// Takes all partitions that are ready, in the order in which they were.
    pub(super) fn take_ready(&self) -> VecDeque<Arc<Partition>> {
        std::mem::take(&mut self.lists().ready)
    }

    /// Puts partitions back, before those that became ready meanwhile.
    pub(super) fn put_back(&self, mut first: VecDeque<Arc<Partition>>) {
        let mut lists = self.lists();
        first.append(&mut lists.ready);
        lists.ready = first;
    }

    pub(super) fn is_anybody_ready(&self) -> bool {
        !self.lists().ready.is_empty()
    }

    /// Takes the partitions that are to be looked at by now, and tells when the next one is.
    pub(super) fn take_due(&self, now: Instant) -> (Vec<Arc<Partition>>, Option<Instant>) {
        let mut lists = self.lists();
        let mut due = Vec::new();
        while let Some(first) = lists.reminders.first_entry() {
            let (at, _) = *first.key();
            if at > now {
                return (due, Some(at));
            }
            due.push(first.remove());
        }
        (due, None)
    }

    /// Ends when there is something to be done.
    pub(super) fn called(&self) -> Notified<'_> {
        self.bell.notified()
    }

    pub(super) fn call(&self) {
        self.bell.notify_one();
    }
}
