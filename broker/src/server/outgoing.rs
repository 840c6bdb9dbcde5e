//! Answers on their way out: as many as are ready go in one vectored write.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

/// How many pieces one write takes.
const PIECES: usize = 64;

/// Answers that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    segments: VecDeque<Bytes>,
    length: usize,
    /// What must not be written before its time.
    held: VecDeque<(Instant, Bytes)>,
    held_length: usize,
}

impl Outgoing {
    /// To be written at once, or as soon as what is held is written.
    pub(super) fn push(&mut self, segments: impl IntoIterator<Item = Bytes>) {
        if let Some((last, _)) = self.held.back() {
            return self.hold(*last, segments);
        }
        for segment in segments.into_iter().filter(|segment| !segment.is_empty()) {
            self.length += segment.len();
            self.segments.push_back(segment);
        }
    }

    /// To be written at `due`, or as soon as what was to be written before is.
    pub(super) fn hold(&mut self, due: Instant, segments: impl IntoIterator<Item = Bytes>) {
        let due = self.held.back().map_or(due, |(last, _)| due.max(*last));
        for segment in segments.into_iter().filter(|segment| !segment.is_empty()) {
            self.held_length += segment.len();
            self.held.push_back((due, segment));
        }
    }

    /// When the first of what is held is to be written; `None` if nothing is held.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.held.front().map(|(due, _)| *due)
    }

    /// Lets go what is due.
    pub(super) fn release(&mut self, now: Instant) {
        while self.next_due().is_some_and(|due| due <= now) {
            let Some((_, segment)) = self.held.pop_front() else {
                return;
            };
            self.held_length -= segment.len();
            self.length += segment.len();
            self.segments.push_back(segment);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many bytes wait to be written.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// How many bytes are held.
    pub(super) fn held(&self) -> usize {
        self.held_length
    }

    /// Writes everything that is not held. If it is cancelled, what was not written stays.
    pub(super) async fn write_to<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
    ) -> io::Result<()> {
        while !self.segments.is_empty() {
            let written = poll_fn(|context| self.poll_write(Pin::new(writer), context)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.advance(written);
        }
        writer.flush().await
    }

    /// The slices live for a poll and not for the whole write: in its future they would be a kilobyte of every connection.
    fn poll_write<W: AsyncWrite>(
        &self,
        writer: Pin<&mut W>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); PIECES];
        for (slice, segment) in slices.iter_mut().zip(&self.segments) {
            *slice = IoSlice::new(segment);
        }
        let count = self.segments.len().min(PIECES);
        writer.poll_write_vectored(context, slices.get(..count).unwrap_or_default())
    }

    fn advance(&mut self, mut written: usize) {
        self.length -= written;
        while let Some(first) = self.segments.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.segments.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Takes a few bytes at a time.
    struct Narrow(Vec<u8>, usize);

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(self.1);
            self.0.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let bytes: Vec<u8> = slices
                .iter()
                .flat_map(|slice| slice.iter().copied())
                .collect();
            let count = bytes.len().min(self.1);
            self.0.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn partial_writes_lose_nothing() {
        for narrow in [1, 7, 1000] {
            let mut outgoing = Outgoing::default();
            let mut expected = Vec::new();
            for number in 0..200u8 {
                let bytes = Bytes::from(vec![number; usize::from(number % 5) + 1]);
                expected.extend_from_slice(&bytes);
                outgoing.push([bytes]);
            }
            let mut writer = Narrow(Vec::new(), narrow);
            outgoing.write_to(&mut writer).await.unwrap();
            assert_eq!(writer.0, expected);
            assert_eq!(outgoing.len(), 0);
        }
    }
    #[tokio::test]
    async fn what_is_held_leaves_in_order_and_not_before_its_time() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut outgoing = Outgoing::default();
        let letter = |letter: &'static str| [Bytes::from_static(letter.as_bytes())];
        outgoing.push(letter("a"));
        outgoing.hold(after(2), letter("b"));
        outgoing.hold(after(1), letter("c"));
        outgoing.push(letter("d"));
        outgoing.hold(after(3), letter("e"));
        let mut writer = Narrow(Vec::new(), 10);
        for (seconds, expected, held, due) in [
            (0, "a", 4, Some(2)),
            (1, "a", 4, Some(2)),
            (2, "abcd", 1, Some(3)),
            (3, "abcde", 0, None),
        ] {
            outgoing.release(after(seconds));
            outgoing.write_to(&mut writer).await.unwrap();
            assert_eq!(writer.0, expected.as_bytes());
            assert_eq!(
                (outgoing.held(), outgoing.next_due()),
                (held, due.map(after))
            );
        }
    }
}
