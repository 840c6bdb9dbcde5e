//! Where each leader epoch began, as Kafka's file `leader-epoch-checkpoint` has it.

/// How far the records of a leader epoch reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochEnd {
    /// The epoch asked for, or the last before it that has records.
    pub(crate) epoch: i32,
    /// The offset behind its last record.
    pub(crate) end_offset: i64,
}

/// A leader epoch and its first offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    epoch: i32,
    offset: i64,
}

/// The epochs of a log, both they and their offsets rising.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    starts: Vec<Start>,
}

impl Epochs {
    /// An epoch begins at `offset`. One that began there before had no records, and is forgotten.
    pub(super) fn begin(&mut self, epoch: i32, offset: i64) {
        let stays = |start: &Start| start.epoch < epoch && start.offset < offset;
        let stay = self.starts.partition_point(stays);
        self.starts.truncate(stay);
        self.starts.push(Start { epoch, offset });
    }

    /// The log begins at `offset` from now on.
    pub(super) fn delete_before(&mut self, offset: i64) {
        let gone = self.starts.partition_point(|start| start.offset <= offset);
        self.starts.drain(..gone.saturating_sub(1));
        if let Some(first) = self.starts.first_mut() {
            first.offset = first.offset.max(offset);
        }
    }

    /// The log ends at `end` from now on.
    pub(super) fn truncate(&mut self, end: i64) {
        self.starts.retain(|start| start.offset < end);
    }

    /// The epoch that the record at `offset` is of.
    pub(super) fn at(&self, offset: i64) -> Option<i32> {
        let behind = self.starts.partition_point(|start| start.offset <= offset);
        let start = self.starts.get(behind.checked_sub(1)?)?;
        Some(start.epoch)
    }

    /// Where an epoch has ended, if the log goes to `log_end`; `None` for one that is still to come.
    pub(super) fn end_of(&self, epoch: i32, log_end: i64) -> Option<EpochEnd> {
        if epoch < 0 {
            return None;
        }
        let latest = self.starts.last()?;
        if latest.epoch == epoch {
            return Some(EpochEnd {
                epoch,
                end_offset: log_end,
            });
        }
        let behind = self.starts.partition_point(|start| start.epoch <= epoch);
        let next = self.starts.get(behind)?;
        let known = behind.checked_sub(1).and_then(|at| self.starts.get(at));
        Some(EpochEnd {
            // Of what was deleted nobody knows more than where the rest begins.
            epoch: known.map_or(epoch, |known| known.epoch),
            end_offset: next.offset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(epoch: i32, end_offset: i64) -> Option<EpochEnd> {
        Some(EpochEnd { epoch, end_offset })
    }

    #[test]
    fn an_epoch_ends_where_the_next_with_records_begins() {
        let mut epochs = Epochs::default();
        assert_eq!(epochs.end_of(0, 0), None);
        epochs.begin(0, 0);
        // Two leaders without a record between them.
        epochs.begin(1, 10);
        epochs.begin(2, 10);
        epochs.begin(5, 30);
        for (epoch, expected) in [
            (-1, None),
            (0, end(0, 10)),
            (1, end(0, 10)),
            (2, end(2, 30)),
            (4, end(2, 30)),
            (5, end(5, 40)),
            (6, None),
        ] {
            assert_eq!(epochs.end_of(epoch, 40), expected, "{epoch}");
        }
        for (offset, epoch) in [(0, 0), (9, 0), (10, 2), (29, 2), (30, 5), (99, 5)] {
            assert_eq!(epochs.at(offset), Some(epoch), "{offset}");
        }
    }

    #[test]
    fn what_was_truncated_has_no_epoch() {
        let mut epochs = Epochs::default();
        epochs.begin(0, 0);
        epochs.begin(1, 10);
        epochs.begin(2, 20);
        epochs.truncate(10);
        epochs.begin(3, 10);
        for (epoch, expected) in [
            (0, end(0, 10)),
            (1, end(0, 10)),
            (2, end(0, 10)),
            (3, end(3, 15)),
        ] {
            assert_eq!(epochs.end_of(epoch, 15), expected, "{epoch}");
        }
        epochs.truncate(0);
        assert_eq!(epochs.at(0), None);
    }

    #[test]
    fn what_was_deleted_is_known_by_where_the_rest_begins() {
        let mut epochs = Epochs::default();
        epochs.begin(0, 0);
        epochs.begin(3, 10);
        epochs.begin(4, 20);
        epochs.delete_before(5);
        assert_eq!((epochs.at(4), epochs.at(5)), (None, Some(0)));
        epochs.delete_before(15);
        assert_eq!(epochs.end_of(0, 30), end(0, 15));
        assert_eq!(epochs.end_of(3, 30), end(3, 20));
        epochs.delete_before(20);
        assert_eq!(epochs.end_of(3, 30), end(3, 20));
        assert_eq!(epochs.at(20), Some(4));
        // All is gone, and a new leader begins behind it.
        epochs.delete_before(30);
        epochs.begin(6, 30);
        assert_eq!(epochs.end_of(6, 30), end(6, 30));
        assert_eq!(epochs.end_of(4, 30), end(4, 30));
    }
}
