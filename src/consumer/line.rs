//! What one broker is asked for. No I/O.

use std::collections::HashSet;
use std::time::Instant;

use foldhash::fast::RandomState;

use super::appetite::Appetite;
use super::session::{Session, Want};

/// What one broker is asked for.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) session: Session,
    /// Partitions of which something may have changed since the last request.
    news: Vec<usize>,
    is_listed: HashSet<usize, RandomState>,
    /// Partitions that are not asked for because enough of them is ready.
    full: HashSet<usize, RandomState>,
    /// Whether its fetcher waits to be called.
    pub(super) is_idle: bool,
    /// Whether it waits for room.
    pub(super) wants_room: bool,
    pub(super) appetite: Appetite,
    /// Whether requests say how large an answer may be as a whole, as they do since Fetch version 3.
    pub(super) has_bound: bool,
    /// When the last request was formed.
    pub(super) sent: Option<Instant>,
}

impl Line {
    /// Something of a partition may have changed.
    pub(super) fn news(&mut self, slot: usize) {
        if self.is_listed.insert(slot) {
            self.news.push(slot);
        }
    }

    pub(super) fn take_news(&mut self) -> Vec<usize> {
        self.is_listed.clear();
        std::mem::take(&mut self.news)
    }

    /// What a partition is to be asked for.
    pub(super) fn update(&mut self, slot: usize, want: Option<Want>, is_full: bool) {
        if is_full {
            self.full.insert(slot);
        } else {
            self.full.remove(&slot);
        }
        self.session.update(slot, want);
    }

    /// Whether partitions are left out because enough of them is ready.
    pub(super) fn has_full(&self) -> bool {
        !self.full.is_empty()
    }
}
