//! Where one partition is read, and from whom. No I/O.

use std::time::Instant;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

use super::start::Start;
use crate::cluster::{Leader, Remedy, Retry, reaction};

/// Where one partition is read, and from whom.
///
/// The token changes whenever what was asked before no longer counts: who brings an answer says which token he asked with.
#[derive(Debug)]
pub(super) struct Position {
    token: u64,
    phase: Phase,
    /// The next offset to be asked for.
    offset: i64,
    /// The leader epoch of the record before it, if that is known.
    epoch: Option<i32>,
    leader: Option<Leader>,
    /// The leader epoch in which the offset is known to be right.
    valid_in: Option<i32>,
    /// Who is asked instead of the leader (KIP-392), and until when.
    replica: Option<(i32, Instant)>,
    /// Until when the leader has to answer itself, as the replica that it prefers cannot be asked.
    shuns_until: Option<Instant>,
    failures: u32,
    not_before: Option<Instant>,
}

/// What is done about a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Where it begins is to be found out.
    Starting(Start),
    /// Whether the leader has the log that was read so far is to be found out (KIP-320).
    Validating,
    /// It is read.
    Fetching,
    /// Nothing, until the caller says where to go on.
    Stopped,
}

/// What follows from an error code in a Fetch answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The leader is asked now, not the replica.
    Leader,
    /// Asked again, after a wait.
    Again { is_stale: bool },
    /// The offset is not there.
    OutOfRange,
    /// It would fail again.
    Final,
}

/// What the leader says of the log that was read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    /// It was asked before something else happened.
    Late,
    /// It has it.
    Valid,
    /// Its log is another one from this offset on; `None` if it cannot tell.
    Diverges(Option<i64>),
}

impl Position {
    /// `serial` is another one for each position that there ever was.
    pub(super) fn new(start: Start, serial: u32) -> Self {
        let mut position = Self {
            token: u64::from(serial) << 32,
            phase: Phase::Stopped,
            offset: 0,
            epoch: None,
            leader: None,
            valid_in: None,
            replica: None,
            shuns_until: None,
            failures: 0,
            not_before: None,
        };
        position.seek(start);
        position
    }

    pub(super) fn token(&self) -> u64 {
        self.token
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// The next offset to be asked for.
    pub(super) fn offset(&self) -> i64 {
        self.offset
    }

    /// The leader epoch of the record before it.
    pub(super) fn epoch(&self) -> Option<i32> {
        self.epoch
    }

    pub(super) fn leader(&self) -> Option<Leader> {
        self.leader
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether the leader has to answer itself.
    pub(super) fn shuns_replicas(&self) -> bool {
        self.shuns_until.is_some()
    }

    /// When there is something to do that is not now.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        let until = self.replica.map(|(_, until)| until);
        let all = [self.not_before, until, self.shuns_until];
        all.into_iter().flatten().min()
    }

    /// Forgets waits and preferences that are over.
    pub(super) fn look_at_clock(&mut self, now: Instant) {
        self.not_before = self.not_before.filter(|at| *at > now);
        self.replica = self.replica.filter(|(_, until)| *until > now);
        self.shuns_until = self.shuns_until.filter(|until| *until > now);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.not_before.is_some()
    }

    /// Begins anew, elsewhere. Whatever was asked before no longer counts.
    pub(super) fn seek(&mut self, start: Start) {
        self.token += 1;
        self.epoch = None;
        self.valid_in = None;
        self.failures = 0;
        self.not_before = None;
        self.phase = match start {
            Start::Offset(offset) => {
                self.offset = offset;
                Phase::Fetching
            }
            start => Phase::Starting(start),
        };
    }

    /// Goes on at this offset, of which the leader epoch of the record before is known.
    pub(super) fn seek_to(&mut self, offset: i64, epoch: Option<i32>) {
        self.seek(Start::Offset(offset));
        self.epoch = epoch;
        self.doubt();
    }

    /// Is not read until it is sought.
    pub(super) fn stop(&mut self) {
        self.token += 1;
        self.phase = Phase::Stopped;
        self.not_before = None;
    }

    /// Where it begins was asked with this token, and is here.
    pub(super) fn started(&mut self, token: u64, offset: i64, epoch: Option<i32>) -> bool {
        let is_meant = token == self.token && matches!(self.phase, Phase::Starting(_));
        if is_meant {
            self.seek(Start::Offset(offset));
            self.epoch = epoch;
            // The leader itself has told.
            self.valid_in = self.leader.and_then(|leader| leader.epoch);
        }
        is_meant
    }

    /// Takes note of who leads now. A leader of another epoch has to be asked first whether it has what was read so far.
    pub(super) fn led_by(&mut self, leader: Option<Leader>) -> bool {
        if leader == self.leader {
            return false;
        }
        self.leader = leader;
        // It may be for its sake that a replica could not be asked.
        (self.replica, self.shuns_until) = (None, None);
        self.not_before = None;
        if self.phase == Phase::Fetching {
            self.doubt();
        }
        true
    }

    /// Before it is read on, the leader is asked whether it has what was read so far, if it has a newer epoch.
    fn doubt(&mut self) {
        let Some(current) = self.leader.and_then(|leader| leader.epoch) else {
            return;
        };
        let is_newer = self.valid_in.is_some_and(|valid| current > valid);
        let is_older_record =
            self.valid_in.is_none() && self.epoch.is_some_and(|epoch| current > epoch);
        if self.epoch.is_some() && (is_newer || is_older_record) {
            self.token += 1;
            self.phase = Phase::Validating;
        } else {
            self.valid_in = Some(current);
        }
    }

    /// The leader says where the records of the epoch end that was read last: `None` if it does not know the epoch.
    pub(super) fn ends(&mut self, token: u64, end: Option<(i32, i64)>) -> Validity {
        if token != self.token || self.phase != Phase::Validating {
            return Validity::Late;
        }
        self.failures = 0;
        match end {
            Some((_, end)) if end >= self.offset => {
                self.phase = Phase::Fetching;
                self.valid_in = self.leader.and_then(|leader| leader.epoch);
                Validity::Valid
            }
            Some((_, end)) => Validity::Diverges(Some(end)),
            None => Validity::Diverges(None),
        }
    }

    /// The leader cannot be asked whether it has what was read so far: it is read on as it is.
    pub(super) fn cannot_be_validated(&mut self, token: u64) {
        if token == self.token && self.phase == Phase::Validating {
            self.phase = Phase::Fetching;
            self.valid_in = self.leader.and_then(|leader| leader.epoch);
        }
    }

    /// From whom it is read now.
    pub(super) fn source(&self) -> Option<i32> {
        if self.phase != Phase::Fetching || self.not_before.is_some() {
            return None;
        }
        match self.replica {
            Some((replica, _)) => Some(replica),
            None => self.leader.map(|leader| leader.id),
        }
    }

    /// Records came, up to before this offset.
    pub(super) fn fetched(&mut self, next: i64, epoch: Option<i32>) {
        self.offset = next;
        self.epoch = epoch.or(self.epoch);
        self.failures = 0;
    }

    /// An answer without records, and without an error, came.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
    }

    /// The leader says that a replica is nearer. Gives whether that is news.
    pub(super) fn prefers(&mut self, replica: i32, until: Instant) -> bool {
        if self.leader.is_some_and(|leader| leader.id == replica) || self.shuns_replicas() {
            return false;
        }
        let is_news = self.replica.is_none_or(|(known, _)| known != replica);
        self.replica = Some((replica, until));
        is_news
    }

    /// The replica cannot be asked: the leader is, and it has to answer itself until then.
    pub(super) fn shun_replicas(&mut self, until: Instant) {
        self.replica = None;
        self.shuns_until = Some(until);
    }

    /// Whether this broker is asked as a replica.
    pub(super) fn is_replica(&self, broker: i32) -> bool {
        self.replica.is_some_and(|(replica, _)| replica == broker)
    }

    /// This broker answered with an error code. Replicas are shunned until then if it is one.
    pub(super) fn refused(&mut self, code: ErrorCode, broker: i32, shun_until: Instant) -> Refused {
        let is_replica = self.is_replica(broker);
        if code == ErrorCode::OFFSET_OUT_OF_RANGE {
            // A replica may lag behind, or have deleted more than the leader.
            if is_replica {
                self.shun_replicas(shun_until);
                return Refused::Leader;
            }
            return Refused::OutOfRange;
        }
        let reaction = reaction(ApiKey::FETCH, code);
        let is_again = match code {
            ErrorCode::UNKNOWN_SERVER_ERROR => true,
            // What lies on the broker's disk does not get better.
            ErrorCode::CORRUPT_MESSAGE => false,
            _ => reaction.retry != Retry::No || reaction.then == Remedy::RefreshMetadata,
        };
        if !is_again {
            return Refused::Final;
        }
        if is_replica {
            self.shun_replicas(shun_until);
        }
        let is_stale = reaction.then == Remedy::RefreshMetadata;
        Refused::Again { is_stale }
    }

    /// It is left alone for a while.
    pub(super) fn delay(&mut self, until: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(until);
    }
}

#[cfg(test)]
mod tests;
