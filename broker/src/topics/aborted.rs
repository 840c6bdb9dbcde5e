//! The transactions that were aborted in a partition: whoever reads only what is committed leaves their records out.

/// A transaction that was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    pub(crate) first_offset: i64,
    /// That of its marker.
    pub(crate) last_offset: i64,
}

/// All that were aborted, in the order of their markers.
#[derive(Debug, Default)]
pub(super) struct AbortedTransactions {
    list: Vec<Aborted>,
}

impl AbortedTransactions {
    pub(super) fn push(&mut self, aborted: Aborted) {
        self.list.push(aborted);
    }

    /// Those that have anything at `offset` or behind it and have begun before `end`.
    pub(super) fn within(&self, offset: i64, end: i64) -> Vec<Aborted> {
        let behind = self.list.partition_point(|it| it.last_offset < offset);
        let list = self.list.get(behind..).unwrap_or_default();
        let within = list.iter().filter(|it| it.first_offset < end);
        within.copied().collect()
    }

    /// The log begins at `start` from now on.
    pub(super) fn delete_before(&mut self, start: i64) {
        self.list.retain(|it| it.last_offset >= start);
    }

    /// The log ends at `end` from now on.
    pub(super) fn truncate(&mut self, end: i64) {
        self.list.retain(|it| it.last_offset < end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_are_found_that_matter_to_a_reader() {
        let mut all = AbortedTransactions::default();
        let one = |producer_id, first_offset, last_offset| Aborted {
            producer_id,
            first_offset,
            last_offset,
        };
        for aborted in [one(1, 0, 5), one(2, 3, 9), one(1, 10, 20)] {
            all.push(aborted);
        }
        let ids = |offset, end| -> Vec<i64> {
            let within = all.within(offset, end);
            within.iter().map(|it| it.producer_id).collect()
        };
        assert_eq!(ids(0, 99), [1, 2, 1]);
        assert_eq!(ids(5, 10), [1, 2]);
        assert_eq!(ids(6, 11), [2, 1]);
        assert_eq!(ids(0, 3), [1]);
        assert_eq!(ids(21, 99), [0; 0]);
        all.delete_before(6);
        assert_eq!(all.within(0, 99).len(), 2);
        all.truncate(20);
        assert_eq!(all.within(0, 99), [one(2, 3, 9)]);
    }
}
