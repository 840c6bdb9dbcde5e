//! Which batches of an answer belong to transactions that were aborted. No I/O.

use milena_wire::messages::fetch::AbortedTransaction;

/// Which batches of an answer belong to transactions that were aborted, as they are walked in their order.
#[derive(Debug, Default)]
pub(super) struct Aborted {
    /// Those that have yet to begin: first offset and producer, the first of them last.
    coming: Vec<(i64, i64)>,
    /// The producers of those that have begun and not ended.
    open: Vec<i64>,
}

impl Aborted {
    /// Brokers list them in any order.
    pub(super) fn new(list: &[AbortedTransaction]) -> Self {
        let mut coming: Vec<_> = list
            .iter()
            .map(|aborted| (aborted.first_offset, aborted.producer_id))
            .collect();
        coming.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            coming,
            open: Vec::new(),
        }
    }

    /// A batch with records of a producer is reached; gives whether they were aborted.
    pub(super) fn is_aborted(&mut self, producer: i64, last_offset: i64) -> bool {
        self.reach(last_offset);
        self.open.contains(&producer)
    }

    /// The marker is reached that ends the aborted transaction of a producer.
    pub(super) fn end(&mut self, producer: i64, offset: i64) {
        self.reach(offset);
        self.open.retain(|open| *open != producer);
    }

    fn reach(&mut self, offset: i64) {
        while let Some(&(first, producer)) = self.coming.last() {
            if first > offset {
                return;
            }
            self.coming.pop();
            if !self.open.contains(&producer) {
                self.open.push(producer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(aborted: &[(i64, i64)]) -> Aborted {
        let list = aborted.iter().map(|(producer_id, first_offset)| {
            AbortedTransaction::default()
                .with_producer_id(*producer_id)
                .with_first_offset(*first_offset)
        });
        Aborted::new(&list.collect::<Vec<_>>())
    }

    /// Fault 25.
    #[test]
    fn transactions_come_in_any_order_and_end_with_their_markers() {
        let mut aborted = list(&[(7, 30), (5, 0), (7, 10)]);
        assert!(aborted.is_aborted(5, 4));
        assert!(!aborted.is_aborted(7, 9));
        aborted.end(5, 10);
        assert!(!aborted.is_aborted(5, 11));
        assert!(aborted.is_aborted(7, 19));
        aborted.end(7, 20);
        assert!(!aborted.is_aborted(7, 29));
        assert!(aborted.is_aborted(7, 35));
    }

    /// Fault 25: its records are compacted away, and the next transaction of the same producer was committed.
    #[test]
    fn a_transaction_without_records_ends_at_its_marker() {
        let mut aborted = list(&[(7, 10)]);
        aborted.end(7, 12);
        assert!(!aborted.is_aborted(7, 15));
    }

    /// A batch of which the first records are not in the answer may begin before the transaction that the list names.
    #[test]
    fn a_transaction_that_began_within_the_batch_counts() {
        let mut aborted = list(&[(7, 12)]);
        assert!(aborted.is_aborted(7, 14));
    }
}
