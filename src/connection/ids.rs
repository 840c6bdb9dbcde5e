//! Correlation ids.

/// Gives them in order: from 1 up, and from 2^31-1 on to 0.
#[derive(Debug)]
pub(crate) struct CorrelationIds {
    next: i32,
}

impl CorrelationIds {
    pub(crate) fn new() -> Self {
        Self { next: 1 }
    }

    pub(crate) fn next(&mut self) -> i32 {
        let id = self.next;
        // Ids are never negative: a peer that answers with -1 must not be able to hit one.
        self.next = id.checked_add(1).unwrap_or(0);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statement 12.
    #[test]
    fn ids_start_at_1_and_wrap_to_0() {
        let mut ids = CorrelationIds::new();
        assert_eq!((ids.next(), ids.next()), (1, 2));
        ids.next = i32::MAX;
        assert_eq!((ids.next(), ids.next()), (i32::MAX, 0));
    }
}
