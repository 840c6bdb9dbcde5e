//! Answers on their way out: as many as are ready go in one vectored write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};
use milena_wire::codec::Frame;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// How many pieces one write takes.
const PIECES: usize = 64;

/// Answers that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    segments: VecDeque<Bytes>,
    length: usize,
}

impl Outgoing {
    pub(super) fn push(&mut self, frame: Frame) {
        self.length += frame.len();
        self.segments.extend(frame.into_segments());
    }

    /// A SASL token without a header, as handshakes of version 0 have it.
    pub(super) fn push_token(&mut self, token: &[u8]) {
        // Tokens are ours, and short.
        let length = u32::try_from(token.len()).unwrap_or(u32::MAX);
        let framed = [&length.to_be_bytes(), token].concat();
        self.length += framed.len();
        self.segments.push_back(framed.into());
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Writes everything. If it is cancelled, what was not written stays.
    pub(super) async fn write_to<W: AsyncWrite + Unpin>(
        &mut self,
        writer: &mut W,
    ) -> io::Result<()> {
        while !self.segments.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            for (slice, segment) in slices.iter_mut().zip(&self.segments) {
                *slice = IoSlice::new(segment);
            }
            let count = self.segments.len().min(PIECES);
            let written = writer
                .write_vectored(slices.get(..count).unwrap_or_default())
                .await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.advance(written);
        }
        writer.flush().await
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
    use std::pin::Pin;
    use std::task::{Context, Poll};

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
                outgoing.length += bytes.len();
                outgoing.segments.push_back(bytes);
            }
            let mut writer = Narrow(Vec::new(), narrow);
            outgoing.write_to(&mut writer).await.unwrap();
            assert_eq!(writer.0, expected);
            assert_eq!(outgoing.len(), 0);
        }
    }
}
