//! A partition that is read. No I/O.

use std::collections::VecDeque;
use std::sync::Arc;

use milena_wire::messages::fetch::PartitionData;
use milena_wire::uuid::Uuid;

use super::chunk::Chunk;
use super::portion::Portion;
use super::position::Position;
use super::session::Want;
use super::start::Start;

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Of the topic; nil if it is not known.
    pub(super) id: Uuid,
    pub(super) position: Position,
    /// Another one whenever what was fetched before no longer counts.
    pub(super) generation: u64,
    /// The next offset that the caller gets; `None` while it is not known where it begins.
    pub(super) delivered: Option<i64>,
    /// The leader epoch of the record before it.
    pub(super) delivered_epoch: Option<i32>,
    /// What was fetched and not handed out.
    pub(super) chunks: VecDeque<Chunk>,
    /// How much that is, in bytes.
    pub(super) ready: usize,
    pub(super) is_paused: bool,
    /// Nothing is asked for until the caller has had all that is ready.
    pub(super) waits_for_caller: bool,
    /// The broker that it is read from.
    pub(super) broker: Option<i32>,
    /// With which token something has been asked about it.
    pub(super) asked: Option<u64>,
    pub(super) portion: Portion,
    pub(super) known: Known,
}

/// What the last answer said of a partition's log. -1: it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) high_watermark: i64,
    pub(super) last_stable_offset: i64,
    pub(super) log_start_offset: i64,
}

impl Known {
    pub(super) fn learn(&mut self, answer: &PartitionData) {
        let is_known = |offset: i64, known: &mut i64| {
            if offset >= 0 {
                *known = offset;
            }
        };
        is_known(answer.high_watermark, &mut self.high_watermark);
        is_known(answer.last_stable_offset, &mut self.last_stable_offset);
        is_known(answer.log_start_offset, &mut self.log_start_offset);
    }
}

impl Assigned {
    pub(super) fn new(
        topic: &Arc<str>,
        partition: i32,
        start: Start,
        serial: u32,
        generation: u64,
    ) -> Self {
        Self {
            topic: Arc::clone(topic),
            partition,
            id: Uuid::nil(),
            position: Position::new(start, serial),
            generation,
            delivered: match start {
                Start::Offset(offset) => Some(offset),
                _ => None,
            },
            delivered_epoch: None,
            chunks: VecDeque::new(),
            ready: 0,
            is_paused: false,
            waits_for_caller: false,
            broker: None,
            asked: None,
            portion: Portion::default(),
            known: Known {
                high_watermark: -1,
                last_stable_offset: -1,
                log_start_offset: -1,
            },
        }
    }

    /// What its broker is to be asked for, and whether that is nothing because enough is ready.
    pub(super) fn want(&mut self, share: usize, max_bytes: usize) -> (Option<Want>, bool) {
        if self.is_paused || self.position.source().is_none() {
            return (None, false);
        }
        self.waits_for_caller &= !self.chunks.is_empty();
        if self.waits_for_caller || self.ready >= share {
            return (None, true);
        }
        let max_bytes = self.portion.of(max_bytes);
        let epoch = self.position.leader().and_then(|leader| leader.epoch);
        let want = Want {
            topic: Arc::clone(&self.topic),
            id: self.id,
            partition: self.partition,
            token: self.position.token(),
            offset: self.position.offset(),
            leader_epoch: epoch.unwrap_or(-1),
            max_bytes: i32::try_from(max_bytes).unwrap_or(i32::MAX),
        };
        (Some(want), false)
    }

    /// How many offsets there are between what was handed out and the end of what can be read, as the last answer said.
    pub(super) fn lag(&self, is_committed: bool) -> Option<u64> {
        let end = match is_committed && self.known.last_stable_offset >= 0 {
            true => self.known.last_stable_offset,
            false => self.known.high_watermark,
        };
        let end = Some(end).filter(|end| *end >= 0)?;
        let lag = end.saturating_sub(self.delivered?);
        Some(u64::try_from(lag).unwrap_or(0))
    }

    /// The caller has had all before and at this offset.
    pub(super) fn hand_out(&mut self, last_offset: i64, epoch: i32) {
        let next = last_offset.saturating_add(1);
        self.delivered = Some(self.delivered.map_or(next, |delivered| delivered.max(next)));
        if epoch >= 0 {
            self.delivered_epoch = Some(epoch);
        }
        self.portion.had();
    }

    /// Reads again what the caller has not had.
    pub(super) fn rewind(&mut self) {
        if let Some(delivered) = self.delivered {
            self.position.seek_to(delivered, self.delivered_epoch);
        }
    }
}
