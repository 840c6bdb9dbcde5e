//! A partition: its log and who leads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::aborted::{Aborted, AbortedTransactions};
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
    /// Nothing is replicated, so this is the end of the log too, but for a replica that is held back.
    pub(crate) high_watermark: i64,
    /// Before it, all transactions have ended.
    pub(crate) last_stable_offset: i64,
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
    /// Whether only what is committed is read.
    pub(crate) committed: bool,
}

/// What a read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) records: Bytes,
    pub(crate) extent: Extent,
    /// Of those who read only what is committed: what was not.
    pub(crate) aborted: Option<Vec<Aborted>>,
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
    aborted: AbortedTransactions,
    /// Replicas that are held back, and where they end.
    held: BTreeMap<i32, i64>,
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

    /// Where the log ends at a node.
    fn end(&self, node: i32) -> i64 {
        let end = self.log.end_offset();
        self.held.get(&node).map_or(end, |held| end.min(*held))
    }

    fn extent(&self, node: i32) -> Extent {
        let (start, end) = (self.log.start_offset(), self.end(node));
        let first_open = self.producers.first_open();
        Extent {
            start_offset: start,
            high_watermark: end,
            last_stable_offset: first_open.map_or(end, |open| open.max(start).min(end)),
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
                aborted: AbortedTransactions::default(),
                held: BTreeMap::new(),
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
        let (leader, epoch) = (state.leadership.leader, state.leadership.epoch);
        // Whoever leads has all there is.
        state.held.remove(&leader);
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
        let first_offset = state.producers.end(&marker, now);
        if let (Some(first_offset), false) = (first_offset, marker.commit) {
            let last_offset = state.log.end_offset();
            state.aborted.push(Aborted {
                producer_id: marker.producer_id,
                first_offset,
                last_offset,
            });
        }
        let size = batch.size();
        let stamp = Stamp {
            leader_epoch: state.leadership.epoch,
            log_append_time: None,
            now,
        };
        state.log.append(batch, stamp);
        drop(state);
        self.waiters.add(size as u64);
        // Who reads only what is committed can read more by now than has come.
        self.waiters.disturb();
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
        state.serve(reader)?;
        let extent = state.extent(reader.node);
        let (log_end, end) = match reader.committed {
            true => (extent.high_watermark, extent.last_stable_offset),
            false => (extent.high_watermark, extent.high_watermark),
        };
        if offset > log_end {
            return Err(PartitionError::OutOfRange);
        }
        let records = state.log.read(offset, end, size)?;
        let aborted = reader.committed.then(|| match records.is_empty() {
            true => Vec::new(),
            false => state.aborted.within(offset, end),
        });
        Ok(Read {
            records,
            extent,
            aborted,
        })
    }

    /// How far the partition reaches.
    pub(crate) fn extent(&self, reader: Reader) -> Result<Extent, PartitionError> {
        let mut state = self.lock();
        state.serve(reader)?;
        Ok(state.extent(reader.node))
    }

    /// The replicas in sync that have what is at `offset`, but for the leader.
    pub(crate) fn followers_with(&self, offset: i64) -> Vec<i32> {
        let state = self.lock();
        let followers = state.leadership.isr.iter().copied();
        let followers = followers.filter(|node| *node != state.leadership.leader);
        followers
            .filter(|node| state.end(*node) >= offset)
            .collect()
    }

    /// A replica stays where it is, whatever comes, until it is [released](Self::release_replica) or leads. `false` if the node leads, or holds nothing.
    pub(crate) fn hold_replica(&self, node: i32) -> bool {
        let mut state = self.lock();
        let Leadership {
            leader, replicas, ..
        } = &state.leadership;
        let is_follower = *leader != node && replicas.contains(&node);
        if is_follower {
            let end = state.end(node);
            state.held.insert(node, end);
        }
        is_follower
    }

    /// A replica has all there is.
    pub(crate) fn release_replica(&self, node: i32) {
        self.lock().held.remove(&node);
        self.waiters.disturb();
    }

    /// Takes the records from the batch on away that has `offset`, and begins a leader epoch; gives where the log ends then.
    pub(crate) fn truncate(&self, offset: i64) -> Result<i64, OffsetOutOfRange> {
        let mut state = self.lock();
        let end = state.log.truncate(offset)?;
        state.producers = Producers::replayed(state.log.replay());
        state.aborted.truncate(end);
        state.leadership.raise_epoch();
        let epoch = state.leadership.epoch;
        state.log.begin_epoch(epoch);
        drop(state);
        self.waiters.disturb();
        Ok(end)
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
        state.aborted.delete_before(start);
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
