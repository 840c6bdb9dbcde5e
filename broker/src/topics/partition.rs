//! A partition: its log and who leads it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::waiter::{Registration, Waiter, Waiters};
use crate::storage::{Checked, Log, OffsetOutOfRange, ReadSize, Stamp, TimestampAndOffset};

/// Who leads a partition and who else holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leadership {
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
    /// The nodes that hold the partition. All share one log, so they are always in sync.
    pub(crate) replicas: Vec<i32>,
}

/// Why a node does not serve a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartitionError {
    /// Another node leads.
    NotLeader,
    /// The client knows an older leader epoch.
    FencedEpoch,
    /// The client claims a leader epoch that is still to come.
    UnknownEpoch,
    /// The log does not reach to the offset.
    OutOfRange,
    /// The topic is no more.
    Deleted,
}

impl From<OffsetOutOfRange> for PartitionError {
    fn from(_: OffsetOutOfRange) -> Self {
        Self::OutOfRange
    }
}

/// What an append gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    pub(crate) log_start_offset: i64,
}

/// How far a partition reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start_offset: i64,
    /// Nothing is replicated, so this is the end of the log too.
    pub(crate) high_watermark: i64,
    pub(crate) leader_epoch: i32,
    /// Milliseconds since 1970.
    pub(crate) last_modified: i64,
}

/// What a read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) records: Bytes,
    pub(crate) extent: Extent,
}

/// A partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    state: Mutex<State>,
    waiters: Waiters,
}

#[derive(Debug)]
struct State {
    leadership: Leadership,
    deleted: bool,
    log: Log,
}

impl State {
    fn lead(&mut self, node: i32, epoch: i32) -> Result<&mut Log, PartitionError> {
        if self.deleted {
            return Err(PartitionError::Deleted);
        }
        if self.leadership.leader != node {
            return Err(PartitionError::NotLeader);
        }
        // -1: the client does not say which epoch it knows.
        match epoch {
            -1 => Ok(&mut self.log),
            epoch if epoch < self.leadership.epoch => Err(PartitionError::FencedEpoch),
            epoch if epoch > self.leadership.epoch => Err(PartitionError::UnknownEpoch),
            _ => Ok(&mut self.log),
        }
    }

    fn extent(&self) -> Extent {
        Extent {
            start_offset: self.log.start_offset(),
            high_watermark: self.log.end_offset(),
            leader_epoch: self.leadership.epoch,
            last_modified: self.log.last_modified(),
        }
    }
}

impl Partition {
    /// An empty partition on these nodes, led by the first; made at `now` in milliseconds since 1970.
    pub(super) fn new(replicas: Vec<i32>, now: i64) -> Self {
        let leadership = Leadership {
            leader: replicas.first().copied().unwrap_or(-1),
            epoch: 0,
            replicas,
        };
        Self {
            state: Mutex::new(State {
                leadership,
                deleted: false,
                log: Log::new(now),
            }),
            waiters: Waiters::default(),
        }
    }

    pub(crate) fn leadership(&self) -> Leadership {
        self.lock().leadership.clone()
    }

    /// Appends as `node`, and wakes those who wait for it.
    pub(crate) fn append(
        &self,
        node: i32,
        checked: Checked,
        log_append_time: Option<i64>,
        now: i64,
    ) -> Result<Appended, PartitionError> {
        let size = checked.size();
        let mut state = self.lock();
        let leader_epoch = state.leadership.epoch;
        let log = state.lead(node, -1)?;
        let stamp = Stamp {
            leader_epoch,
            log_append_time,
            now,
        };
        let appended = Appended {
            base_offset: log.append(checked, stamp),
            log_start_offset: log.start_offset(),
        };
        drop(state);
        self.waiters.add(size as u64);
        Ok(appended)
    }

    /// Reads as `node`; see [`Log::read`].
    pub(crate) fn read(
        &self,
        node: i32,
        epoch: i32,
        offset: i64,
        size: ReadSize,
    ) -> Result<Read, PartitionError> {
        let mut state = self.lock();
        let records = state.lead(node, epoch)?.read(offset, size)?;
        Ok(Read {
            records,
            extent: state.extent(),
        })
    }

    /// How far the partition reaches, as `node` knows it.
    pub(crate) fn extent(&self, node: i32, epoch: i32) -> Result<Extent, PartitionError> {
        let mut state = self.lock();
        state.lead(node, epoch)?;
        Ok(state.extent())
    }

    /// The offset that the next record gets.
    pub(crate) fn end_offset(&self) -> i64 {
        self.lock().log.end_offset()
    }

    /// The first record whose time is `timestamp` or later.
    pub(crate) fn first_at_or_after(&self, timestamp: i64) -> Option<TimestampAndOffset> {
        self.lock().log.first_at_or_after(timestamp)
    }

    /// The first of the records with the largest time.
    pub(crate) fn latest_timestamp(&self) -> Option<TimestampAndOffset> {
        self.lock().log.latest_timestamp()
    }

    /// The topic is deleted: nobody can read or write any more, and those who wait learn of it.
    pub(super) fn delete(&self) {
        self.lock().deleted = true;
        self.waiters.add(u64::MAX);
    }

    /// Tells `waiter` of all bytes that come from now on, until the registration is dropped.
    pub(crate) fn register(&self, waiter: &Arc<Waiter>) -> Registration {
        self.waiters.register(waiter)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under this lock is a bug that has been reported; the other connections go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
