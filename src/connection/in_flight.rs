//! The requests that wait for their answers, oldest first. No I/O: what comes and goes is told, what to do is returned.

use std::collections::VecDeque;
use std::time::Instant;

use crate::close_reason::CloseReason;

/// A request that was handed to the socket.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) correlation_id: i32,
    /// When the connection is given up if this is the oldest request and still unanswered.
    pub(crate) give_up_at: Instant,
    pub(crate) waiter: T,
}

/// The requests in flight. Kafka answers a connection's requests in their order, so only the oldest can be answered next.
#[derive(Debug)]
pub(crate) struct InFlight<T> {
    entries: VecDeque<Entry<T>>,
    /// Requests without an answer, while they are being written.
    writing: Vec<Entry<T>>,
    next_id: i32,
}

impl<T> InFlight<T> {
    /// `next_id` is the first correlation id to be given.
    pub(crate) fn new(next_id: i32) -> Self {
        Self {
            entries: VecDeque::new(),
            writing: Vec::new(),
            next_id,
        }
    }

    /// The id for a request that is about to be written.
    pub(crate) fn next_id(&mut self) -> i32 {
        let id = self.next_id;
        // Ids are never negative: a peer that answers with -1 must not be able to hit one.
        self.next_id = id.checked_add(1).unwrap_or(0);
        id
    }

    /// A request that is about to be written and will be answered.
    pub(crate) fn push(&mut self, correlation_id: i32, give_up_at: Instant, waiter: T) {
        self.entries.push_back(Entry {
            correlation_id,
            give_up_at,
            waiter,
        });
    }

    /// A request that is about to be written and will not be answered.
    pub(crate) fn push_oneway(&mut self, correlation_id: i32, give_up_at: Instant, waiter: T) {
        self.writing.push(Entry {
            correlation_id,
            give_up_at,
            waiter,
        });
    }

    /// What was about to be written is: gives the requests that are done with that.
    pub(crate) fn written(&mut self) -> Vec<Entry<T>> {
        std::mem::take(&mut self.writing)
    }

    /// An answer came: gives the request that it belongs to.
    pub(crate) fn answered(&mut self, correlation_id: i32) -> Result<T, CloseReason> {
        match self.entries.front() {
            Some(front) if front.correlation_id == correlation_id => {}
            front => {
                return Err(CloseReason::OutOfSync {
                    expected: front.map(|front| front.correlation_id),
                    received: correlation_id,
                });
            }
        }
        self.entries
            .pop_front()
            .map(|entry| entry.waiter)
            .ok_or(CloseReason::OutOfSync {
                expected: None,
                received: correlation_id,
            })
    }

    /// When the connection is to be given up, as it looks now: its oldest request unanswered, or stuck in the socket.
    pub(crate) fn give_up_at(&self) -> Option<Instant> {
        let oldest = self.entries.front().into_iter().chain(self.writing.first());
        oldest.map(|entry| entry.give_up_at).min()
    }

    /// Those who wait for an answer, or for their request to be written.
    pub(crate) fn waiters(&self) -> impl Iterator<Item = &T> {
        let entries = self.entries.iter().chain(&self.writing);
        entries.map(|entry| &entry.waiter)
    }

    /// Every request, oldest first; none is left.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        let entries = std::mem::take(&mut self.entries).into_iter();
        let entries = entries.chain(std::mem::take(&mut self.writing));
        entries.map(|entry| entry.waiter).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn with(ids: &[i32]) -> InFlight<i32> {
        let mut in_flight = InFlight::new(1);
        for &id in ids {
            in_flight.push(id, Instant::now(), id);
        }
        in_flight
    }

    #[test]
    fn ids_start_where_told_and_wrap_to_zero() {
        let mut in_flight = InFlight::<()>::new(1);
        assert_eq!((in_flight.next_id(), in_flight.next_id()), (1, 2));
        let mut in_flight = InFlight::<()>::new(i32::MAX);
        assert_eq!((in_flight.next_id(), in_flight.next_id()), (i32::MAX, 0));
    }

    #[test]
    fn only_the_front_is_answered() {
        let mut in_flight = with(&[1, 2, 3]);
        assert_eq!(in_flight.answered(1).unwrap(), 1);
        let Err(CloseReason::OutOfSync { expected, received }) = in_flight.answered(3) else {
            panic!("the answer to the second request is due");
        };
        assert_eq!((expected, received), (Some(2), 3));
        assert_eq!(in_flight.drain(), [2, 3]);
    }

    #[test]
    fn an_unsolicited_answer_is_out_of_sync() {
        let error = with(&[]).answered(7).unwrap_err();
        assert!(matches!(
            error,
            CloseReason::OutOfSync {
                expected: None,
                received: 7
            }
        ));
    }

    #[test]
    fn the_oldest_request_says_when_to_give_up() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let mut in_flight = InFlight::new(1);
        assert_eq!(in_flight.give_up_at(), None);
        in_flight.push(1, after(40), ());
        in_flight.push(2, after(1), ());
        assert_eq!(in_flight.give_up_at(), Some(after(40)));
        in_flight.push_oneway(3, after(10), ());
        assert_eq!(in_flight.give_up_at(), Some(after(10)));
        assert_eq!(in_flight.written().len(), 1);
        assert_eq!(in_flight.give_up_at(), Some(after(40)));
    }

    #[test]
    fn requests_without_an_answer_are_never_matched_to_one() {
        let mut in_flight = InFlight::new(1);
        in_flight.push_oneway(1, Instant::now(), 1);
        assert!(in_flight.answered(1).is_err());
        assert_eq!(in_flight.drain(), [1]);
    }
}
