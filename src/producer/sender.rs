//! What is written to one broker, and what becomes of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;
use milena_wire::compression::Compressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::ProduceRequest;

use super::batch::Sealed;
use super::clock::TICK;
use super::flight::{self, Answer, Flight, Part, Parts};
use super::legacy;
use super::outcome::{self, Verdict};
use super::partition::{Inner, Line, Partition};
use super::queue::{Next, Station};
use super::settings::Acks;
use super::shared::Shared;
use crate::cluster::{Boxed, Metadata, Reply};
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// After so long without an answer others are asked who leads.
const SILENCE: Duration = Duration::from_secs(1);
/// How often requests that are not answered are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Writes what is ready to one broker: a few requests at a time, each formed as late as can be, so that batches grow while others are under way.
pub(super) struct Sender {
    shared: Arc<Shared>,
    line: Arc<Line>,
    flights: VecDeque<Flight>,
    /// When those that are not answered are looked at again.
    next_look: Instant,
    compressor: Compressor,
    /// When the producer's clock is to be set again, if it is by this one.
    next_tick: Option<Instant>,
    /// Of Produce, as the broker and this crate have them in common; not known before the broker can be asked.
    versions: Option<VersionRange>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, line: Arc<Line>) -> Self {
        Self {
            shared,
            line,
            flights: VecDeque::new(),
            next_look: now(),
            compressor: Compressor::new(),
            next_tick: None,
            versions: None,
        }
    }

    /// Lists the partitions that have something to be sent by now; gives when there is more to look at.
    pub(super) fn look_at_clock(&self) -> Option<Instant> {
        let now = now();
        let (due, next) = self.line.take_due(now);
        for partition in due {
            let mut inner = partition.lock();
            inner.queue.look_at_clock(now);
            if matches!(inner.queue.station, Station::Delayed(until) if until <= now) {
                inner.queue.station = Station::Resting;
            }
            self.shared.settle_in(&partition, &mut inner);
        }
        next
    }

    /// Tells the time to those who send, while requests are under way; gives when to do so again. With none under way a batch that is due is sent at
    /// once, and needs no more than its first look at the clock.
    pub(super) fn tick(&mut self) -> Option<Instant> {
        let clock = &self.shared.terms.clock;
        let now = now();
        match (self.next_tick, self.flights.is_empty()) {
            (None, true) => {}
            (Some(_), true) => {
                clock.end();
                self.next_tick = None;
            }
            (None, false) => {
                clock.begin();
                self.next_tick = Some(now + TICK);
            }
            (Some(next), false) if next <= now => {
                clock.tick();
                self.next_tick = Some(now + TICK);
            }
            (Some(_), false) => {}
        }
        self.next_tick
    }

    /// Whether an answer is waited for.
    pub(super) fn is_under_way(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Whether there is something to be sent, and it may be now.
    pub(super) fn may_send(&self) -> bool {
        let shared = &self.shared;
        self.flights.len() < shared.terms.max_in_flight
            && self.line.is_anybody_ready()
            && (!shared.terms.is_idempotent() || shared.known_identity().is_some())
    }

    /// Ends when the broker can be asked; at once, if it was asked a moment ago.
    pub(super) fn readiness(&self) -> Boxed<'static, Result<VersionRange, Error>> {
        let client = self.shared.client.clone();
        let broker = self.line.broker;
        let deadline = after(now(), self.shared.settings.request_timeout);
        Box::pin(async move { client.ready::<ProduceRequest>(broker, deadline).await })
    }

    /// Takes out a request that has come back.
    pub(super) fn poll_flights(&mut self, context: &mut Context<'_>) -> Option<(Parts, Answer)> {
        // In the order in which they were begun: what waits for the same connection gets it in this order.
        for (place, flight) in self.flights.iter_mut().enumerate() {
            if let Poll::Ready(answer) = flight.answer.as_mut().poll(context) {
                let flight = self.flights.remove(place)?;
                return Some((flight.parts, answer));
            }
        }
        None
    }

    /// Sends a request with what is ready, to a broker that knows these versions; gives how many records that is.
    pub(super) fn send(&mut self, versions: VersionRange) -> u32 {
        self.versions = Some(versions);
        let parts = self.gather();
        if parts.is_empty() {
            return 0;
        }
        let records = parts.iter().map(|part| part.sealed.batch.count).sum();
        let client = &self.shared.client;
        let settings = &self.shared.settings;
        let request = flight::request(&parts, &client.known(), settings);
        let began = now();
        let deadline = after(began, settings.request_timeout);
        let broker = self.line.broker;
        let answer: Boxed<'static, Answer> = if self.shared.settings.acks == Acks::None {
            let handed = client.hand(broker, request, deadline);
            Box::pin(async move {
                let (request, result) = handed.await;
                (request, result.map(|()| None))
            })
        } else {
            let answered = client.attempt(broker, request, deadline);
            Box::pin(async move {
                let (request, result) = answered.await;
                (request, result.map(Some))
            })
        };
        let parts = parts.into_iter().map(Some).collect();
        self.flights.push_back(Flight {
            began,
            answer,
            parts,
        });
        records
    }

    /// Takes a batch of each partition that is ready, as many as go into a request.
    fn gather(&mut self) -> Vec<Part> {
        let shared = Arc::clone(&self.shared);
        let identity = shared.known_identity();
        let mut ready = self.line.take_ready();
        let mut parts = Vec::with_capacity(ready.len());
        let mut bytes = 0;
        let metadata = shared.client.known();
        while let Some(partition) = ready.pop_front() {
            let mut inner = partition.lock();
            if inner.queue.station != Station::Listed {
                continue;
            }
            if !leads(&metadata, &partition, self.line.broker) {
                self.leave(&partition, &mut inner);
                continue;
            }
            inner.queue.station = Station::Resting;
            let next = inner.queue.next(&shared.terms, identity);
            self.shared.settle_in(&partition, &mut inner);
            drop(inner);
            let sealed = match next {
                None => continue,
                Some(Next::Again(sealed)) => sealed,
                Some(Next::New(numbered)) => {
                    let turn = numbered.turn;
                    match numbered.seal(&mut self.compressor, &shared.terms.buffers) {
                        Ok(sealed) => sealed,
                        Err((batch, error)) => {
                            let error = Error::new(ErrorKind::InvalidRecord(error));
                            let mut inner = partition.lock();
                            inner.queue.unsealed(turn, &batch, error);
                            self.shared.settle_in(&partition, &mut inner);
                            continue;
                        }
                    }
                }
            };
            let translated = match self.translated(&sealed) {
                Ok(translated) => translated,
                Err(error) => {
                    let mut inner = partition.lock();
                    inner.queue.failed(&sealed, error);
                    self.shared.settle_in(&partition, &mut inner);
                    continue;
                }
            };
            bytes += sealed.bytes.len();
            parts.push(Part {
                partition,
                sealed,
                translated,
            });
            if bytes >= shared.settings.max_request_size {
                break;
            }
        }
        if !ready.is_empty() {
            self.line.put_back(ready);
        }
        // Topics stand together in a request.
        parts.sort_by(|one, other| {
            Arc::as_ptr(&one.partition.topic)
                .cast::<u8>()
                .cmp(&Arc::as_ptr(&other.partition.topic).cast::<u8>())
        });
        parts
    }

    fn translated(&mut self, sealed: &Sealed) -> Result<Option<Bytes>, Error> {
        let Some(versions) = self.versions else {
            return Ok(None);
        };
        let compression = self.shared.terms.compression;
        legacy::translated(&sealed.bytes, compression, versions, &mut self.compressor)
    }

    /// Lets those go who are led by others now, while the broker cannot be asked.
    pub(super) fn let_go(&self) {
        let metadata = self.shared.client.known();
        let mut stay = VecDeque::new();
        for partition in self.line.take_ready() {
            if leads(&metadata, &partition, self.line.broker) {
                stay.push_back(partition);
                continue;
            }
            let mut inner = partition.lock();
            if inner.queue.station == Station::Listed {
                self.leave(&partition, &mut inner);
            }
        }
        self.line.put_back(stay);
    }

    /// Does not wait for ever for a broker that is silent, while another one leads already: its batches go there, and the leader there knows those that it
    /// has. Without numbers nobody would know, and the answer has to be waited for.
    pub(super) fn look_elsewhere(&mut self) {
        let now = now();
        if now < self.next_look || !self.shared.terms.is_idempotent() {
            return;
        }
        self.next_look = now + LOOK;
        let shared = Arc::clone(&self.shared);
        let metadata = shared.client.known();
        let mut elsewhere = Vec::new();
        let mut is_silent = false;
        for flight in &mut self.flights {
            if now.saturating_duration_since(flight.began) < SILENCE {
                continue;
            }
            is_silent = true;
            for place in &mut flight.parts {
                match place {
                    Some(part) if leads(&metadata, &part.partition, self.line.broker) => {
                        shared.client.is_stale(&part.partition.topic);
                    }
                    _ => elsewhere.extend(place.take()),
                }
            }
        }
        drop(metadata);
        for part in elsewhere {
            let message = "the broker does not answer, and another one leads the partition";
            let kind = ErrorKind::Broker {
                code: ErrorCode::NOT_LEADER_OR_FOLLOWER,
                message: Some(message.to_owned()),
            };
            let error = Error::new(kind).during(ApiKey::PRODUCE, None);
            let verdict = Verdict::Again {
                error,
                may_be_written: true,
            };
            self.judged(part, verdict);
        }
        if is_silent {
            self.let_go();
        }
    }

    /// A partition is led by another broker. What is under way comes back first: it is written to over one socket at a time.
    fn leave(&self, partition: &Arc<Partition>, inner: &mut Inner) {
        inner.queue.station = Station::Resting;
        if inner.queue.in_flight() == 0 {
            inner.line = None;
            inner.queue.station = Station::Seeking;
            self.shared.seek(partition);
        }
    }

    /// A request has come back.
    pub(super) fn answered(&mut self, parts: Parts, (request, result): Answer) {
        let shared = Arc::clone(&self.shared);
        let is_idempotent = shared.terms.is_idempotent();
        match result {
            Ok(None) => {
                drop(request);
                for part in parts.into_iter().flatten() {
                    let written = Verdict::Written {
                        base_offset: None,
                        append_time: None,
                    };
                    self.judged(part, written);
                }
            }
            Ok(Some(Reply { response, .. })) => {
                let verdicts = outcome::verdicts(&request, &response, is_idempotent);
                let stale: Vec<bool> = verdicts.iter().map(|verdict| verdict.is_stale).collect();
                if stale.contains(&true) {
                    let is_meant = |item| stale.get(item) == Some(&true);
                    let broker = self.line.broker;
                    shared.client.follow(broker, &request, &response, is_meant);
                }
                // The batches' memory is ours alone again.
                drop((request, response));
                for (part, verdict) in parts.into_iter().zip(verdicts) {
                    if let Some(part) = part {
                        self.judged(part, verdict.verdict);
                    }
                }
            }
            Err(error) => {
                drop(request);
                for part in parts.into_iter().flatten() {
                    let verdict = outcome::without_answer(&error, is_idempotent);
                    shared.client.is_stale(&part.partition.topic);
                    self.judged(part, verdict);
                }
            }
        }
    }

    fn judged(&self, part: Part, verdict: Verdict) {
        let Part {
            partition,
            mut sealed,
            translated: _,
        } = part;
        let shared = &self.shared;
        let is_again = matches!(
            verdict,
            Verdict::Again { .. } | Verdict::OutOfOrder(_) | Verdict::Disowned(_)
        );
        if is_again {
            shared.client.retried(ApiKey::PRODUCE);
            if let Some(counts) = shared.terms.counts() {
                counts.retried();
            }
        }
        let mut inner = partition.lock();
        let queue = &mut inner.queue;
        let mut wait = None;
        match verdict {
            Verdict::Written {
                base_offset,
                append_time,
            } => {
                queue.written(
                    &sealed,
                    super::fate::Outcome::Written {
                        partition: partition.index,
                        base_offset,
                        append_time,
                    },
                );
                let Sealed { bytes, batch, .. } = sealed;
                if let Some(counts) = shared.terms.counts() {
                    counts.written(batch.count, bytes.len(), batch.age(now()));
                }
                self.shared.settle_in(&partition, &mut inner);
                drop(inner);
                shared.terms.buffers.put_bytes(bytes);
                drop(batch);
                return;
            }
            Verdict::Failed {
                error,
                may_be_written,
            } => {
                sealed.may_be_written |= may_be_written;
                tracing::debug!(topic = &*partition.topic, partition = partition.index, %error, "a batch has failed");
                queue.failed(&sealed, error);
            }
            Verdict::Again {
                error,
                may_be_written,
            } => {
                tracing::debug!(topic = &*partition.topic, partition = partition.index, %error, "a batch is sent again");
                sealed.may_be_written |= may_be_written;
                wait = Some(shared.client.wait_after(sealed.failures));
                sealed.failures += 1;
                queue.again(sealed, || error);
            }
            Verdict::OutOfOrder(error) => {
                let failures = sealed.failures;
                sealed.failures += 1;
                if queue.out_of_order(sealed, || error.clone()) {
                    tracing::warn!(
                        topic = &*partition.topic,
                        partition = partition.index,
                        %error,
                        "numbers begin anew"
                    );
                    wait = (failures > 0).then(|| shared.client.wait_after(failures - 1));
                    if queue.needs_identity(&shared.terms) {
                        shared.renew_identity();
                    }
                }
            }
            Verdict::Disowned(error) => {
                let id = sealed.producer.id;
                wait = Some(shared.client.wait_after(sealed.failures));
                sealed.failures += 1;
                queue.disowned(sealed, || error.clone());
                shared.disowned(id);
            }
            Verdict::TooLarge(error) => {
                let compression = shared.terms.compression;
                match super::split::split(&sealed, compression, &shared.terms.memory) {
                    Ok(Some(halves)) => queue.split(&sealed, halves),
                    Ok(None) => queue.failed(&sealed, error),
                    Err(problem) => {
                        let problem = Error::new(ErrorKind::InvalidRecord(problem));
                        queue.failed(&sealed, problem);
                    }
                }
            }
        }
        match wait {
            Some(wait) if wait > Duration::ZERO => partition.delay(&mut inner, now() + wait),
            _ => {
                if matches!(inner.queue.station, Station::Delayed(_)) {
                    return;
                }
                self.shared.settle_in(&partition, &mut inner);
            }
        }
    }

    /// The broker cannot be asked: what is for it waits, and is looked for elsewhere.
    pub(super) fn cannot_send(&self, error: &Error) {
        tracing::debug!(broker = self.line.broker, %error, "nothing can be written to the broker");
        let is_final =
            !error.is_retriable() && !matches!(error.kind(), ErrorKind::UnknownBroker(_));
        let wait = self.shared.client.wait_after(0);
        self.let_go();
        for partition in self.line.take_ready() {
            let mut inner = partition.lock();
            if inner.queue.station != Station::Listed {
                continue;
            }
            if is_final {
                inner.queue.fail_all(error);
                inner.count_failed(&self.shared.terms);
                inner.queue.station = Station::Resting;
                continue;
            }
            self.shared.client.is_stale(&partition.topic);
            partition.delay(&mut inner, now() + wait);
        }
    }

    /// The client is closed.
    pub(super) fn give_up(&mut self) {
        for flight in self.flights.drain(..) {
            for Part {
                partition,
                mut sealed,
                ..
            } in flight.parts.into_iter().flatten()
            {
                sealed.may_be_written = true;
                let error = Error::new(ErrorKind::Shutdown).during(ApiKey::PRODUCE, None);
                let mut inner = partition.lock();
                inner.queue.failed(&sealed, error);
                inner.count_failed(&self.shared.terms);
            }
        }
    }
}

/// Whether a broker leads a partition, as far as is known. Where nobody is known to lead, the last one may still do.
fn leads(metadata: &Metadata, partition: &Partition, broker: i32) -> bool {
    let leader = metadata.leader(&partition.topic, partition.index);
    leader.is_none_or(|leader| leader.id == broker)
}
