//! How many calls are under way, so that closing can wait for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The bit that says that no more calls are taken.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// How many calls are under way.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    count: AtomicUsize,
    over: Notify,
}

/// A call that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a Calls);

impl Calls {
    /// Counts a call; `None` if no more are taken.
    pub(crate) fn begin(&self) -> Option<UnderWay<'_>> {
        let before = self.count.fetch_add(1, Ordering::AcqRel);
        // It counts either way, and is given back by the drop.
        let under_way = UnderWay(self);
        (before & CLOSED == 0).then_some(under_way)
    }

    /// Takes no more calls.
    pub(crate) fn close(&self) {
        self.count.fetch_or(CLOSED, Ordering::AcqRel);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.count.load(Ordering::Acquire) & CLOSED != 0
    }

    /// How many are under way.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire) & !CLOSED
    }

    /// Waits until none is under way.
    pub(crate) async fn done(&self) {
        let mut over = std::pin::pin!(self.over.notified());
        loop {
            over.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            over.as_mut().await;
            over.set(self.over.notified());
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let before = self.0.count.fetch_sub(1, Ordering::AcqRel);
        if before & CLOSED != 0 && before & !CLOSED == 1 {
            self.0.over.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Statement 11.
    #[tokio::test]
    async fn closing_waits_for_the_last_call_and_takes_no_other() {
        let calls = Arc::new(Calls::default());
        let (one, other) = (calls.begin().unwrap(), calls.begin().unwrap());
        calls.close();
        assert!(calls.is_closed() && calls.begin().is_none());
        assert_eq!(calls.count(), 2);
        let waiting = tokio::spawn({
            let calls = Arc::clone(&calls);
            async move { calls.done().await }
        });
        tokio::task::yield_now().await;
        drop(one);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(other);
        waiting.await.unwrap();
    }
}
