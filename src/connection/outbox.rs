//! The requests that wait to be written, in the order in which they joined. No I/O.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena_wire::codec::{Frame, REQUEST_CORRELATION_ID, segments};

use super::waiter::Waiter;
use super::waiting_room::WaitingRoom;
use crate::close_reason::CloseReason;

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
    /// The first deadline of its requests.
    earliest: Option<Instant>,
}

impl Run {
    fn push(&mut self, frame: Frame, request: Queued) -> Vec<u8> {
        let deadline = request.waiter.deadline();
        self.earliest = Some(
            self.earliest
                .map_or(deadline, |earliest| earliest.min(deadline)),
        );
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

    /// Takes out the requests for which `keep` gives no correlation id, and stamps the others.
    pub(crate) fn stamp(&mut self, mut keep: impl FnMut(&Row) -> Option<i32>) {
        let Self { buffer, rows, .. } = self;
        let mut removed = Vec::new();
        rows.retain(|row| match keep(row) {
            Some(id) => {
                let frame = buffer.get_mut(row.start..row.end);
                if let Some(place) = frame.and_then(|frame| frame.get_mut(REQUEST_CORRELATION_ID)) {
                    place.copy_from_slice(&id.to_be_bytes());
                }
                true
            }
            None => {
                removed.push((row.start, row.end));
                false
            }
        });
        if !removed.is_empty() {
            self.cut(&removed);
        }
    }

    /// Takes the bytes between these positions out, in one pass: `cuts` ascend.
    fn cut(&mut self, cuts: &[(usize, usize)]) {
        let mut kept = Vec::with_capacity(self.buffer.len());
        let mut end_of_last = 0;
        for &(start, end) in cuts {
            kept.extend_from_slice(self.buffer.get(end_of_last..start).unwrap_or_default());
            end_of_last = end;
        }
        kept.extend_from_slice(self.buffer.get(end_of_last..).unwrap_or_default());
        self.buffer = kept;
        let (mut done, mut shift) = (0, 0);
        // A payload lies behind at least one byte of its frame, and may lie at its end.
        self.payloads.retain_mut(|(position, _)| {
            while let Some((start, end)) = cuts.get(done).filter(|(_, end)| end < position) {
                shift += end - start;
                done += 1;
            }
            let is_cut = cuts.get(done).is_some_and(|(start, _)| start < position);
            *position -= shift;
            !is_cut
        });
    }

    /// The pieces in the order of the wire.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &[u8]> {
        segments(&self.buffer, 0, &self.payloads)
    }

    /// The connection ended: everybody in it is told.
    pub(crate) fn close(&self, reason: &CloseReason) {
        for row in &self.rows {
            row.request.waiter.close(reason);
        }
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
        /// Who was next in the line for room, if there is some left.
        next: Option<Waker>,
    },
    /// No room, or others are before: the waker is called when there is some.
    Full(Frame),
    Closed(CloseReason),
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
    waiting: WaitingRoom,
    /// When the timer goes off next.
    armed: Option<Instant>,
    /// The first deadline of the run that was taken last: until the writer has handed it on, the run is
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
            waiting: WaitingRoom::default(),
            armed: None,
            taken: None,
        }
    }

    /// Adds a request, which has waited for room under `number` if it did.
    pub(crate) fn join(&mut self, frame: Frame, request: &Queued, number: Option<u64>) -> Join {
        if let Some(reason) = &self.closed {
            return Join::Closed(reason.clone());
        }
        // A frame larger than the bound goes alone, or it never would.
        let fits = self.run.length == 0 || self.run.length + frame.len() <= self.max_bytes;
        if !fits || !self.has_room() || !self.waiting.may_pass(number) {
            return Join::Full(frame);
        }
        if let Some(number) = number {
            self.waiting.leave(number);
        }
        self.outstanding += 1;
        let deadline = request.waiter.deadline();
        let buffer = self.run.push(frame, request.clone());
        Join::Joined {
            buffer,
            wake_writer: std::mem::take(&mut self.writer_asleep),
            rearm: self.arm_by(deadline),
            next: self.next_in_line(),
        }
    }

    fn has_room(&self) -> bool {
        self.outstanding < self.max_outstanding
    }

    /// Who may try now to join.
    fn next_in_line(&self) -> Option<Waker> {
        self.has_room().then(|| self.waiting.first())?
    }

    /// Whether the timer must be set earlier, which it then is.
    pub(crate) fn arm_by(&mut self, timer: Instant) -> bool {
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
        let number = self.waiting.wait(number, deadline, waker);
        (number, self.arm_by(deadline))
    }

    /// One who waited for room goes away: gives who may try in his place.
    pub(crate) fn unblock(&mut self, number: u64) -> Option<Waker> {
        self.waiting.leave(number);
        self.next_in_line()
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

    /// Requests were settled: gives who may try now to join.
    pub(crate) fn settled(&mut self, count: usize) -> Option<Waker> {
        self.outstanding = self.outstanding.saturating_sub(count);
        self.next_in_line()
    }

    /// Refuses every request from now on: gives what was queued and who waited for room; `None` if it is closed already.
    pub(crate) fn close(&mut self, reason: CloseReason) -> Option<(Run, Vec<Waker>)> {
        if self.closed.is_some() {
            return None;
        }
        self.closed = Some(reason);
        let wakers = self.waiting.clear();
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
        for row in &self.run.rows {
            let waiter = &row.request.waiter;
            if waiter.deadline() <= now {
                late.push(Arc::clone(waiter));
            } else {
                earliest(waiter.deadline());
            }
        }
        let mut woken = self.waiting.late(now);
        if let Some(at) = self.waiting.next_deadline() {
            earliest(at);
        }
        if let Some(at) = self.taken.take() {
            earliest(at.max(now + HANDING_OVER));
        }
        woken.extend(self.next_in_line());
        self.armed = next;
        (late, woken)
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::encode_request;
    use milena_wire::messages::ProduceRequest;
    use milena_wire::messages::metadata::MetadataRequest;
    use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};

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

    fn joined(outbox: &mut Outbox, request: &Queued, size: usize) -> bool {
        matches!(outbox.join(frame(size), request, None), Join::Joined { .. })
    }

    fn bytes(run: &Run) -> Vec<u8> {
        run.segments().flatten().copied().collect()
    }

    #[test]
    fn withdrawn_requests_leave_no_bytes_behind() {
        let (mut outbox, waiter, _) = outbox();
        for size in [1, 2, 3] {
            assert!(joined(&mut outbox, &waiter, size));
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
    fn withdrawn_payloads_go_and_the_others_stay_in_their_places() {
        let produce = |fill: u8| {
            let data = PartitionProduceData::default().with_records(vec![fill; 5000]);
            let topic = TopicProduceData::default()
                .with_name("t")
                .with_partition_data(vec![data]);
            let request = ProduceRequest::default().with_topic_data(vec![topic]);
            // Version 3 ends with the payload, version 9 has tags behind it.
            [3, 9].map(|version| encode_request(Vec::new(), &request, version, 0, None).unwrap())
        };
        for withdrawn in 0..8 {
            let (_, request, _) = outbox();
            let mut outbox = Outbox::new(100, 1 << 20);
            let mut expected = Vec::new();
            for (row, mut frame) in (0..4).flat_map(produce).enumerate() {
                let join = outbox.join(frame.clone(), &request, None);
                assert!(matches!(join, Join::Joined { .. }));
                if row != withdrawn && row != 5 {
                    frame.set_correlation_id(7);
                    expected.extend_from_slice(&frame.into_bytes());
                }
            }
            let mut run = Run::default();
            assert!(outbox.take(&mut run));
            let mut row = 0;
            run.stamp(|_| {
                row += 1;
                (row - 1 != withdrawn && row - 1 != 5).then_some(7)
            });
            assert_eq!(bytes(&run), expected, "{withdrawn} and 5 withdrawn");
        }
    }

    #[test]
    fn the_writer_is_woken_once() {
        let (mut outbox, waiter, _) = outbox();
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
        assert!(wakes(outbox.join(frame(1), &waiter, None)));
        assert!(!wakes(outbox.join(frame(1), &waiter, None)));
    }

    #[test]
    fn what_is_outstanding_is_bounded_and_room_is_handed_on() {
        let (mut outbox, waiter, now) = outbox();
        for _ in 0..3 {
            assert!(joined(&mut outbox, &waiter, 1));
        }
        assert!(!joined(&mut outbox, &waiter, 1));
        let (first, _) = outbox.block(None, now, Waker::noop());
        let (second, _) = outbox.block(None, now, Waker::noop());
        let (again, rearm) = outbox.block(Some(first), now, Waker::noop());
        assert_eq!((again, rearm), (first, false));
        assert!(outbox.settled(0).is_none(), "there is no room yet");
        assert!(
            outbox.settled(1).is_some(),
            "one place, so the first may try"
        );
        assert!(
            !joined(&mut outbox, &waiter, 1),
            "a newcomer may not overtake him"
        );
        assert!(
            outbox.unblock(first).is_some(),
            "he leaves, so the second may try"
        );
        let join = outbox.join(frame(1), &waiter, Some(second));
        assert!(matches!(join, Join::Joined { next: None, .. }));
    }

    #[test]
    fn queued_bytes_are_bounded_but_one_frame_always_goes() {
        let now = Instant::now();
        let waiter = queued(now);
        let mut outbox = Outbox::new(100, 64);
        assert!(joined(&mut outbox, &waiter, 1000));
        assert!(!joined(&mut outbox, &waiter, 1));
        assert!(outbox.take(&mut Run::default()));
        assert!(joined(&mut outbox, &waiter, 1));
    }

    #[test]
    fn the_timer_is_set_for_what_is_due_first_and_ends_what_is_late() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let (late, due) = (queued(now), queued(now + 2 * second));
        let mut outbox = Outbox::new(2, 1 << 20);
        for waiter in [&due, &late] {
            let join = outbox.join(frame(1), waiter, None);
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
        let (mut outbox, waiter, _) = outbox();
        assert!(joined(&mut outbox, &waiter, 1));
        let (run, _) = outbox.close(CloseReason::Shutdown).unwrap();
        assert_eq!(run.len(), 1);
        assert!(outbox.close(CloseReason::ConnectionTimeout).is_none());
        let join = outbox.join(frame(1), &waiter, None);
        assert!(matches!(join, Join::Closed(CloseReason::Shutdown)));
    }
}
