//! The requests that wait for their answers, oldest first. No I/O: what comes and goes is told, what to do is returned.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

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
    next_id: i32,
}

impl<T> InFlight<T> {
    /// `next_id` is the first correlation id to be given.
    pub(crate) fn new(next_id: i32) -> Self {
        Self {
            entries: VecDeque::new(),
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
    pub(crate) fn push(
        &mut self,
        correlation_id: i32,
        now: Instant,
        patience: Duration,
        waiter: T,
    ) {
        self.entries.push_back(Entry {
            correlation_id,
            give_up_at: now + patience,
            waiter,
        });
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

    /// When the connection is to be given up, as it looks now.
    pub(crate) fn give_up_at(&self) -> Option<Instant> {
        self.entries.front().map(|front| front.give_up_at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.entries.iter()
    }

    /// Every request, oldest first; none is left.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> {
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(|entry| entry.waiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(ids: &[i32]) -> InFlight<i32> {
        let mut in_flight = InFlight::new(1);
        for &id in ids {
            in_flight.push(id, Instant::now(), Duration::from_secs(1), id);
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
        assert_eq!(in_flight.drain().collect::<Vec<_>>(), [2, 3]);
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
        let mut in_flight = InFlight::new(1);
        assert_eq!(in_flight.give_up_at(), None);
        in_flight.push(1, now, Duration::from_secs(40), ());
        in_flight.push(2, now, Duration::from_secs(1), ());
        assert_eq!(in_flight.give_up_at(), Some(now + Duration::from_secs(40)));
    }
}
