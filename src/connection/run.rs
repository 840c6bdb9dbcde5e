//! Requests that leave together. No I/O.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Frame, REQUEST_CORRELATION_ID, segments};

use super::waiter::Waiter;
use crate::close_reason::CloseReason;

/// How many pieces one write takes: enough that none is small, and no more than lie well on the stack.
const PIECES: usize = 64;

/// What the connection must know of a request.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) waiter: Arc<Waiter>,
    /// How long the connection waits for the answer, or for the write if there is none, before it is given up.
    pub(crate) patience: Duration,
    pub(crate) answer: Answer,
    pub(crate) api: ApiKey,
    /// When the call was made.
    pub(crate) began: Instant,
}

/// Which answer a request will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One with its correlation id.
    Matching,
    /// One with its correlation id or with 0, which is how brokers before 0.10 answer FindCoordinator v0.
    MatchingOrZero,
    None,
}

impl Answer {
    /// Of a request that has one.
    pub(crate) fn to(api: ApiKey, version: i16) -> Self {
        if api == ApiKey::FIND_COORDINATOR && version == 0 {
            Self::MatchingOrZero
        } else {
            Self::Matching
        }
    }
}

/// One request in a [`Run`].
#[derive(Debug)]
pub(crate) struct Row {
    /// Where its frame begins in the buffer of its run.
    start: usize,
    /// Where it ends there; payloads lie beside.
    end: usize,
    pub(crate) request: Queued,
}

/// Requests that leave together.
#[derive(Debug, Default)]
pub(crate) struct Run {
    buffer: Vec<u8>,
    /// How much of the buffer is written.
    written: usize,
    /// Bytes that belong into the buffer before a position, and were not copied there.
    payloads: Vec<(usize, Bytes)>,
    /// How many of these are written.
    payloads_written: usize,
    rows: Vec<Row>,
    /// Bytes of both, written ones included.
    length: usize,
    /// How long the connection waits for the most patient of its requests.
    patience: Duration,
}

impl Run {
    /// Adds a request behind the others; gives its buffer back.
    pub(crate) fn push(&mut self, frame: Frame, request: Queued) -> Vec<u8> {
        self.length += frame.len();
        self.patience = self.patience.max(request.patience);
        let start = self.buffer.len();
        let (mut bytes, payloads) = frame.into_parts();
        if start == 0 {
            std::mem::swap(&mut self.buffer, &mut bytes);
        } else {
            self.buffer.extend_from_slice(&bytes);
        }
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

    /// How many requests it holds.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many bytes it had when nothing of it was written.
    pub(crate) fn bytes(&self) -> usize {
        self.length
    }

    /// How long writing it may stand still.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn waiters(&self) -> impl Iterator<Item = &Arc<Waiter>> {
        self.rows.iter().map(|row| &row.request.waiter)
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

    /// What is not written yet, in the order of the wire.
    fn unwritten(&self) -> impl Iterator<Item = &[u8]> {
        let payloads = self.payloads.get(self.payloads_written..);
        segments(&self.buffer, self.written, payloads.unwrap_or_default())
    }

    /// All that is not written yet, if it is in one piece.
    pub(crate) fn piece(&self) -> Option<&[u8]> {
        let is_whole = self.payloads_written == self.payloads.len();
        is_whole.then(|| self.buffer.get(self.written..).unwrap_or_default())
    }

    /// The pieces for the next write; empty when everything is written. `slices` is what they are put in.
    pub(crate) fn slices<'a, 'b>(&'a self, slices: &'b mut Slices<'a>) -> &'b [IoSlice<'a>] {
        let mut count = 0;
        for (place, piece) in slices.0.iter_mut().zip(self.unwritten()) {
            *place = IoSlice::new(piece);
            count += 1;
        }
        slices.0.get(..count).unwrap_or_default()
    }

    /// So many bytes were written.
    pub(crate) fn advance(&mut self, mut count: usize) {
        while let Some((position, payload)) = self.payloads.get_mut(self.payloads_written) {
            let before = position.saturating_sub(self.written);
            if count < before {
                break;
            }
            self.written += before;
            count -= before;
            let of_payload = count.min(payload.len());
            payload.advance(of_payload);
            count -= of_payload;
            if !payload.is_empty() {
                return;
            }
            self.payloads_written += 1;
        }
        self.written += count;
    }

    /// The connection ended: everybody in it is told.
    pub(crate) fn close(&self, reason: &CloseReason) {
        for waiter in self.waiters() {
            waiter.close(reason);
        }
    }

    /// Empties it; the buffers stay for the next run unless they have grown large.
    pub(crate) fn clear(&mut self) {
        const BYTES: usize = 16 << 10;
        const ROWS: usize = 256;
        self.buffer.clear();
        self.buffer.shrink_to(BYTES);
        self.payloads.clear();
        self.payloads.shrink_to(ROWS);
        self.rows.clear();
        self.rows.shrink_to(ROWS);
        self.length = 0;
        self.patience = Duration::ZERO;
        self.written = 0;
        self.payloads_written = 0;
    }
}

/// Room for the pieces of one write.
#[derive(Debug)]
pub(crate) struct Slices<'a>([IoSlice<'a>; PIECES]);

impl Slices<'_> {
    pub(crate) fn new() -> Self {
        Self([IoSlice::new(&[]); PIECES])
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::encode_request;
    use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};
    use milena_wire::messages::{MetadataRequest, ProduceRequest};

    use super::*;

    fn queued() -> Queued {
        Queued {
            waiter: Waiter::new(Instant::now(), std::task::Waker::noop()),
            patience: Duration::from_secs(40),
            answer: Answer::Matching,
            api: ApiKey::METADATA,
            began: Instant::now(),
        }
    }

    fn metadata(client: &'static str) -> Frame {
        let request = MetadataRequest::default();
        encode_request(Vec::new(), &request, 1, 0, Some(&client.into())).unwrap()
    }

    fn produce(fill: u8) -> [Frame; 2] {
        let data = PartitionProduceData::default().with_records(vec![fill; 5000]);
        let topic = TopicProduceData::default()
            .with_name("t")
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default().with_topic_data(vec![topic]);
        // Version 3 ends with the payload, version 9 has tags behind it.
        [3, 9].map(|version| encode_request(Vec::new(), &request, version, 0, None).unwrap())
    }

    fn bytes(run: &Run) -> Vec<u8> {
        run.unwritten().flatten().copied().collect()
    }

    #[test]
    fn withdrawn_requests_leave_no_bytes_behind() {
        let mut run = Run::default();
        for client in ["a", "bb", "ccc"] {
            run.push(metadata(client), queued());
        }
        let mut row = 0;
        run.stamp(|_| {
            row += 1;
            (row != 2).then_some(100 + row)
        });
        let (mut first, mut third) = (metadata("a"), metadata("ccc"));
        first.set_correlation_id(101);
        third.set_correlation_id(103);
        let expected = [first.into_bytes(), third.into_bytes()].concat();
        assert_eq!(bytes(&run), expected);
    }

    #[test]
    fn withdrawn_payloads_go_and_the_others_stay_in_their_places() {
        for withdrawn in 0..8 {
            let mut run = Run::default();
            let mut expected = Vec::new();
            for (row, mut frame) in (0..4).flat_map(produce).enumerate() {
                run.push(frame.clone(), queued());
                if row != withdrawn && row != 5 {
                    frame.set_correlation_id(7);
                    expected.extend_from_slice(&frame.into_bytes());
                }
            }
            let mut row = 0;
            run.stamp(|_| {
                row += 1;
                (row - 1 != withdrawn && row - 1 != 5).then_some(7)
            });
            assert_eq!(bytes(&run), expected, "{withdrawn} and 5 withdrawn");
        }
    }

    #[test]
    fn partial_writes_lose_nothing_and_repeat_nothing() {
        let mut whole = Run::default();
        for frame in (0..60).flat_map(produce).chain([metadata("a")]) {
            whole.push(frame, queued());
        }
        let expected = bytes(&whole);
        for step in [37, 4999, 5000, 5001, 100_000, usize::MAX] {
            let mut run = Run::default();
            for frame in (0..60).flat_map(produce).chain([metadata("a")]) {
                run.push(frame, queued());
            }
            let mut seen = Vec::with_capacity(expected.len());
            loop {
                let mut slices = Slices::new();
                let pieces = run.slices(&mut slices).iter();
                let written = pieces.flat_map(|piece| piece.iter().copied()).take(step);
                let before = seen.len();
                seen.extend(written);
                if seen.len() == before {
                    break;
                }
                run.advance(seen.len() - before);
            }
            assert!(seen == expected, "{step} bytes at a time");
        }
    }
}
