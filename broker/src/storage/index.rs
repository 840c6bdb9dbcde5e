//! Where in the log an offset or a time lies, roughly: an entry for every few kilobytes, as in Kafka's index files.

/// Kafka's `index.interval.bytes`.
const INTERVAL: u64 = 4096;

/// A place in the log at which a batch begins.
#[derive(Clone, Copy, Debug)]
struct Landmark {
    /// The offset of the first record of the batch.
    offset: i64,
    position: u64,
    /// The largest timestamp of all batches before this one.
    max_timestamp_before: i64,
}

/// A sparse index of the log by offset and by time.
#[derive(Debug, Default)]
pub(super) struct Index {
    landmarks: Vec<Landmark>,
}

impl Index {
    /// Takes note that a batch begins at `position`, if the last note is far enough away.
    pub(super) fn note(&mut self, offset: i64, position: u64, max_timestamp_before: i64) {
        let due = self
            .landmarks
            .last()
            .is_none_or(|last| position - last.position >= INTERVAL);
        if due {
            self.landmarks.push(Landmark {
                offset,
                position,
                max_timestamp_before,
            });
        }
    }

    /// A position from which a walk over the batches reaches the one that has `offset`.
    pub(super) fn before_offset(&self, offset: i64) -> Option<u64> {
        self.last_where(|landmark| landmark.offset <= offset)
    }

    /// A position from which a walk over the batches reaches the first that has a timestamp of at least `timestamp`.
    pub(super) fn before_timestamp(&self, timestamp: i64) -> Option<u64> {
        self.last_where(|landmark| landmark.max_timestamp_before < timestamp)
    }

    fn last_where(&self, condition: impl FnMut(&Landmark) -> bool) -> Option<u64> {
        let count = self.landmarks.partition_point(condition);
        // The first landmark stands at the start of the log: whatever lies before it is looked for from there.
        let landmark = self.landmarks.get(count.saturating_sub(1))?;
        Some(landmark.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sparse_and_never_passes_what_is_looked_for() {
        let mut index = Index::default();
        assert_eq!(index.before_offset(0), None);
        // Batches of ten records and 1,000 bytes, a tick later each.
        for batch in 0..1000u64 {
            let number = i64::try_from(batch).unwrap();
            index.note(number * 10, batch * 1000, number - 1);
        }
        assert_eq!(index.landmarks.len(), 200);
        for offset in [0, 9, 10, 555, 9_999] {
            let position = index.before_offset(offset).unwrap();
            let holds = u64::try_from(offset).unwrap() / 10 * 1000;
            assert!(position <= holds && holds - position < 5000, "{offset}");
        }
        for timestamp in [0, 1, 555, 999] {
            let position = index.before_timestamp(timestamp).unwrap();
            let holds = u64::try_from(timestamp).unwrap() * 1000;
            assert!(position <= holds && holds - position < 5000, "{timestamp}");
        }
    }
}
