//! What has to be found out of partitions: who leads them, where they begin, and whether leaders have what was read. No I/O.

use std::sync::Arc;
use std::time::Instant;

use milena_wire::uuid::Uuid;

use super::assigned::Assigned;
use super::board::{Board, SHUN};
use super::position::{Phase, Validity};
use super::start::Start;
use crate::cluster::Leader;
use crate::error::{Error, ErrorKind};

/// What has to be found out of partitions.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Where they begin.
    pub(super) starts: Vec<Question<Start>>,
    /// Whether their leaders have what was read: of which epoch the last record was.
    pub(super) checks: Vec<Question<i32>>,
    /// Topics of which more has to be known.
    pub(super) stale: Vec<Arc<str>>,
    /// When to look again.
    pub(super) next: Option<Instant>,
}

/// A question about a partition.
#[derive(Clone, Debug)]
pub(super) struct Question<Q> {
    pub(super) slot: usize,
    pub(super) token: u64,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) leader: Leader,
    pub(super) about: Q,
}

/// A question about a partition as it is now, which is not asked twice.
fn ask<Q>(assigned: &mut Assigned, slot: usize, leader: Leader, about: Q) -> Question<Q> {
    let token = assigned.position.token();
    assigned.asked = Some(token);
    Question {
        slot,
        token,
        topic: Arc::clone(&assigned.topic),
        partition: assigned.partition,
        leader,
        about,
    }
}

impl Board {
    /// Looks at everything, with what is known of the cluster, and tells what has to be found out.
    pub(super) fn survey(
        &mut self,
        leader: impl Fn(&str, i32) -> (Option<Leader>, Uuid),
        is_there: impl Fn(i32) -> bool,
        now: Instant,
    ) -> Survey {
        let mut survey = Survey::default();
        for slot in 0..self.slots.len() {
            let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            let (leader, id) = leader(&assigned.topic, assigned.partition);
            let leader = leader.filter(|leader| is_there(leader.id));
            let position = &mut assigned.position;
            position.look_at_clock(now);
            position.led_by(leader);
            if !id.is_nil() {
                assigned.id = id;
            }
            if leader.is_none() && !survey.stale.contains(&assigned.topic) {
                survey.stale.push(Arc::clone(&assigned.topic));
            }
            if let Some(replica) = position.source().filter(|source| !is_there(*source)) {
                if position.is_replica(replica) {
                    position.shun_replicas(now + SHUN);
                }
            }
            let is_asked = assigned.asked == Some(position.token()) || position.is_waiting();
            if let (Some(leader), false) = (leader, is_asked) {
                match (position.phase(), position.epoch()) {
                    (Phase::Starting(start), _) => {
                        survey.starts.push(ask(assigned, slot, leader, start));
                    }
                    (Phase::Validating, Some(epoch)) => {
                        survey.checks.push(ask(assigned, slot, leader, epoch));
                    }
                    _ => {}
                }
            }
            let wakes_at = assigned.position.wakes_at();
            survey.next = [survey.next, wakes_at].into_iter().flatten().min();
            if assigned.position.source() != assigned.broker {
                self.refresh(slot);
            }
        }
        survey
    }

    /// Where a partition begins was found out.
    pub(super) fn started(&mut self, slot: usize, token: u64, offset: i64, epoch: Option<i32>) {
        if let Some(assigned) = self.slot(slot) {
            if assigned.position.started(token, offset, epoch) {
                assigned.delivered = Some(offset);
                assigned.delivered_epoch = epoch;
                self.refresh(slot);
            }
        }
    }

    /// No record of a partition is as new as those that it was to begin with.
    pub(super) fn nothing_as_new(&mut self, slot: usize, token: u64) {
        if let Some(assigned) = self.slot(slot) {
            if assigned.position.token() == token {
                assigned.position.seek(Start::Latest);
                self.signals.router();
            }
        }
    }

    /// Where the records of an epoch end was found out.
    pub(super) fn checked(&mut self, slot: usize, token: u64, end: Option<(i32, i64)>) {
        let Some(assigned) = self.slot(slot) else {
            return;
        };
        match assigned.position.ends(token, end) {
            Validity::Late => return,
            Validity::Valid => {}
            Validity::Diverges(end) => {
                self.diverges(slot, end);
                if !self.errors.is_empty() {
                    self.signals.wake(self.waiting.take());
                }
                self.signals.router();
            }
        }
        self.refresh(slot);
    }

    /// The leader does not know how to check it.
    pub(super) fn cannot_be_checked(&mut self, slot: usize, token: u64) {
        if let Some(assigned) = self.slot(slot) {
            assigned.position.cannot_be_validated(token);
        }
        self.refresh(slot);
    }

    /// A question was not answered: it is asked again then, or the error is told.
    pub(super) fn not_found_out(&mut self, slot: usize, token: u64, error: Result<Instant, Error>) {
        let Some(assigned) = self.slot(slot) else {
            return;
        };
        if assigned.position.token() != token {
            return;
        }
        assigned.asked = None;
        match error {
            Ok(again) => assigned.position.delay(again),
            Err(error) => {
                assigned.position.stop();
                self.errors.push_back(error);
                self.signals.wake(self.waiting.take());
            }
        }
        self.signals.router();
    }

    /// How often a question about a partition has failed.
    pub(super) fn failures(&self, slot: usize) -> u32 {
        self.assigned(slot)
            .map_or(0, |assigned| assigned.position.failures())
    }

    /// The leader's log is another one than what was read, from this offset on.
    pub(super) fn diverges(&mut self, slot: usize, end: Option<i64>) {
        self.drop_chunks(slot);
        let Some(assigned) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        let delivered = assigned.delivered.unwrap_or_default();
        if delivered < assigned.position.offset() {
            // What was truncated was fetched ahead: whether what the caller has is there is to be asked.
            assigned.rewind();
            return;
        }
        let topic = &*assigned.topic;
        tracing::warn!(
            topic,
            partition = assigned.partition,
            offset = delivered,
            ?end,
            "the log was truncated"
        );
        match (self.terms.reset.start(), end) {
            (Some(_), Some(end)) => {
                assigned.position.seek(Start::Offset(end));
                assigned.delivered = Some(end);
            }
            (Some(start), None) => {
                assigned.position.seek(start);
                assigned.delivered = None;
            }
            (None, _) => {
                assigned.position.stop();
                self.errors.push_back(Error::new(ErrorKind::LogTruncated {
                    topic: assigned.topic.to_string(),
                    partition: assigned.partition,
                    offset: delivered,
                    diverges_at: end,
                }));
            }
        }
        assigned.delivered_epoch = None;
        self.generation += 1;
        assigned.generation = self.generation;
    }
}
