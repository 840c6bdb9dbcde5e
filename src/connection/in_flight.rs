//! The requests that wait for their answers, oldest first. No I/O: what comes and goes is told, what to do is returned.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::clock::after;
use super::run::Answer;
use crate::close_reason::CloseReason;

/// How many places the deque keeps when it is empty.
const KEPT: usize = 256;

/// A request that was handed to the socket.
#[derive(Debug)]
struct Entry<T> {
    correlation_id: i32,
    /// How long the connection waits for this request when it is the oldest.
    patience: Duration,
    answer: Answer,
    /// When the connection is given up if this is the oldest request and still unanswered.
    give_up_at: Instant,
    waiter: T,
}

impl<T> Entry<T> {
    /// The broker has only now come to this request, or has just taken some of its bytes.
    fn renew(&mut self, now: Instant) {
        self.give_up_at = self.give_up_at.max(after(now, self.patience));
    }
}

/// The requests in flight. Kafka answers a connection's requests in their order, so only the oldest can be answered next.
#[derive(Debug)]
pub(crate) struct InFlight<T> {
    entries: VecDeque<Entry<T>>,
    /// How many of these, at the back, are being written.
    unwritten: usize,
    /// Requests without an answer, while they are being written.
    writing: Vec<T>,
}

impl<T> InFlight<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            unwritten: 0,
            writing: Vec::new(),
        }
    }

    /// A request that is about to be written.
    pub(crate) fn push(
        &mut self,
        correlation_id: i32,
        answer: Answer,
        now: Instant,
        patience: Duration,
        waiter: T,
    ) {
        if answer == Answer::None {
            return self.writing.push(waiter);
        }
        self.unwritten += 1;
        self.entries.push_back(Entry {
            correlation_id,
            patience,
            answer,
            give_up_at: after(now, patience),
            waiter,
        });
    }

    /// Whether nothing is written or awaited.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.writing.is_empty()
    }

    /// What was being written is: gives the requests that are done with that.
    pub(crate) fn written(&mut self, now: Instant) -> Vec<T> {
        let is_oldest = self.entries.len() <= self.unwritten;
        if let Some(oldest) = self.entries.front_mut().filter(|_| is_oldest) {
            // Writing a large one may have taken its time.
            oldest.renew(now);
        }
        self.unwritten = 0;
        std::mem::take(&mut self.writing)
    }

    /// An answer came: gives the request that it belongs to. The clock of the next one starts, as brokers serve one at a time.
    pub(crate) fn answered(&mut self, correlation_id: i32, now: Instant) -> Result<T, CloseReason> {
        let out_of_sync = |expected| CloseReason::OutOfSync {
            expected,
            received: correlation_id,
        };
        let oldest = self.entries.pop_front().ok_or(out_of_sync(None))?;
        let expected = oldest.correlation_id;
        let matches = match oldest.answer {
            Answer::MatchingOrZero if correlation_id == 0 => {
                tracing::warn!(
                    expected,
                    "an answer with correlation id 0, as old brokers send it"
                );
                true
            }
            _ => expected == correlation_id,
        };
        if !matches {
            // It fails with the others when the connection closes.
            self.entries.push_front(oldest);
            return Err(out_of_sync(Some(expected)));
        }
        // It may be answered before all of it is written.
        self.unwritten = self.unwritten.min(self.entries.len());
        if self.entries.is_empty() && self.entries.capacity() > KEPT {
            self.entries.shrink_to(KEPT);
        }
        if let Some(front) = self.entries.front_mut() {
            front.renew(now);
        }
        Ok(oldest.waiter)
    }

    /// When the connection is to be given up, as it looks now: its oldest request is written, and unanswered.
    pub(crate) fn give_up_at(&self) -> Option<Instant> {
        let oldest = self.entries.front()?;
        (self.entries.len() > self.unwritten).then_some(oldest.give_up_at)
    }

    /// Those who wait for an answer, or for their request to be written.
    pub(crate) fn waiters(&self) -> impl Iterator<Item = &T> {
        let entries = self.entries.iter().map(|entry| &entry.waiter);
        entries.chain(&self.writing)
    }

    /// Every request, oldest first; none is left.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        let entries = std::mem::take(&mut self.entries).into_iter();
        let entries = entries.map(|entry| entry.waiter);
        entries.chain(std::mem::take(&mut self.writing)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn with(ids: &[i32]) -> InFlight<i32> {
        let mut in_flight = InFlight::new();
        for &id in ids {
            in_flight.push(id, Answer::Matching, Instant::now(), SECOND, id);
        }
        in_flight
    }

    #[test]
    fn only_the_front_is_answered() {
        let mut in_flight = with(&[1, 2, 3]);
        assert_eq!(in_flight.answered(1, Instant::now()).unwrap(), 1);
        let Err(CloseReason::OutOfSync { expected, received }) =
            in_flight.answered(3, Instant::now())
        else {
            panic!("the answer to the second request is due");
        };
        assert_eq!((expected, received), (Some(2), 3));
        assert_eq!(in_flight.drain(), [2, 3]);
    }

    #[test]
    fn an_unsolicited_answer_is_out_of_sync() {
        let error = with(&[]).answered(7, Instant::now()).unwrap_err();
        assert!(matches!(
            error,
            CloseReason::OutOfSync {
                expected: None,
                received: 7
            }
        ));
    }

    /// Statement 13: FindCoordinator v0 may answer id 0.
    #[test]
    fn an_old_quirk_is_tolerated_where_it_belongs() {
        let mut in_flight = InFlight::new();
        in_flight.push(5, Answer::MatchingOrZero, Instant::now(), SECOND, 5);
        in_flight.push(6, Answer::MatchingOrZero, Instant::now(), SECOND, 6);
        in_flight.push(7, Answer::Matching, Instant::now(), SECOND, 7);
        assert_eq!(in_flight.answered(0, Instant::now()).unwrap(), 5);
        assert_eq!(in_flight.answered(6, Instant::now()).unwrap(), 6);
        assert!(in_flight.answered(0, Instant::now()).is_err());
    }

    #[test]
    fn the_oldest_request_says_when_to_give_up() {
        let now = Instant::now();
        let mut in_flight = InFlight::new();
        assert_eq!(in_flight.give_up_at(), None);
        in_flight.push(1, Answer::Matching, now, 40 * SECOND, ());
        in_flight.push(2, Answer::Matching, now, SECOND, ());
        in_flight.push(3, Answer::None, now, SECOND, ());
        assert_eq!(in_flight.give_up_at(), None, "it is being written");
        assert_eq!(in_flight.written(now + 5 * SECOND).len(), 1);
        assert_eq!(in_flight.give_up_at(), Some(now + 45 * SECOND));
    }

    /// Statements 6 and 17: who is asked again and again, and never answers, is given up.
    #[test]
    fn what_is_written_later_does_not_put_it_off() {
        let now = Instant::now();
        let mut in_flight = InFlight::new();
        in_flight.push(1, Answer::Matching, now, 40 * SECOND, ());
        in_flight.written(now);
        for second in 1..30 {
            let now = now + second * SECOND;
            in_flight.push(2, Answer::Matching, now, 40 * SECOND, ());
            assert_eq!(
                in_flight.give_up_at(),
                Some(now - second * SECOND + 40 * SECOND)
            );
            in_flight.written(now);
        }
        assert_eq!(in_flight.give_up_at(), Some(now + 40 * SECOND));
    }

    #[test]
    fn the_clock_of_a_request_starts_when_it_is_the_oldest() {
        let now = Instant::now();
        let mut in_flight = InFlight::new();
        in_flight.push(1, Answer::Matching, now, 60 * SECOND, ());
        in_flight.push(2, Answer::Matching, now, 40 * SECOND, ());
        in_flight.written(now);
        in_flight.answered(1, now + 50 * SECOND).unwrap();
        assert_eq!(in_flight.give_up_at(), Some(now + 90 * SECOND));
    }

    #[test]
    fn requests_without_an_answer_are_never_matched_to_one() {
        let mut in_flight = InFlight::new();
        in_flight.push(1, Answer::None, Instant::now(), SECOND, 1);
        assert!(in_flight.answered(1, Instant::now()).is_err());
        assert_eq!(in_flight.drain(), [1]);
    }
}
