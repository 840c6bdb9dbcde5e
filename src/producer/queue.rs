//! The batches of one partition, from their first record until they are settled: which is sent next, under which sequence number, and what is done
//! with those that came back.
//!
//! Nothing in here waits or sends. It lies behind the lock of its partition.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use milena_wire::compression::Compression;
use milena_wire::records::{BatchBuilder, Producer, RecordError};

use super::batch::{Batch, Closed, Held, Numbered, Sealed, Turn};
use super::buffers::Buffers;
use super::clock::{Clock, timestamp};
use super::delivery::Delivery;
use super::fate::{Fate, Outcome, Share};
use super::memory::Memory;
use super::record::Record;
use crate::connection::{after, now};
use crate::error::Error;
use crate::metrics::{ProducerCounts, Recorder};

/// What holds for all batches of a producer.
#[derive(Debug)]
pub(super) struct Terms {
    /// Bytes of a batch, as far as records allow.
    pub(super) batch_size: usize,
    /// Bytes of a record, at most.
    pub(super) max_record_size: usize,
    /// How long a batch waits for more records.
    pub(super) linger: Duration,
    /// How long a batch may take from its first record on.
    pub(super) delivery_timeout: Duration,
    /// How many batches of a partition are under way at most.
    pub(super) max_in_flight: usize,
    pub(super) compression: Compression,
    /// Whether batches have sequence numbers. Not any more when the cluster turns out to be too old for it.
    pub(super) is_idempotent: AtomicBool,
    /// Whether the records of a batch that waits for more have the time of its first one.
    pub(super) shares_time: bool,
    pub(super) clock: Clock,
    /// Where is counted what is done, if anything is.
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) memory: Arc<Memory>,
    pub(super) buffers: Buffers,
}

impl Terms {
    pub(super) fn counts(&self) -> Option<&ProducerCounts> {
        self.recorder.as_deref().map(Recorder::producer)
    }

    pub(super) fn is_idempotent(&self) -> bool {
        self.is_idempotent.load(Ordering::Relaxed)
    }
}

/// Who writes: what the cluster calls this producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: i64,
    pub(super) epoch: i16,
}

/// The first batch of a partition is this large, or as large as the one before it was.
const SMALL: usize = 4096;

/// A batch that is compressed may have so many times the bytes of one that is not.
const COMPRESSED: usize = 8;

#[derive(Debug)]
pub(super) struct Queue {
    /// The batch that takes records.
    open: Option<Open>,
    /// Batches that take no more, the oldest first.
    closed: VecDeque<Closed>,
    /// Batches that came back and are sent again, in their turns.
    again: VecDeque<Sealed>,
    /// All that were sent and are not settled, in their turns.
    outstanding: VecDeque<Outstanding>,
    in_flight: usize,
    next_turn: u64,
    /// Under which the next batch is numbered; `None` before the first, and if what was is no good any more.
    identity: Option<Identity>,
    next_sequence: i32,
    /// Whether those under way must come back before anything else is sent: their numbers are no good any more.
    is_settling: bool,
    /// Whether the leader is known to check the numbers. Kafka takes any number of a producer that it does not know yet: if the first batch came back,
    /// those behind it would be written before it. So it goes alone, and so does the first of those that are sent again.
    is_sure: bool,
    /// Whether a batch was given up that may be in the log, so that nobody knows which number the broker expects next: those that have later ones are
    /// settled under these, and then numbers begin anew.
    is_unresolved: bool,
    /// Records that were told to have failed, and are not counted yet.
    failed: u64,
    /// The size of the last batch, before it was compressed.
    last_size: usize,
    /// What compression makes of a byte, as seen lately.
    pub(super) ratio: f32,
    pub(super) station: Station,
}

/// Where a partition stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Station {
    /// Nobody has to look at it, until a batch is full or due or comes back.
    #[default]
    Resting,
    /// In the line of its broker.
    Listed,
    /// Left alone until then.
    Delayed(Instant),
    /// Its leader is looked for.
    Seeking,
}

#[derive(Debug)]
struct Open {
    batch: Batch,
    builder: BatchBuilder,
    /// When it is sent even if it is not full.
    due: Instant,
    is_due: bool,
    /// Whether somebody will look at the clock when it is due.
    is_awaited: bool,
    /// The time of its first record by the clock, in milliseconds since 1970.
    began: i64,
}

impl Open {
    /// Whether a record of this size goes in without more memory.
    #[inline(always)]
    fn has_room_for(&self, size: usize) -> bool {
        self.builder.size() + size <= self.builder.capacity()
    }

    #[inline(always)]
    fn append(&mut self, record: &Record<'_>, terms: &Terms) -> Result<Delivery, RecordError> {
        let timestamp = match record.timestamp {
            Some(timestamp) => timestamp,
            None if terms.shares_time && !self.is_due => self.began,
            None if terms.shares_time => terms.clock.recently().max(self.began),
            None => timestamp(),
        };
        let headers = record.headers.iter().copied();
        let index = self
            .builder
            .append(timestamp, record.key, record.value, headers)?;
        let index = u32::try_from(index).unwrap_or_default();
        self.batch.count = index + 1;
        let fate = Share::of(&self.batch.fate);
        Ok(Delivery::new(fate, index, timestamp))
    }
}

#[derive(Debug)]
struct Outstanding {
    turn: Turn,
    deadline: Instant,
    count: u32,
    fate: Arc<Fate>,
}

/// Why a record was not appended.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no memory left.
    Full,
    /// It cannot be.
    Invalid(RecordError),
}

/// What has changed for the one who sends, since he was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// There is a batch to be sent.
    Ready,
    /// There will be one, then.
    Due(Instant),
}

/// What is sent next.
#[derive(Debug)]
pub(super) enum Next {
    Again(Sealed),
    New(Numbered),
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            open: None,
            closed: VecDeque::new(),
            again: VecDeque::new(),
            outstanding: VecDeque::new(),
            in_flight: 0,
            next_turn: 0,
            identity: None,
            next_sequence: 0,
            is_settling: false,
            is_sure: false,
            is_unresolved: false,
            failed: 0,
            last_size: 0,
            ratio: 1.0,
            station: Station::default(),
        }
    }
}

impl Queue {
    /// Appends a record to the batch that is open, if it has room for it. Then nobody has to be told anything.
    #[inline(always)]
    pub(super) fn append_at_once(
        &mut self,
        record: &Record<'_>,
        terms: &Terms,
    ) -> Option<Delivery> {
        let open = self.open.as_mut()?;
        if !open.has_room_for(record.largest_size()) {
            return None;
        }
        // Whatever is wrong with it is told by the long way.
        open.append(record, terms).ok()
    }

    /// Appends a record to the batch that is open, or to a new one. Whether there is news is for the caller to ask.
    pub(super) fn append(
        &mut self,
        record: &Record<'_>,
        terms: &Terms,
        has_waited: bool,
    ) -> Result<Delivery, Refusal> {
        let size = record.largest_size();
        if !self
            .open
            .as_ref()
            .is_some_and(|open| open.has_room_for(size))
        {
            self.make_room(size, terms, has_waited)?;
        }
        let open = self.open.as_mut().ok_or(Refusal::Full)?;
        open.append(record, terms).map_err(Refusal::Invalid)
    }

    /// Makes the open batch large enough for a record of this size, or begins another one.
    #[cold]
    fn make_room(&mut self, size: usize, terms: &Terms, has_waited: bool) -> Result<(), Refusal> {
        if size > terms.max_record_size {
            let (needed, limit) = (size, terms.max_record_size);
            return Err(Refusal::Invalid(RecordError::RecordTooLarge {
                needed,
                limit,
            }));
        }
        if let Some(open) = &mut self.open {
            let needed = open.builder.size() + size;
            let largest = match terms.compression {
                Compression::None => terms.batch_size,
                _ => terms.batch_size.saturating_mul(COMPRESSED),
            };
            if needed <= largest && open.builder.has_room_for(size, terms.batch_size) {
                let capacity = (open.builder.capacity() * 2).clamp(needed, largest);
                if open.batch.held.grow(capacity, has_waited) {
                    open.builder.reserve(capacity);
                    return Ok(());
                }
                // It does not wait for anything but memory now, and may be sent as it is. Until then it goes on growing as memory comes: were it closed, one
                // small batch would follow the other, for those that are under way give back no more memory than they have.
                open.is_due = true;
                return Err(Refusal::Full);
            }
            self.close();
        }
        let needed = BatchBuilder::OVERHEAD + size;
        let limit = terms.memory.limit();
        if needed > limit {
            return Err(Refusal::Invalid(RecordError::RecordTooLarge {
                needed,
                limit,
            }));
        }
        let likely =
            (self.last_size + self.last_size / 4).clamp(SMALL, terms.batch_size.max(SMALL));
        let mut held = Held::new(&terms.memory);
        let mut capacity = needed.max(likely);
        if !held.grow(capacity, has_waited) {
            capacity = needed;
            if !held.grow(capacity, has_waited) {
                return Err(Refusal::Full);
            }
        }
        let mut builder = BatchBuilder::new()
            .with_compression(terms.compression)
            .with_ratio(self.ratio);
        match terms.buffers.take(capacity) {
            Some(buffer) => builder = builder.with_buffer(buffer),
            None => builder.reserve(capacity),
        }
        let now = now();
        self.open = Some(Open {
            batch: Batch {
                fate: Arc::default(),
                count: 0,
                began: now,
                deadline: after(now, terms.delivery_timeout),
                held,
            },
            builder,
            due: after(now, terms.linger),
            is_due: terms.linger.is_zero(),
            is_awaited: false,
            began: timestamp(),
        });
        Ok(())
    }

    /// The open batch takes no more records.
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.last_size = open.builder.size();
            let Open { batch, builder, .. } = open;
            if batch.count > 0 {
                self.closed.push_back(Closed { batch, builder });
            }
        }
    }

    /// Whether there is something to be sent, or when there will be, if nobody was told that yet.
    pub(super) fn news(&mut self, terms: &Terms) -> Option<News> {
        let may_send = self.may_send(terms);
        let is_due = self.open.as_ref().is_some_and(|open| open.is_due);
        let is_new = !self.closed.is_empty() || is_due;
        if !self.again.is_empty() || is_new {
            let may_send = may_send && !(self.again.is_empty() && self.must_settle_first());
            return may_send.then_some(News::Ready);
        }
        let open = self.open.as_mut().filter(|open| !open.is_awaited)?;
        open.is_awaited = true;
        Some(News::Due(open.due))
    }

    /// Some time has passed: the open batch may be due.
    pub(super) fn look_at_clock(&mut self, now: Instant) {
        if let Some(open) = &mut self.open {
            open.is_due |= open.due <= now;
        }
    }

    /// The open batch does not wait for more records.
    pub(super) fn hurry(&mut self) {
        if let Some(open) = &mut self.open {
            open.is_due = true;
        }
    }

    /// How many batches are not settled, the open one not counted.
    pub(super) fn load(&self) -> u32 {
        u32::try_from(self.closed.len() + self.outstanding.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether there is anything that is not settled.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.closed.is_empty() && self.outstanding.is_empty()
    }

    fn may_send(&self, terms: &Terms) -> bool {
        let is_alone = terms.is_idempotent() && !self.is_sure;
        let most = if is_alone { 1 } else { terms.max_in_flight };
        self.in_flight < most && !self.is_settling
    }

    /// Whether those that have numbers must be settled before any other batch gets one.
    fn must_settle_first(&self) -> bool {
        self.is_unresolved && !self.outstanding.is_empty()
    }

    /// Whether another id is needed to begin anew; then that is left to the broker's word.
    fn is_last_epoch(&self) -> bool {
        self.identity
            .is_none_or(|identity| identity.epoch == i16::MAX)
    }

    /// What is sent next, under its number.
    pub(super) fn next(&mut self, terms: &Terms, identity: Option<Identity>) -> Option<Next> {
        if !self.may_send(terms) {
            return None;
        }
        if terms.is_idempotent() && self.identity.is_none() {
            self.identity = Some(identity?);
            self.next_sequence = 0;
            self.is_sure = false;
            self.is_unresolved = false;
        }
        if let Some(mut sealed) = self.again.pop_front() {
            self.in_flight += 1;
            if let Some(Identity { id, epoch }) = self.identity {
                if (id, epoch) != (sealed.producer.id, sealed.producer.epoch) {
                    let producer = self.number(sealed.batch.count);
                    sealed.renumber(producer);
                }
            }
            return Some(Next::Again(sealed));
        }
        if self.must_settle_first() {
            return None;
        }
        if self.closed.is_empty() && self.open.as_ref().is_some_and(|open| open.is_due) {
            self.close();
        }
        let closed = self.closed.pop_front()?;
        if std::mem::take(&mut self.is_unresolved) && !self.is_last_epoch() {
            self.begin_anew();
            self.is_settling = false;
        }
        let producer = self.number(closed.batch.count);
        let turn = Turn(self.next_turn, 0);
        self.next_turn += 1;
        self.in_flight += 1;
        self.outstanding.push_back(Outstanding {
            turn,
            deadline: closed.batch.deadline,
            count: closed.batch.count,
            fate: Arc::clone(&closed.batch.fate),
        });
        Some(Next::New(Numbered {
            closed,
            turn,
            producer,
        }))
    }

    /// The numbers of the next so many records.
    fn number(&mut self, count: u32) -> Producer {
        let Some(Identity { id, epoch }) = self.identity else {
            return Producer::NONE;
        };
        let base_sequence = self.next_sequence;
        self.next_sequence = sequence_after(base_sequence, count);
        Producer {
            id,
            epoch,
            base_sequence,
        }
    }

    fn came_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight == 0 {
            self.is_settling = false;
        }
    }

    fn forget(&mut self, turn: Turn) {
        let found = self.outstanding.binary_search_by_key(&turn, |one| one.turn);
        if let Ok(place) = found {
            self.outstanding.remove(place);
        }
    }

    /// A batch is in the log.
    pub(super) fn written(&mut self, sealed: &Sealed, outcome: Outcome) {
        self.came_back();
        self.is_sure |= self.is_first(sealed) && self.is_numbered_now(sealed);
        self.forget(sealed.turn);
        sealed.batch.fate.settle(outcome);
    }

    /// A batch could not be made into bytes.
    pub(super) fn unsealed(&mut self, turn: Turn, batch: &Batch, error: Error) {
        self.came_back();
        self.forget(turn);
        self.tell_failed(&batch.fate, batch.count, error);
    }

    /// A batch has failed for good, be it in the log or not.
    pub(super) fn failed(&mut self, sealed: &Sealed, error: Error) {
        self.came_back();
        self.give_up(sealed, error);
    }

    fn give_up(&mut self, sealed: &Sealed, error: Error) {
        self.forget(sealed.turn);
        let of_now = self.is_numbered_now(sealed);
        let is_last = self
            .outstanding
            .back()
            .is_none_or(|last| last.turn < sealed.turn);
        if of_now && sealed.may_be_written {
            self.is_unresolved = true;
        } else if of_now && is_last {
            // Its numbers are free again. Where others have later ones already, the broker says in time that they are out of order.
            self.next_sequence = sealed.producer.base_sequence;
        }
        let error = error.maybe_sent(sealed.may_be_written);
        self.tell_failed(&sealed.batch.fate, sealed.batch.count, error);
    }

    /// A batch is sent again, unless its time is over; then it has failed with this error.
    pub(super) fn again(&mut self, sealed: Sealed, error: impl FnOnce() -> Error) {
        self.came_back();
        self.put_back(sealed, error);
    }

    fn put_back(&mut self, sealed: Sealed, error: impl FnOnce() -> Error) {
        // Under another number it might be in the log twice.
        let is_stuck = sealed.may_be_written && !self.is_numbered_now(&sealed);
        if is_stuck || sealed.batch.fate.outcome().is_some() {
            return self.give_up(&sealed, error());
        }
        let later = self.again.partition_point(|one| one.turn < sealed.turn);
        self.again.insert(later, sealed);
        self.is_sure = false;
    }

    /// Whether all before it are settled.
    fn is_first(&self, sealed: &Sealed) -> bool {
        let first = self.outstanding.front();
        first.is_none_or(|first| first.turn == sealed.turn)
    }

    /// The broker has not written a batch now, as its number is not the next one. If it is the first that is not settled, all that are not are given new
    /// numbers, but for those that an earlier attempt may have written: these have failed. Else it is sent again behind those before it. Gives whether
    /// it was the first.
    pub(super) fn out_of_order(&mut self, sealed: Sealed, error: impl Fn() -> Error) -> bool {
        let begins_anew = self.is_first(&sealed) && self.is_numbered_now(&sealed);
        if begins_anew {
            self.begin_anew();
            self.give_up_stuck(&error);
        }
        self.came_back();
        self.put_back(sealed, error);
        begins_anew
    }

    /// The broker has not written a batch now, as it does not accept who writes: the batch waits for another identity, unless an earlier attempt may have
    /// written it.
    pub(super) fn disowned(&mut self, sealed: Sealed, error: impl Fn() -> Error) {
        let of_now = self
            .identity
            .is_some_and(|identity| identity.id == sealed.producer.id);
        if of_now {
            self.identity = None;
            self.is_settling = true;
            self.give_up_stuck(&error);
        }
        self.came_back();
        self.put_back(sealed, error);
    }

    /// Fails those that wait to be sent again under numbers that are no good any more, if they may be in the log under these.
    fn give_up_stuck(&mut self, error: impl Fn() -> Error) {
        for sealed in std::mem::take(&mut self.again) {
            self.put_back(sealed, &error);
        }
    }

    fn is_numbered_now(&self, sealed: &Sealed) -> bool {
        let Producer { id, epoch, .. } = sealed.producer;
        match self.identity {
            Some(identity) => (identity.id, identity.epoch) == (id, epoch),
            None => sealed.producer == Producer::NONE,
        }
    }

    /// From now on batches have numbers from 0 on, under the next epoch (KIP-360).
    fn begin_anew(&mut self) {
        self.identity = self.identity.and_then(|Identity { id, epoch }| {
            let epoch = epoch.checked_add(1)?;
            Some(Identity { id, epoch })
        });
        self.next_sequence = 0;
        self.is_settling = true;
        self.is_sure = false;
        self.is_unresolved = false;
    }

    /// Whether the last epoch is used up, and another producer id is needed.
    pub(super) fn needs_identity(&self, terms: &Terms) -> bool {
        terms.is_idempotent() && self.identity.is_none()
    }

    /// A batch that was too large is two now, in its place.
    pub(super) fn split(&mut self, sealed: &Sealed, halves: [Sealed; 2]) {
        self.came_back();
        self.forget(sealed.turn);
        let [before, from] = halves;
        sealed.batch.fate.settle(Outcome::Split {
            at: before.batch.count,
            before: Arc::clone(&before.batch.fate),
            from: Arc::clone(&from.batch.fate),
        });
        for half in [before, from] {
            let place = self.outstanding.partition_point(|one| one.turn < half.turn);
            let outstanding = Outstanding {
                turn: half.turn,
                deadline: half.batch.deadline,
                count: half.batch.count,
                fate: Arc::clone(&half.batch.fate),
            };
            self.outstanding.insert(place, outstanding);
            let place = self.again.partition_point(|one| one.turn < half.turn);
            self.again.insert(place, half);
        }
    }

    /// Fails those whose time is over. Those under way are told to have failed, and go on. Gives whether there was something to be sent again, and is not any
    /// more.
    pub(super) fn expire(&mut self, now: Instant, error: impl Fn() -> Error) -> bool {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.batch.deadline <= now)
        {
            self.close();
        }
        while self
            .closed
            .front()
            .is_some_and(|closed| closed.batch.deadline <= now)
        {
            if let Some(closed) = self.closed.pop_front() {
                self.tell_failed(&closed.batch.fate, closed.batch.count, error());
            }
        }
        let was_again = !self.again.is_empty();
        while let Some(place) = self.again.iter().position(|one| one.batch.deadline <= now) {
            if let Some(sealed) = self.again.remove(place) {
                self.give_up(&sealed, error());
            }
        }
        self.fail_outstanding(|deadline| deadline <= now, error);
        was_again && self.again.is_empty()
    }

    /// Fails all of them; those under way are told to have failed, and go on.
    pub(super) fn fail_all(&mut self, error: &Error) {
        self.close();
        while let Some(Closed { batch, .. }) = self.closed.pop_front() {
            self.tell_failed(&batch.fate, batch.count, error.clone());
        }
        while let Some(sealed) = self.again.pop_front() {
            self.give_up(&sealed, error.clone());
        }
        self.fail_outstanding(|_| true, || error.clone());
    }

    /// Those under way are told to have failed, and go on.
    fn fail_outstanding(&mut self, is_over: impl Fn(Instant) -> bool, error: impl Fn() -> Error) {
        let over = self.outstanding.iter().filter(|one| is_over(one.deadline));
        for one in over {
            let error = error().maybe_sent(true);
            if one.fate.settle(Outcome::Failed(error)) {
                self.failed += u64::from(one.count);
            }
        }
    }

    fn tell_failed(&mut self, fate: &Fate, count: u32, error: Error) {
        if fate.settle(Outcome::Failed(error)) {
            self.failed += u64::from(count);
        }
    }

    /// How many records were told to have failed since this was asked last.
    pub(super) fn take_failed(&mut self) -> u64 {
        std::mem::take(&mut self.failed)
    }

    /// The fates of all that is not settled.
    pub(super) fn fates(&self) -> impl Iterator<Item = Arc<Fate>> {
        let open = self.open.iter().map(|open| &open.batch.fate);
        let closed = self.closed.iter().map(|closed| &closed.batch.fate);
        let sent = self.outstanding.iter().map(|one| &one.fate);
        sent.chain(closed).chain(open).cloned()
    }
}

/// The sequence number after so many records, which starts over after the largest.
pub(super) fn sequence_after(sequence: i32, count: u32) -> i32 {
    let next = (i64::from(sequence) + i64::from(count)) & i64::from(i32::MAX);
    i32::try_from(next).unwrap_or_default()
}

#[cfg(test)]
mod tests;
