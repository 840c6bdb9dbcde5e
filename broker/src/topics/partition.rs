//! A partition: its log and who leads it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::leadership::Leadership;
use super::producers::{MarkerError, ProducerError, ProducerState, Producers, Unknown};
use super::waiter::{Registration, Waiter, Waiters};
use crate::storage::{
    Checked, EpochEnd, Log, Marker, OffsetOutOfRange, ReadSize, Stamp, TimestampAndOffset,
};

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
    /// The batch is not one that its producer may append.
    Producer(ProducerError),
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
    /// If the records were there before and nothing was appended: the largest of their times, in milliseconds since 1970.
    pub(crate) duplicate_of: Option<i64>,
}

/// Who appends, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Append {
    /// The node that is asked.
    pub(crate) node: i32,
    /// Whether a transaction begins by producing (KIP-890).
    pub(crate) begins_transactions: bool,
    /// Milliseconds since 1970, for topics where the broker's clock counts.
    pub(crate) log_append_time: Option<i64>,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

/// What a partition keeps of what comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Only the offsets of records are kept.
    pub(crate) discards: bool,
    /// Producers that have no record left are forgotten, and who is unknown has to begin at 0: as Kafka had it before 2.5 (KIP-360).
    pub(crate) forgets_producers: bool,
}

/// How far a partition reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start_offset: i64,
    /// Nothing is replicated, so this is the end of the log too.
    pub(crate) high_watermark: i64,
    pub(crate) leader_epoch: i32,
    /// The leader epoch of the first record, or of the one that is to come.
    pub(crate) start_epoch: Option<i32>,
    /// Milliseconds since 1970.
    pub(crate) last_modified: i64,
}

/// Who reads, and what he knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// The node that is asked.
    pub(crate) node: i32,
    /// The leader epoch that the client knows, -1 if he does not say.
    pub(crate) epoch: i32,
    /// Whether any replica may answer (KIP-392).
    pub(crate) from_follower: bool,
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
    producers: Producers,
    retention: Retention,
}

impl State {
    /// The log, for what only the leader may do. As with Kafka, a replica looks at the epoch first.
    fn lead(&mut self, node: i32, epoch: i32) -> Result<&mut Log, PartitionError> {
        self.follow(node, epoch)?;
        match self.leadership.leader == node {
            true => Ok(&mut self.log),
            false => Err(PartitionError::NotLeader),
        }
    }

    /// The log, for what any replica may do.
    fn follow(&mut self, node: i32, epoch: i32) -> Result<&mut Log, PartitionError> {
        if self.deleted {
            return Err(PartitionError::Deleted);
        }
        if !self.leadership.replicas.contains(&node) {
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

    fn serve(&mut self, reader: Reader) -> Result<&mut Log, PartitionError> {
        match reader.from_follower {
            true => self.follow(reader.node, reader.epoch),
            false => self.lead(reader.node, reader.epoch),
        }
    }

    fn extent(&self) -> Extent {
        Extent {
            start_offset: self.log.start_offset(),
            high_watermark: self.log.end_offset(),
            leader_epoch: self.leadership.epoch,
            start_epoch: self.log.epoch_at(self.log.start_offset()),
            last_modified: self.log.last_modified(),
        }
    }
}

impl Partition {
    /// An empty partition; made at `now` in milliseconds since 1970.
    pub(super) fn new(leadership: Leadership, retention: Retention, now: i64) -> Self {
        let mut log = Log::new(retention.discards, now);
        log.begin_epoch(leadership.epoch);
        Self {
            state: Mutex::new(State {
                leadership,
                deleted: false,
                log,
                producers: Producers::default(),
                retention,
            }),
            waiters: Waiters::default(),
        }
    }

    pub(crate) fn leadership(&self) -> Leadership {
        self.lock().leadership.clone()
    }

    /// The node that leads, -1 if none does.
    pub(crate) fn leader(&self) -> i32 {
        self.lock().leadership.leader
    }

    /// Whether so many replicas are in sync, or all if there are fewer.
    pub(crate) fn has_in_sync(&self, count: usize) -> bool {
        let state = self.lock();
        let Leadership { isr, replicas, .. } = &state.leadership;
        isr.len() >= count.min(replicas.len())
    }

    /// Changes who leads, and wakes those who wait for another leader than there is now.
    pub(super) fn lead<T>(&self, change: impl FnOnce(&mut Leadership) -> T) -> T {
        let mut state = self.lock();
        let before = state.leadership.epoch;
        let changed = change(&mut state.leadership);
        let epoch = state.leadership.epoch;
        if epoch != before {
            state.log.begin_epoch(epoch);
            drop(state);
            self.waiters.disturb();
        }
        changed
    }

    /// Appends what its producer has not appended before, and wakes those who wait for it.
    pub(crate) fn append(
        &self,
        checked: Checked,
        append: Append,
    ) -> Result<Appended, PartitionError> {
        let size = checked.size();
        let mut state = self.lock();
        state.lead(append.node, -1)?;
        let State {
            leadership,
            log,
            producers,
            retention,
            ..
        } = &mut *state;
        let unknown = match (retention.forgets_producers, append.begins_transactions) {
            (true, _) => Unknown::Refused,
            (false, true) => Unknown::MustBegin,
            (false, false) => Unknown::Welcome,
        };
        let duplicate = producers
            .check(checked.producers(), unknown)
            .map_err(PartitionError::Producer)?;
        if let Some(duplicate) = duplicate {
            return Ok(Appended {
                base_offset: duplicate.base_offset,
                log_start_offset: log.start_offset(),
                duplicate_of: Some(duplicate.max_timestamp),
            });
        }
        for batch in checked.producers() {
            producers.note(batch, log.end_offset());
        }
        let stamp = Stamp {
            leader_epoch: leadership.epoch,
            log_append_time: append.log_append_time,
            now: append.now,
        };
        let appended = Appended {
            base_offset: log.append(checked, stamp),
            log_start_offset: log.start_offset(),
            duplicate_of: None,
        };
        drop(state);
        self.waiters.add(size as u64);
        Ok(appended)
    }

    /// A transaction has ended: says so in the log, at `now` in milliseconds since 1970. Whoever leads takes it.
    pub(crate) fn end_transaction(&self, marker: Marker, now: i64) -> Result<(), MarkerError> {
        let mut state = self.lock();
        if state.deleted {
            return Err(MarkerError::Deleted);
        }
        state.producers.check_marker(&marker)?;
        // A batch of one small record can always be written.
        let Ok(batch) = marker.batch(now) else {
            return Ok(());
        };
        state.producers.end(&marker, now);
        let size = batch.size();
        let stamp = Stamp {
            leader_epoch: state.leadership.epoch,
            log_append_time: None,
            now,
        };
        state.log.append(batch, stamp);
        drop(state);
        self.waiters.add(size as u64);
        Ok(())
    }

    /// The producers that the partition knows, by id.
    pub(crate) fn producers(&self) -> Vec<(i64, ProducerState)> {
        self.lock().producers.all()
    }

    /// Reads; see [`Log::read`].
    pub(crate) fn read(
        &self,
        reader: Reader,
        offset: i64,
        size: ReadSize,
    ) -> Result<Read, PartitionError> {
        let mut state = self.lock();
        let records = state.serve(reader)?.read(offset, size)?;
        Ok(Read {
            records,
            extent: state.extent(),
        })
    }

    /// How far the partition reaches.
    pub(crate) fn extent(&self, reader: Reader) -> Result<Extent, PartitionError> {
        let mut state = self.lock();
        state.serve(reader)?;
        Ok(state.extent())
    }

    /// The offset that the next record gets.
    pub(crate) fn end_offset(&self) -> i64 {
        self.lock().log.end_offset()
    }

    /// How many bytes it holds.
    pub(crate) fn size(&self) -> u64 {
        self.lock().log.size()
    }

    /// Where a leader epoch has ended; `None` for one that is still to come.
    pub(crate) fn end_of_epoch(
        &self,
        reader: Reader,
        epoch: i32,
    ) -> Result<Option<EpochEnd>, PartitionError> {
        let mut state = self.lock();
        Ok(state.serve(reader)?.end_of_epoch(epoch))
    }

    /// Takes the records before `offset` away, all of them for -1, as `node`; gives the offset of the first that is left.
    pub(crate) fn delete_before(&self, node: i32, offset: i64) -> Result<i64, PartitionError> {
        let mut state = self.lock();
        let start = state.lead(node, -1)?.delete_before(offset)?;
        if state.retention.forgets_producers {
            state.producers.delete_before(start);
        }
        Ok(start)
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
        self.waiters.disturb();
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
