//! The requests that wait to be written, in the order in which they joined. No I/O.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena_wire::codec::Frame;

use super::waiter::Waiter;
use crate::close_reason::CloseReason;

/// Where the correlation id stands in a request frame.
const CORRELATION_ID: std::ops::Range<usize> = 8..12;

/// One request in a [`Run`].
#[derive(Debug)]
pub(crate) struct Row {
    /// Where its frame begins in the buffer of its run.
    start: usize,
    /// Where it ends there; payloads lie beside.
    end: usize,
    pub(crate) request: Queued,
}

/// What the connection must know of a request.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) waiter: Arc<Waiter>,
    /// How long the connection waits for the answer, or for the write if there is none, before it is given up.
    pub(crate) patience: Duration,
    /// Whether no answer will come.
    pub(crate) oneway: bool,
}

/// Requests that leave together.
#[derive(Debug, Default)]
pub(crate) struct Run {
    buffer: Vec<u8>,
    /// Bytes that belong into the buffer before a position, and were not copied there.
    payloads: Vec<(usize, Bytes)>,
    rows: Vec<Row>,
    /// Bytes of both.
    length: usize,
    /// When the first of its requests must be looked at.
    earliest: Option<Instant>,
}

impl Run {
    fn push(&mut self, frame: Frame, request: Queued, timer: Instant) -> Vec<u8> {
        self.earliest = Some(self.earliest.map_or(timer, |earliest| earliest.min(timer)));
        self.length += frame.len();
        let start = self.buffer.len();
        let (bytes, payloads) = frame.into_parts();
        self.buffer.extend_from_slice(&bytes);
        let payloads = payloads.into_iter();
        self.payloads
            .extend(payloads.map(|(position, payload)| (start + position, payload)));
        self.rows.push(Row {
            start,
            end: self.buffer.len(),
            request,
        });
        bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The requests in it.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes out the requests for which `keep` gives no correlation id, and stamps the others.
    pub(crate) fn stamp(&mut self, mut keep: impl FnMut(&Row) -> Option<i32>) {
        let Self {
            buffer,
            payloads,
            rows,
            ..
        } = self;
        let mut removed = Vec::new();
        rows.retain(|row| match keep(row) {
            Some(id) => {
                let place = row.start + CORRELATION_ID.start..row.start + CORRELATION_ID.end;
                if let Some(place) = buffer.get_mut(place) {
                    place.copy_from_slice(&id.to_be_bytes());
                }
                true
            }
            None => {
                removed.push((row.start, row.end));
                false
            }
        });
        // Withdrawn requests are rare: cutting their bytes out one by one keeps the usual way without a look at each row.
        for (start, end) in removed.into_iter().rev() {
            let length = end - start;
            buffer.drain(start..end);
            payloads.retain(|(position, _)| *position <= start || *position > end);
            for (position, _) in payloads.iter_mut().filter(|(position, _)| *position > end) {
                *position -= length;
            }
            for row in rows.iter_mut().filter(|row| row.start >= end) {
                row.start -= length;
                row.end -= length;
            }
        }
    }

    /// The pieces in the order of the wire.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.payloads.iter().map(|(position, _)| *position);
        let ends = ends.chain([self.buffer.len()]);
        let payloads = self.payloads.iter().map(|(_, payload)| &payload[..]);
        let mut start = 0;
        ends.zip(payloads.chain([&[][..]]))
            .flat_map(move |(end, payload)| {
                let piece = self.buffer.get(start..end).unwrap_or_default();
                start = end;
                [piece, payload]
            })
            .filter(|piece| !piece.is_empty())
    }

    /// Empties it; the buffers stay for the next run unless they have grown large.
    pub(crate) fn clear(&mut self) {
        const KEPT: usize = 1 << 20;
        self.buffer.clear();
        self.buffer.shrink_to(KEPT);
        self.payloads.clear();
        self.rows.clear();
        self.length = 0;
        self.earliest = None;
    }
}

/// What became of a request that wanted to join.
#[derive(Debug)]
pub(crate) enum Join {
    /// It joined. Gives back the buffer of its frame, and who must be told.
    Joined {
        buffer: Vec<u8>,
        wake_writer: bool,
        rearm: bool,
    },
    /// No room: the waker is called when there is some.
    Full(Frame),
    Closed(CloseReason),
}

/// One who waits for room.
#[derive(Debug)]
struct Blocked {
    /// By which it can leave.
    number: u64,
    deadline: Instant,
    waker: Waker,
}

/// The requests that wait to be written, and the bounds of what a connection holds at once.
#[derive(Debug)]
pub(crate) struct Outbox {
    run: Run,
    closed: Option<CloseReason>,
    writer_asleep: bool,
    /// Requests that joined and are not settled: queued or in flight.
    outstanding: usize,
    max_outstanding: usize,
    max_bytes: usize,
    /// Who waits for room, oldest first.
    blocked: VecDeque<Blocked>,
    next_blocked: u64,
    /// When the timer goes off next.
    armed: Option<Instant>,
    /// When the first request of the run that was taken last must be looked at: until the writer has handed it on, the run is
    /// neither here nor in flight, and the timer must not forget it.
    taken: Option<Instant>,
}

impl Outbox {
    pub(crate) fn new(max_outstanding: usize, max_bytes: usize) -> Self {
        Self {
            run: Run::default(),
            closed: None,
            writer_asleep: false,
            outstanding: 0,
            max_outstanding,
            max_bytes,
            blocked: VecDeque::new(),
            next_blocked: 0,
            armed: None,
            taken: None,
        }
    }

    /// Adds a request, which has waited for room under `number` if it did. `timer` is when the connection must look at it at the latest.
    pub(crate) fn join(
        &mut self,
        frame: Frame,
        request: &Queued,
        number: Option<u64>,
        timer: Instant,
    ) -> Join {
        if let Some(reason) = &self.closed {
            return Join::Closed(reason.clone());
        }
        // A frame larger than the bound goes alone, or it never would.
        let fits = self.run.length == 0 || self.run.length + frame.len() <= self.max_bytes;
        if self.outstanding >= self.max_outstanding || !fits {
            return Join::Full(frame);
        }
        if number.is_some() {
            self.blocked.retain(|b| Some(b.number) != number);
        }
        self.outstanding += 1;
        let buffer = self.run.push(frame, request.clone(), timer);
        let rearm = self.arm_by(timer);
        Join::Joined {
            buffer,
            wake_writer: std::mem::take(&mut self.writer_asleep),
            rearm,
        }
    }

    /// Whether the timer must be set earlier, which it then is.
    fn arm_by(&mut self, timer: Instant) -> bool {
        let rearm = self.armed.is_none_or(|armed| timer < armed);
        if rearm {
            self.armed = Some(timer);
        }
        rearm
    }

    /// Waits for room, under `number` if it waited before. Gives the number, and whether the timer must be set anew.
    pub(crate) fn block(
        &mut self,
        number: Option<u64>,
        deadline: Instant,
        waker: &Waker,
    ) -> (u64, bool) {
        let before = self.blocked.iter_mut().find(|b| Some(b.number) == number);
        if let Some(before) = before {
            before.waker.clone_from(waker);
            return (before.number, false);
        }
        self.next_blocked += 1;
        self.blocked.push_back(Blocked {
            number: self.next_blocked,
            deadline,
            waker: waker.clone(),
        });
        (self.next_blocked, self.arm_by(deadline))
    }

    /// One who waited for room goes away; if he was woken already, the room is another's.
    pub(crate) fn unblock(&mut self, number: u64) -> Option<Waker> {
        match self.blocked.iter().position(|b| b.number == number) {
            Some(index) => {
                self.blocked.remove(index);
                None
            }
            None => self.blocked.pop_front().map(|b| b.waker),
        }
    }

    /// Takes what is queued, leaving `empty` in its place; gives false, and the writer sleeps, if there is nothing.
    pub(crate) fn take(&mut self, empty: &mut Run) -> bool {
        if self.run.is_empty() {
            self.writer_asleep = true;
            return false;
        }
        self.taken = self.run.earliest;
        std::mem::swap(&mut self.run, empty);
        true
    }

    /// Requests were settled: gives those who may try again.
    pub(crate) fn settled(&mut self, count: usize) -> Vec<Waker> {
        self.outstanding = self.outstanding.saturating_sub(count);
        self.admit()
    }

    /// Those for whom there is room now.
    pub(crate) fn admit(&mut self) -> Vec<Waker> {
        let room = self.max_outstanding.saturating_sub(self.outstanding);
        let count = room.min(self.blocked.len());
        self.blocked.drain(..count).map(|b| b.waker).collect()
    }

    /// Refuses every request from now on: gives what was queued and who waited for room; `None` if it is closed already.
    pub(crate) fn close(&mut self, reason: CloseReason) -> Option<(Run, Vec<Waker>)> {
        if self.closed.is_some() {
            return None;
        }
        self.closed = Some(reason);
        let wakers = self.blocked.drain(..).map(|b| b.waker).collect();
        Some((std::mem::take(&mut self.run), wakers))
    }

    /// Why requests are refused, if they are.
    pub(crate) fn closed(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// When the timer goes off next.
    pub(crate) fn armed(&self) -> Option<Instant> {
        self.armed
    }

    /// Sets the timer. `in_flight` is the next time that the requests in flight need it. Gives those whose time is up: the waiters of
    /// requests, and those who waited for room.
    pub(crate) fn expire(
        &mut self,
        now: Instant,
        in_flight: Option<Instant>,
    ) -> (Vec<Arc<Waiter>>, Vec<Waker>) {
        const HANDING_OVER: Duration = Duration::from_millis(10);
        let (mut late, mut next) = (Vec::new(), in_flight);
        let mut earliest = |at: Instant| next = Some(next.map_or(at, |next| next.min(at)));
        for row in self.run.rows() {
            let waiter = &row.request.waiter;
            if waiter.deadline() <= now {
                late.push(Arc::clone(waiter));
            } else {
                earliest(waiter.deadline());
            }
        }
        let mut woken = Vec::new();
        self.blocked.retain(|b| {
            let is_late = b.deadline <= now;
            if is_late {
                woken.push(b.waker.clone());
            } else {
                earliest(b.deadline);
            }
            !is_late
        });
        if let Some(at) = self.taken.take() {
            earliest(at.max(now + HANDING_OVER));
        }
        self.armed = next;
        (late, woken)
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::encode_request;
    use milena_wire::messages::metadata::MetadataRequest;

    use super::*;

    fn frame(topic_bytes: usize) -> Frame {
        let mut request = MetadataRequest::default();
        let name = "t".repeat(topic_bytes);
        request.topics = Some(vec![
            milena_wire::messages::metadata::MetadataRequestTopic::default().with_name(name),
        ]);
        encode_request(Vec::new(), &request, 1, 0, None).unwrap()
    }

    fn queued(deadline: Instant) -> Queued {
        Queued {
            waiter: Waiter::new(deadline),
            patience: Duration::from_secs(40),
            oneway: false,
        }
    }

    fn outbox() -> (Outbox, Queued, Instant) {
        let now = Instant::now();
        (Outbox::new(3, 1 << 20), queued(now), now)
    }

    fn joined(outbox: &mut Outbox, waiter: &Queued, size: usize, now: Instant) -> bool {
        matches!(
            outbox.join(frame(size), waiter, None, now),
            Join::Joined { .. }
        )
    }

    fn bytes(run: &Run) -> Vec<u8> {
        run.segments().flatten().copied().collect()
    }

    #[test]
    fn withdrawn_requests_leave_no_bytes_behind() {
        let (mut outbox, waiter, now) = outbox();
        for size in [1, 2, 3] {
            assert!(joined(&mut outbox, &waiter, size, now));
        }
        let mut run = Run::default();
        assert!(outbox.take(&mut run));
        let mut row = 0;
        run.stamp(|_| {
            row += 1;
            (row != 2).then_some(100 + row)
        });
        let (mut first, mut third) = (frame(1), frame(3));
        first.set_correlation_id(101);
        third.set_correlation_id(103);
        let expected = [first.into_bytes(), third.into_bytes()].concat();
        assert_eq!(bytes(&run), expected);
    }

    #[test]
    fn the_writer_is_woken_once() {
        let (mut outbox, waiter, now) = outbox();
        assert!(!outbox.take(&mut Run::default()));
        let wakes = |join| {
            matches!(
                join,
                Join::Joined {
                    wake_writer: true,
                    ..
                }
            )
        };
        assert!(wakes(outbox.join(frame(1), &waiter, None, now)));
        assert!(!wakes(outbox.join(frame(1), &waiter, None, now)));
    }

    #[test]
    fn what_is_outstanding_is_bounded_and_room_is_handed_on() {
        let (mut outbox, waiter, now) = outbox();
        for _ in 0..3 {
            assert!(joined(&mut outbox, &waiter, 1, now));
        }
        assert!(!joined(&mut outbox, &waiter, 1, now));
        let (first, _) = outbox.block(None, now, Waker::noop());
        let (second, _) = outbox.block(None, now, Waker::noop());
        let (again, rearm) = outbox.block(Some(first), now, Waker::noop());
        assert_eq!((again, rearm), (first, false));
        assert_eq!(outbox.settled(1).len(), 1, "one place, one is woken");
        assert!(
            outbox.unblock(first).is_some(),
            "the woken one leaves, so the next is woken"
        );
        assert!(outbox.unblock(second).is_none());
        assert!(joined(&mut outbox, &waiter, 1, now));
    }

    #[test]
    fn queued_bytes_are_bounded_but_one_frame_always_goes() {
        let now = Instant::now();
        let waiter = queued(now);
        let mut outbox = Outbox::new(100, 64);
        assert!(joined(&mut outbox, &waiter, 1000, now));
        assert!(!joined(&mut outbox, &waiter, 1, now));
        assert!(outbox.take(&mut Run::default()));
        assert!(joined(&mut outbox, &waiter, 1, now));
    }

    #[test]
    fn the_timer_is_set_for_what_is_due_first_and_ends_what_is_late() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let (late, due) = (queued(now), queued(now + 2 * second));
        let mut outbox = Outbox::new(2, 1 << 20);
        for waiter in [&due, &late] {
            let join = outbox.join(frame(1), waiter, None, waiter.waiter.deadline());
            assert!(matches!(join, Join::Joined { rearm: true, .. }));
        }
        outbox.block(None, now + second, Waker::noop());
        assert_eq!(outbox.armed(), Some(now));
        let (expired, woken) = outbox.expire(now, Some(now + 3 * second));
        assert!(expired.len() == 1 && Arc::ptr_eq(&expired[0], &late.waiter));
        assert!(woken.is_empty());
        assert_eq!(outbox.armed(), Some(now + second));
        assert_eq!(outbox.expire(now + second, None).1.len(), 1);
        assert_eq!(outbox.armed(), Some(now + 2 * second));
        assert!(outbox.take(&mut Run::default()));
        outbox.expire(now + second, None);
        let soon = now + second + Duration::from_millis(10);
        assert_eq!(
            outbox.armed(),
            Some(soon),
            "the run on its way is not forgotten"
        );
    }

    #[test]
    fn closing_refuses_and_gives_back_what_was_queued() {
        let (mut outbox, waiter, now) = outbox();
        assert!(joined(&mut outbox, &waiter, 1, now));
        let (run, _) = outbox.close(CloseReason::Shutdown).unwrap();
        assert_eq!(run.len(), 1);
        assert!(outbox.close(CloseReason::ConnectionTimeout).is_none());
        let join = outbox.join(frame(1), &waiter, None, now);
        assert!(matches!(join, Join::Closed(CloseReason::Shutdown)));
    }
}
