//! How much of one partition is asked for at once. No I/O.

/// How much of one partition is asked for at once: as many whole batches as go into the limit, by what is known of their size.
///
/// Brokers cut off what they send of a partition at the byte, and send a batch that was cut again with the next answer. Batches of a busy partition are mostly as
/// large as their producer makes them, so that hardly anything needs to be sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Portion {
    /// So much has to be asked for at least, as the next batch is as large.
    needed: u64,
    /// The largest batch so far, or somewhat less if it was long ago.
    largest: usize,
}

impl Portion {
    /// The next batch is as large as this; gives whether less was asked for.
    pub(super) fn needs(&mut self, bytes: u64) -> bool {
        let is_more = bytes > self.needed;
        self.needed = self.needed.max(bytes);
        is_more
    }

    /// What was needed has come.
    pub(super) fn had(&mut self) {
        self.needed = 0;
    }

    /// An answer had batches of which this is the largest.
    pub(super) fn saw(&mut self, largest: usize) {
        // Small ones between them, as a producer sends when it has nothing more, do not make those to come small: and with a limit below its next batch a
        // partition would get nothing, unless it is the first one of an answer.
        self.largest = largest.max(self.largest - self.largest / 256);
    }

    /// How much to ask for, where that is not to be more than `limit` unless a batch needs it.
    pub(super) fn of(self, limit: usize) -> usize {
        // The next ones may be a little larger.
        let each = self.largest + self.largest / 128;
        let whole = match each {
            0 => limit,
            each if each > limit => limit,
            each => limit - limit % each,
        };
        whole.max(usize::try_from(self.needed).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer of a broker has whole, and what it has besides.
    fn cut(limit: usize, batch: usize) -> (usize, usize) {
        let whole = limit / batch * batch;
        (whole, limit - whole)
    }

    #[test]
    fn batches_of_one_size_are_hardly_cut() {
        for batch in [1_000, 16_384, 300_000, 1_000_000, 1 << 20] {
            let mut portion = Portion::default();
            portion.saw(batch);
            for size in [batch - batch / 200, batch, batch + batch / 200] {
                let (whole, lost) = cut(portion.of(1 << 20), size);
                if batch < 1 << 20 {
                    assert!(whole > 0, "{batch} {size}");
                    assert!(lost < whole / 64, "{lost} of {whole} bytes in vain");
                }
            }
            assert!(portion.of(1 << 20) > 1 << 19);
            assert!(portion.of(1 << 20) <= 1 << 20);
        }
    }

    #[test]
    fn what_is_needed_is_asked_for_until_it_has_come() {
        let mut portion = Portion::default();
        assert_eq!(portion.of(1000), 1000);
        assert!(portion.needs(5000));
        assert!(!portion.needs(5000));
        assert_eq!(portion.of(1000), 5000);
        portion.saw(5000);
        portion.had();
        assert_eq!(portion.of(1000), 1000);
    }

    #[test]
    fn a_small_batch_between_large_ones_changes_little_and_many_do() {
        let mut portion = Portion::default();
        portion.saw(1_000_000);
        portion.saw(300);
        portion.saw(1_000_000);
        assert_eq!(portion.of(1 << 20), 1_007_812);
        for _ in 0..4000 {
            portion.saw(300);
        }
        assert!(portion.of(1 << 20) > (1 << 20) - 400);
    }
}
