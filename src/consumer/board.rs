//! All that is being read: positions, what was fetched ahead, and what each broker is to be asked for. No I/O.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use milena_wire::compression::Decompressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{FetchRequest, FetchResponse, PartitionData};
use milena_wire::records::{Batch, RecordError};

use super::aborted::Aborted;
use super::appetite::{Appetite, Meal};
use super::assigned::{Assigned, Known};
use super::budget::{Budget, Grant};
use super::chunk::{Chunk, Next, walk};
use super::frame::Frame;
use super::line::Line;
use super::position::Refused;
use super::signals::Signals;
use super::start::{OffsetReset, Start};
use crate::error::{Error, ErrorKind};
use crate::isolation_level::IsolationLevel;

/// So much of one partition is handed out before it is the next one's turn.
const TURN: usize = 1 << 20;

/// So much is asked for at once to begin with: what stays in a processor's cache until it is read.
const ANSWER: usize = 4 << 20;

/// So many partitions at least have their part of an answer that has grown. If it were all of them, most of their last batches would be cut off.
const SHARERS: usize = 4;

/// While a partition is not asked for because it has enough ready, the others are not waited for longer than this: it may be needed again soon.
const SHORT_WAIT: Duration = Duration::from_millis(10);

/// So long a leader has to answer itself when the replica that it prefers cannot be asked.
pub(super) const SHUN: Duration = Duration::from_secs(10);

/// No batch is asked for that is larger.
const LARGEST_BATCH: u64 = 90 << 20;

/// What the decisions go by.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) reset: OffsetReset,
    pub(super) isolation: IsolationLevel,
    pub(super) max_wait: Duration,
    pub(super) min_bytes: i32,
    pub(super) max_bytes: usize,
    /// The least that a partition is asked for.
    pub(super) max_partition_bytes: usize,
    /// Whether it may be more.
    pub(super) may_grow: bool,
    pub(super) prefetch: usize,
    pub(super) rack: String,
    pub(super) skip_corrupt: bool,
    /// How long a preferred replica is preferred.
    pub(super) replica_age: Duration,
}

/// Everything that is being read.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) terms: Terms,
    pub(super) slots: Vec<Option<Assigned>>,
    free: Vec<usize>,
    places: HashMap<Arc<str>, HashMap<i32, usize, RandomState>, RandomState>,
    lines: HashMap<i32, Line, RandomState>,
    /// Partitions of which something is ready, in the order of their turns.
    ring: VecDeque<usize>,
    /// What the first of them has had of its turn, in bytes.
    turn: usize,
    budget: Budget,
    pub(super) errors: VecDeque<Error>,
    serial: u32,
    pub(super) generation: u64,
    pub(super) waiting: Option<Waker>,
    is_closed: bool,
    /// Bytes that were fetched and thrown away unseen.
    wasted: u64,
    pub(super) signals: Signals,
}

/// What the caller is given next.
#[derive(Debug)]
pub(super) enum Taken {
    Batch(Due),
    Error(Error),
    /// There is nothing yet.
    Nothing,
    /// There never will be.
    Closed,
}

/// A batch on its way to the caller.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) slot: usize,
    generation: u64,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Records before this offset are not wanted.
    pub(super) from: i64,
    pub(super) batch: Batch,
    pub(super) known: Known,
    // Behind the batch, which lies in it.
    pub(super) frame: Arc<Frame>,
}

/// What a fetcher does next.
#[derive(Debug)]
pub(super) enum Formed {
    /// It sends this, and says later how much was reserved for the answer.
    Request(Box<FetchRequest>, usize),
    /// It waits until it is called.
    Wait,
    /// It sends this, and ends.
    Last(Box<FetchRequest>),
    /// It ends.
    Over,
}

impl Board {
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            budget: Budget::new(terms.prefetch),
            terms,
            slots: Vec::new(),
            free: Vec::new(),
            places: HashMap::default(),
            lines: HashMap::default(),
            ring: VecDeque::new(),
            turn: 0,
            errors: VecDeque::new(),
            serial: 0,
            generation: 0,
            waiting: None,
            is_closed: false,
            wasted: 0,
            signals: Signals::default(),
        }
    }

    /// Whom to tell after the lock is given back.
    pub(super) fn take_signals(&mut self) -> Option<Signals> {
        self.signals.take()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Bytes that were fetched and thrown away unseen: fetched twice, if anybody wants them after all.
    pub(super) fn wasted(&self) -> u64 {
        self.wasted
    }

    /// Bytes that wait for the caller.
    pub(super) fn buffered(&self) -> usize {
        self.budget.used()
    }

    /// Ends it: nothing is fetched any more, and the caller is told this, if anything.
    pub(super) fn close(&mut self, error: Option<Error>) {
        if self.is_closed {
            return;
        }
        self.is_closed = true;
        self.errors.extend(error);
        self.signals.everybody();
        self.signals.wake(self.waiting.take());
    }

    pub(super) fn wait(&mut self, waker: &Waker) {
        match &mut self.waiting {
            Some(waiting) => waiting.clone_from(waker),
            None => self.waiting = Some(waker.clone()),
        }
    }

    // What is assigned.

    /// Reads a partition from here on. If it is read already, it is sought there.
    pub(super) fn assign(&mut self, topic: &Arc<str>, partition: i32, start: Start) {
        if let Some(slot) = self.find(topic, partition) {
            self.seek(slot, start);
            return;
        }
        self.serial += 1;
        self.generation += 1;
        let assigned = Assigned::new(topic, partition, start, self.serial, self.generation);
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(assigned);
        }
        let topic = self.places.entry(Arc::clone(topic)).or_default();
        topic.insert(partition, slot);
        self.signals.router();
    }

    /// Reads a partition no more.
    pub(super) fn unassign(&mut self, slot: usize) {
        self.drop_chunks(slot);
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.free.push(slot);
        if let Some(topic) = self.places.get_mut(&assigned.topic) {
            topic.remove(&assigned.partition);
            if topic.is_empty() {
                self.places.remove(&assigned.topic);
            }
        }
        if let Some(broker) = assigned.broker {
            self.is_news(slot, broker);
        }
    }

    pub(super) fn find(&self, topic: &str, partition: i32) -> Option<usize> {
        self.places.get(topic)?.get(&partition).copied()
    }

    pub(super) fn assigned(&self, slot: usize) -> Option<&Assigned> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Assigned> {
        self.slots.iter().flatten()
    }

    fn count(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether no partition of the topic is read.
    pub(super) fn is_unused(&self, topic: &str) -> bool {
        !self.places.contains_key(topic)
    }

    /// Goes on elsewhere: what was fetched is forgotten, and what is on its way will be.
    pub(super) fn seek(&mut self, slot: usize, start: Start) {
        self.drop_chunks(slot);
        self.generation += 1;
        let generation = self.generation;
        if let Some(assigned) = self.slot(slot) {
            assigned.position.seek(start);
            assigned.generation = generation;
            assigned.delivered = match start {
                Start::Offset(offset) => Some(offset),
                _ => None,
            };
            assigned.delivered_epoch = None;
        }
        self.signals.router();
        self.refresh(slot);
    }

    pub(super) fn pause(&mut self, slot: usize) {
        if let Some(assigned) = self.slot(slot) {
            assigned.is_paused = true;
        }
        self.ring.retain(|other| *other != slot);
        self.refresh(slot);
    }

    pub(super) fn resume(&mut self, slot: usize) {
        let Some(assigned) = self.slot(slot) else {
            return;
        };
        if !std::mem::take(&mut assigned.is_paused) {
            return;
        }
        if !assigned.chunks.is_empty() {
            self.ring.push_back(slot);
            self.signals.wake(self.waiting.take());
        }
        self.refresh(slot);
    }

    pub(super) fn slot(&mut self, slot: usize) -> Option<&mut Assigned> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// What was fetched of a partition, and not handed out, is forgotten.
    pub(super) fn drop_chunks(&mut self, slot: usize) {
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        assigned.ready = 0;
        for chunk in assigned.chunks.drain(..) {
            self.wasted += chunk.bytes() as u64;
            self.budget.give_back(chunk.grant);
        }
        if self.ring.front() == Some(&slot) {
            self.turn = 0;
        }
        self.ring.retain(|other| *other != slot);
        self.made_room();
    }

    // What the caller is given.

    /// What is next for the caller.
    pub(super) fn take(&mut self, decompressor: &mut Decompressor) -> Taken {
        loop {
            if let Some(error) = self.errors.pop_front() {
                return Taken::Error(error);
            }
            if self.is_closed {
                return Taken::Closed;
            }
            let Some(&slot) = self.ring.front() else {
                return Taken::Nothing;
            };
            if let Some(due) = self.take_of(slot, decompressor) {
                return Taken::Batch(due);
            }
        }
    }

    /// A batch of the partition whose turn it is; `None` if there was none, and something else has to be looked at.
    fn take_of(&mut self, slot: usize, decompressor: &mut Decompressor) -> Option<Due> {
        let assigned = self.slots.get_mut(slot).and_then(Option::as_mut);
        let front = assigned.and_then(|assigned| {
            let from = assigned.delivered.unwrap_or_default();
            let chunk = assigned.chunks.front_mut()?;
            let before = chunk.bytes();
            let next = chunk.next(decompressor);
            let taken = before - chunk.bytes();
            assigned.ready = assigned.ready.saturating_sub(taken);
            let is_over = chunk.is_over();
            let frame = Arc::clone(chunk.frame());
            Some((assigned, next, taken, is_over, from, frame))
        });
        let Some((assigned, next, taken, is_over, from, frame)) = front else {
            self.next_turn();
            return None;
        };
        self.turn += taken;
        let due = match next {
            Next::Batch(batch) => Some(Due {
                slot,
                generation: assigned.generation,
                topic: Arc::clone(&assigned.topic),
                partition: assigned.partition,
                from,
                batch,
                known: assigned.known,
                frame,
            }),
            Next::Skipped(batch) => {
                let epoch = batch.partition_leader_epoch();
                assigned.hand_out(batch.last_offset(), epoch);
                None
            }
            Next::Fault(fault) => {
                self.unreadable(slot, fault, None);
                return None;
            }
            Next::End => None,
        };
        if is_over {
            if let Some(chunk) = assigned.chunks.pop_front() {
                self.budget.give_back(chunk.grant);
            }
            self.refresh(slot);
            self.made_room();
        }
        let is_empty = self
            .assigned(slot)
            .is_none_or(|assigned| assigned.chunks.is_empty());
        if is_empty || self.turn >= TURN {
            self.next_turn();
        }
        due
    }

    /// The turn of the next partition.
    fn next_turn(&mut self) {
        self.turn = 0;
        if let Some(slot) = self.ring.pop_front() {
            if self
                .assigned(slot)
                .is_some_and(|assigned| !assigned.chunks.is_empty())
            {
                self.ring.push_back(slot);
            }
        }
    }

    /// A batch can be handed out, unless the partition was sought meanwhile.
    pub(super) fn hand_out(&mut self, due: &Due) -> bool {
        match self.slot(due.slot) {
            Some(assigned) if assigned.generation == due.generation => {
                let epoch = due.batch.partition_leader_epoch();
                assigned.hand_out(due.batch.last_offset(), epoch);
                true
            }
            _ => false,
        }
    }

    /// A batch cannot be read.
    pub(super) fn is_corrupt(&mut self, due: &Due, fault: RecordError) {
        let is_meant = self
            .assigned(due.slot)
            .is_some_and(|assigned| assigned.generation == due.generation);
        if !is_meant {
            return;
        }
        let next = due.batch.last_offset().checked_add(1);
        if self.terms.skip_corrupt && next.is_some() {
            tracing::warn!(
                topic = &*due.topic,
                partition = due.partition,
                offset = due.batch.base_offset(),
                error = %fault,
                "a batch that cannot be read is skipped"
            );
            self.hand_out(due);
            return;
        }
        self.unreadable(due.slot, fault, next);
    }

    /// What lies at the position of a partition cannot be read: it goes on behind it if the caller says so.
    fn unreadable(&mut self, slot: usize, fault: RecordError, next: Option<i64>) {
        self.drop_chunks(slot);
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        assigned.position.stop();
        self.errors
            .push_back(Error::new(ErrorKind::UnreadableRecords {
                topic: assigned.topic.to_string(),
                partition: assigned.partition,
                offset: assigned.delivered.unwrap_or_default(),
                next_offset: next,
                error: fault,
            }));
        self.refresh(slot);
    }

    // What brokers are asked for.

    /// Which broker a partition is read from may have changed, or whether it is read at all.
    pub(super) fn refresh(&mut self, slot: usize) {
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        let before = assigned.broker;
        assigned.broker = assigned.position.source();
        let after = assigned.broker;
        if before != after {
            if let Some(before) = before {
                self.is_news(slot, before);
            }
        }
        if let Some(after) = after {
            self.is_news(slot, after);
        }
    }

    /// The broker may have to be asked for something else.
    fn is_news(&mut self, slot: usize, broker: i32) {
        let is_new = !self.lines.contains_key(&broker);
        let line = self.lines.entry(broker).or_default();
        line.news(slot);
        if is_new {
            self.signals.line_made(broker);
        } else if line.is_idle {
            self.signals.line(broker);
        }
    }

    fn made_room(&mut self) {
        if self.budget.room() < self.need() {
            return;
        }
        for (broker, line) in &self.lines {
            if line.wants_room {
                self.signals.line(*broker);
            }
        }
    }

    /// What one broker may be asked for: so that none of them takes the room of all.
    fn fair(&self) -> usize {
        let lines = self.lines.values();
        let busy = lines.filter(|line| !line.session.is_empty()).count();
        self.terms.prefetch / busy.max(1)
    }

    /// For less than this nobody is asked.
    fn need(&self) -> usize {
        (self.fair() / 4).min(self.terms.max_partition_bytes).max(1)
    }

    /// A partition with so many bytes ready is not asked for.
    fn share(&self) -> usize {
        let partitions = self.count().max(1);
        (self.terms.prefetch / partitions).max(self.terms.max_partition_bytes)
    }

    /// What a broker is asked for next.
    pub(super) fn form(&mut self, broker: i32, now: Instant) -> Formed {
        if self.is_closed {
            let line = self.lines.remove(&broker);
            let last = line.and_then(|line| line.session.close());
            return last.map_or(Formed::Over, |request| Formed::Last(Box::new(request)));
        }
        let (share, fair, need) = (self.share(), self.fair(), self.need());
        // One answer is handed out while the next one comes.
        let most_bytes = self.terms.max_bytes.min(fair / 2);
        let least = self.terms.max_partition_bytes;
        let Some(line) = self.lines.get_mut(&broker) else {
            return Formed::Over;
        };
        let max_partition_bytes = match self.terms.may_grow {
            true => {
                let mut partitions = line.session.len().max(1);
                if line.has_bound {
                    partitions = partitions.min(SHARERS);
                }
                let most = (most_bytes / partitions).max(least);
                least.saturating_mul(line.appetite.factor()).min(most)
            }
            false => least,
        };
        line.sent = Some(now);
        for slot in line.take_news() {
            let assigned = self.slots.get_mut(slot).and_then(Option::as_mut);
            let assigned = assigned.filter(|assigned| assigned.broker == Some(broker));
            let (want, is_full) = match assigned {
                None => (None, false),
                Some(assigned) => assigned.want(share, max_partition_bytes),
            };
            line.update(slot, want, is_full);
        }
        if line.session.is_empty() {
            line.is_idle = true;
            line.wants_room = false;
            return Formed::Wait;
        }
        let room = self.budget.room();
        if room < need {
            line.is_idle = true;
            line.wants_room = true;
            self.free_paused();
            return Formed::Wait;
        }
        line.is_idle = false;
        line.wants_room = false;
        let mut most = line.session.len().saturating_mul(max_partition_bytes);
        if self.terms.may_grow {
            let answer = ANSWER.max(least).saturating_mul(line.appetite.factor());
            most = most.min(answer).min(most_bytes.max(need));
        }
        let bytes = most.min(self.terms.max_bytes).min(room).min(fair.max(need));
        let max_wait = match line.has_full() {
            true => self.terms.max_wait.min(SHORT_WAIT),
            false => self.terms.max_wait,
        };
        let plan = line.session.plan();
        let shuns = !self.terms.rack.is_empty()
            && line.session.slots().any(|slot| {
                let assigned = self.slots.get(slot).and_then(Option::as_ref);
                assigned.is_some_and(|assigned| assigned.position.shuns_replicas())
            });
        let rack = if shuns { "" } else { &self.terms.rack };
        self.budget.reserve(bytes);
        let request = FetchRequest::default()
            .with_max_wait_ms(i32::try_from(max_wait.as_millis()).unwrap_or(i32::MAX))
            .with_min_bytes(self.terms.min_bytes)
            .with_max_bytes(i32::try_from(bytes).unwrap_or(i32::MAX))
            .with_isolation_level(self.terms.isolation.number())
            .with_session_id(plan.session_id)
            .with_session_epoch(plan.session_epoch)
            .with_topics(plan.topics)
            .with_forgotten_topics_data(plan.forgotten)
            .with_rack_id(rack);
        Formed::Request(Box::new(request), bytes)
    }

    /// If nothing is left for the caller but what he has paused, that makes room.
    fn free_paused(&mut self) {
        if !self.ring.is_empty() {
            return;
        }
        let is_paused = |assigned: &&Assigned| assigned.is_paused && !assigned.chunks.is_empty();
        let paused = self.slots.iter().flatten().filter(is_paused);
        let paused: Vec<_> = paused
            .filter_map(|one| self.find(&one.topic, one.partition))
            .collect();
        for slot in paused {
            self.drop_chunks(slot);
            if let Some(assigned) = self.slot(slot) {
                assigned.rewind();
            }
            self.signals.router();
            self.refresh(slot);
        }
    }

    /// A broker has answered.
    pub(super) fn answered(
        &mut self,
        broker: i32,
        reserved: usize,
        response: &FetchResponse,
        version: i16,
        now: Instant,
        wait: impl Fn(u32) -> Duration,
    ) -> Vec<Arc<str>> {
        self.budget.unreserve(reserved);
        self.made_room();
        let mut stale = Vec::new();
        let Some(mut line) = self.lines.remove(&broker) else {
            return stale;
        };
        let is_awaited = self.ring.is_empty();
        let partitions = || {
            response
                .responses
                .iter()
                .flat_map(|topic| &topic.partitions)
        };
        let bytes =
            partitions().map(|partition| partition.records.as_ref().map_or(0, bytes::Bytes::len));
        let bytes = bytes.sum();
        let grant = self.budget.grant(bytes);
        let part = partitions().filter_map(|partition| partition.records.as_ref());
        let part = part.max_by_key(|records| records.len()).cloned();
        let part = part.unwrap_or_default();
        line.appetite.had(Meal {
            bytes,
            time: now.saturating_duration_since(line.sent.unwrap_or(now)),
            is_limited: bytes >= reserved / 2,
            is_awaited,
        });
        let frame = Arc::new(Frame::new(part));
        let mut unsettled = Vec::new();
        for topic in &response.responses {
            for answer in &topic.partitions {
                let found = line
                    .session
                    .find(&topic.topic, topic.topic_id, answer.partition_index);
                let is_meant = found.filter(|(slot, want)| {
                    let assigned = self.assigned(*slot);
                    assigned.is_some_and(|assigned| {
                        // The same may have been asked of another broker meanwhile.
                        let position = &assigned.position;
                        position.token() == want.token && position.offset() == want.offset
                    })
                });
                let Some((slot, _)) = is_meant else {
                    self.wasted += answer
                        .records
                        .as_ref()
                        .map_or(0, |records| records.len() as u64);
                    continue;
                };
                if self.partition(
                    slot,
                    broker,
                    answer,
                    (&grant, &frame),
                    now,
                    &wait,
                    &mut stale,
                ) {
                    line.session.served(slot);
                }
                unsettled.push(slot);
            }
        }
        line.has_bound = version >= 3;
        line.session.answered(response.session_id, version >= 13);
        self.lines.insert(broker, line);
        for slot in unsettled {
            self.refresh(slot);
        }
        self.budget.give_back(grant);
        if !self.ring.is_empty() || !self.errors.is_empty() {
            self.signals.wake(self.waiting.take());
        }
        stale
    }

    /// A broker has told of a partition that it was asked for; gives whether there were records.
    #[allow(
        clippy::too_many_arguments,
        reason = "one answer, and what there is to know beside it"
    )]
    fn partition(
        &mut self,
        slot: usize,
        broker: i32,
        answer: &PartitionData,
        (grant, frame): (&Arc<Grant>, &Arc<Frame>),
        now: Instant,
        wait: &impl Fn(u32) -> Duration,
        stale: &mut Vec<Arc<str>>,
    ) -> bool {
        let committed = self.terms.isolation == IsolationLevel::ReadCommitted;
        let replica_until = now + self.terms.replica_age;
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return false;
        };
        if !answer.error_code.is_ok() {
            match assigned
                .position
                .refused(answer.error_code, broker, now + SHUN)
            {
                Refused::Leader => {}
                Refused::Again { is_stale } => {
                    assigned
                        .position
                        .delay(now + wait(assigned.position.failures()));
                    if is_stale && !stale.contains(&assigned.topic) {
                        stale.push(Arc::clone(&assigned.topic));
                    }
                }
                Refused::OutOfRange => self.is_out_of_range(slot),
                Refused::Final => {
                    assigned.position.stop();
                    self.errors.push_back(Error::new(ErrorKind::Partition {
                        topic: assigned.topic.to_string(),
                        partition: assigned.partition,
                        offset: Some(assigned.position.offset()),
                        code: answer.error_code,
                    }));
                }
            }
            self.signals.router();
            return false;
        }
        assigned.known.learn(answer);
        let replica = answer.preferred_read_replica;
        if replica >= 0 {
            if assigned.position.prefers(replica, replica_until) {
                self.signals.router();
            }
            let is_empty = answer.records.as_ref().is_none_or(bytes::Bytes::is_empty);
            if is_empty && !assigned.position.is_replica(replica) {
                // It sends to where nothing comes from, whatever it is told: it is not asked without a pause.
                let until = now + wait(assigned.position.failures());
                assigned.position.delay(until);
                self.signals.router();
                return false;
            }
        }
        if answer.diverging_epoch.end_offset >= 0 {
            assigned.position.stop();
            let end = answer.diverging_epoch.end_offset;
            self.diverges(slot, Some(end));
            return false;
        }
        let records = answer.records.clone().unwrap_or_default();
        if records.is_empty() {
            assigned.position.answered();
            return false;
        }
        let walked = walk(records);
        if let Some(RecordError::NoWholeBatch { needed, available }) = walked.fault {
            if needed <= LARGEST_BATCH && assigned.portion.needs(needed) {
                // It takes a larger fetch.
                self.wasted += available as u64;
                return false;
            }
        }
        if let Some(last) = walked.batches.back() {
            let sizes = walked.batches.iter().map(|batch| batch.bytes().len());
            assigned.portion.saw(sizes.max().unwrap_or_default());
            let epoch = Some(last.partition_leader_epoch()).filter(|epoch| *epoch >= 0);
            let next = last.last_offset().saturating_add(1);
            // A broker that sends what was not asked for does not turn back the clock.
            let next = next.max(assigned.position.offset());
            assigned.position.fetched(next, epoch);
        }
        if walked.fault.is_some() {
            // Nothing more is asked for until the caller knows.
            assigned.position.stop();
        }
        let aborted = committed
            .then(|| Aborted::new(answer.aborted_transactions.as_deref().unwrap_or_default()));
        let is_first = assigned.chunks.is_empty();
        let chunk = Chunk::new(walked, aborted, Arc::clone(grant), Arc::clone(frame));
        assigned.ready += chunk.bytes();
        assigned.chunks.push_back(chunk);
        if is_first && !assigned.is_paused {
            self.ring.push_back(slot);
        }
        true
    }

    /// The leader does not have the offset that it was asked for.
    fn is_out_of_range(&mut self, slot: usize) {
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        if !assigned.chunks.is_empty() {
            // First the caller gets what was there before. Then it is asked again.
            assigned.waits_for_caller = true;
            return;
        }
        match self.terms.reset.start() {
            Some(start) => {
                tracing::info!(
                    topic = &*assigned.topic,
                    partition = assigned.partition,
                    offset = assigned.position.offset(),
                    reset = ?self.terms.reset,
                    "the offset is out of range"
                );
                assigned.position.seek(start);
                assigned.delivered = None;
                assigned.delivered_epoch = None;
            }
            None => {
                assigned.position.stop();
                self.errors
                    .push_back(Error::new(ErrorKind::OffsetOutOfRange {
                        topic: assigned.topic.to_string(),
                        partition: assigned.partition,
                        offset: assigned.position.offset(),
                    }));
            }
        }
    }

    /// A broker refused the session.
    pub(super) fn refused(&mut self, broker: i32, reserved: usize, code: ErrorCode) {
        self.budget.unreserve(reserved);
        if let Some(line) = self.lines.get_mut(&broker) {
            line.session.refused(code);
        }
    }

    /// A broker did not answer, or nothing of what it was asked for. Gives the topics that others may lead now.
    pub(super) fn unanswered(
        &mut self,
        broker: i32,
        reserved: usize,
        error: &Error,
        is_final: bool,
        now: Instant,
    ) -> Vec<Arc<str>> {
        self.budget.unreserve(reserved);
        self.made_room();
        let mut stale: Vec<Arc<str>> = Vec::new();
        let Some(line) = self.lines.get_mut(&broker) else {
            return stale;
        };
        line.session.lost();
        // Too much may have been asked for.
        line.appetite = Appetite::default();
        let slots: Vec<_> = line.session.slots().collect();
        for slot in slots {
            let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            if !stale.contains(&assigned.topic) {
                stale.push(Arc::clone(&assigned.topic));
            }
            if is_final {
                assigned.position.stop();
                self.refresh(slot);
            } else if assigned.position.is_replica(broker) {
                assigned.position.shun_replicas(now + SHUN);
                self.refresh(slot);
                self.signals.router();
            }
        }
        if is_final {
            self.errors.push_back(error.clone());
            self.signals.wake(self.waiting.take());
        }
        stale
    }
}

#[cfg(test)]
mod tests;
