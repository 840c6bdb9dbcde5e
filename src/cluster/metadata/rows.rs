//! The partitions of one topic, packed: a row each, and the ids of all their replicas in one list.

use milena_wire::error_code::ErrorCode;

/// No node, or no epoch.
pub(super) const NONE: i32 = -1;

/// What is known of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) index: i32,
    /// The last that was known, or [`NONE`].
    pub(super) leader: i32,
    /// The epoch of that leader, or [`NONE`].
    pub(super) epoch: i32,
    /// The newest epoch that was heard of: later than `epoch` while there is no leader. Or [`NONE`].
    pub(super) newest_epoch: i32,
    /// What the last answer said.
    pub(super) error: ErrorCode,
    /// Where its lists begin among the ids; offline replicas end where the next row begins.
    replicas: u32,
    isr: u32,
    offline: u32,
}

impl Row {
    pub(super) fn new(index: i32) -> Self {
        Self {
            index,
            leader: NONE,
            epoch: NONE,
            newest_epoch: NONE,
            error: ErrorCode::NONE,
            replicas: 0,
            isr: 0,
            offline: 0,
        }
    }

    /// Whether it says the same, apart from its lists.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        self.leader == other.leader && self.epoch == other.epoch && self.error == other.error
    }
}

/// The ids of the brokers that have something of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nodes<'a> {
    pub(super) replicas: &'a [i32],
    pub(super) isr: &'a [i32],
    pub(super) offline: &'a [i32],
}

/// The rows of a topic, in the order of their indexes, which may have gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    rows: Box<[Row]>,
    nodes: Box<[i32]>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// Where the row of a partition is.
    #[inline]
    pub(super) fn place(&self, index: i32) -> Option<usize> {
        // Without gaps the row is where its index says.
        let place = usize::try_from(index).ok()?;
        if self.rows.get(place).is_some_and(|row| row.index == index) {
            return Some(place);
        }
        self.rows.binary_search_by_key(&index, |row| row.index).ok()
    }

    #[inline]
    pub(super) fn find(&self, index: i32) -> Option<&Row> {
        self.rows.get(self.place(index)?)
    }

    pub(super) fn find_mut(&mut self, index: i32) -> Option<&mut Row> {
        let place = self.place(index)?;
        self.rows.get_mut(place)
    }

    /// The lists of the row at this place.
    pub(super) fn nodes(&self, place: usize) -> Nodes<'_> {
        let Some(row) = self.rows.get(place) else {
            return Nodes::default();
        };
        let next = self.rows.get(place + 1).map(|row| row.replicas as usize);
        let end = next.unwrap_or(self.nodes.len());
        let list = |from: u32, to: usize| self.nodes.get(from as usize..to).unwrap_or_default();
        Nodes {
            replicas: list(row.replicas, row.isr as usize),
            isr: list(row.isr, row.offline as usize),
            offline: list(row.offline, end),
        }
    }
}

/// Makes [`Rows`]; its room is used again for the next topic.
#[derive(Debug, Default)]
pub(super) struct RowsBuilder {
    rows: Vec<Row>,
    nodes: Vec<i32>,
}

impl RowsBuilder {
    /// Adds a row, whose index is higher than those before. Ids that are negative are left out.
    pub(super) fn push(&mut self, mut row: Row, nodes: Nodes<'_>) {
        row.replicas = self.position();
        self.extend(nodes.replicas);
        row.isr = self.position();
        self.extend(nodes.isr);
        row.offline = self.position();
        self.extend(nodes.offline);
        self.rows.push(row);
    }

    fn extend(&mut self, ids: &[i32]) {
        self.nodes.extend(ids.iter().filter(|&&id| id >= 0));
    }

    fn position(&self) -> u32 {
        // An answer with four billion ids exceeds the decoder's budget.
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// What was pushed, in memory of just that size.
    pub(super) fn take(&mut self) -> Rows {
        let rows = Rows {
            rows: self.rows.as_slice().into(),
            nodes: self.nodes.as_slice().into(),
        };
        self.rows.clear();
        self.nodes.clear();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(indexes: &[i32]) -> Rows {
        let mut builder = RowsBuilder::default();
        for &index in indexes {
            let ids = [index, index + 1, -5];
            let nodes = Nodes {
                replicas: &ids,
                isr: &ids[..1],
                offline: &ids[2..],
            };
            builder.push(Row::new(index), nodes);
        }
        builder.take()
    }

    #[test]
    fn rows_are_found_with_gaps_and_without() {
        for indexes in [&[0, 1, 2, 3][..], &[0, 2, 3, 7], &[5, i32::MAX - 1], &[]] {
            let rows = rows(indexes);
            assert_eq!(rows.len(), indexes.len());
            for (place, &index) in indexes.iter().enumerate() {
                assert_eq!(rows.place(index), Some(place));
                let nodes = rows.nodes(place);
                assert_eq!(nodes.replicas, [index, index + 1]);
                assert_eq!(nodes.isr, [index]);
                assert!(nodes.offline.is_empty());
            }
            for index in [-1, 4, 6, i32::MIN, i32::MAX] {
                assert_eq!(rows.find(index), None);
            }
        }
    }
}
