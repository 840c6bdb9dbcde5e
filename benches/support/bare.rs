//! What there is to beat: a socket, and bytes that were made beforehand.

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A stream over which frames are sent as they are.
pub struct Bare<S> {
    stream: S,
    buffer: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Bare<S> {
    pub fn new(stream: S) -> Self {
        Self::with_buffer(stream, 256 << 10)
    }

    pub fn with_buffer(stream: S, bytes: usize) -> Self {
        Self {
            stream,
            buffer: BytesMut::with_capacity(bytes),
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Takes whole answers as they come until there were `count`, and drops them.
    pub async fn read(&mut self, count: usize) {
        for _ in 0..count {
            while !self.pass_over() {
                self.buffer.reserve(4 << 10);
                assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0);
            }
        }
    }

    /// Drops the first answer if it is all there.
    fn pass_over(&mut self) -> bool {
        let Some(length) = self.buffer.first_chunk() else {
            return false;
        };
        let end = 4 + usize::try_from(i32::from_be_bytes(*length)).unwrap();
        let is_whole = self.buffer.len() >= end;
        if is_whole {
            self.buffer.advance(end);
        }
        is_whole
    }

    /// One request and its answer.
    pub async fn round_trip(&mut self, frame: &[u8]) {
        self.write(frame).await;
        self.read(1).await;
    }
}
