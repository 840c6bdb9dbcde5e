//! A stream that is cut into frames, and asked one thing at a time: what connecting and authenticating need.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire::codec::{DecodeError, EncodeError, Message as _, Request};
use milena_wire::{encode_request, split_response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::frames::Frames;
use super::ids::CorrelationIds;
use super::stream::BoxedStream;
use crate::close_reason::CloseReason;

/// The longest frame that is accepted from a broker that has not proven to be one.
const MAX_FRAME: usize = 64 << 10;

/// The memory that such a broker's lists may take.
pub(crate) const MEMORY_BUDGET: usize = 1 << 20;

/// The stream of a connection with what was read of it, and the ids of its requests.
pub(crate) struct Channel {
    pub(crate) stream: BoxedStream,
    pub(crate) frames: Frames,
    pub(crate) ids: CorrelationIds,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum AskError {
    /// The peer closed the connection instead of answering.
    HungUp(io::Error),
    Io(io::Error),
    /// What came is no frame: a broker would not send it.
    NotAFrame(CloseReason),
    /// The answer to something else.
    WrongId {
        expected: i32,
        received: i32,
    },
    Request(EncodeError),
    Response(DecodeError),
}

impl From<io::Error> for AskError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::HungUp(error),
            _ => Self::Io(error),
        }
    }
}

impl Channel {
    /// Begins to speak with a broker of which nothing is known.
    pub(crate) fn new(stream: BoxedStream) -> Self {
        Self {
            stream,
            frames: Frames::new(MAX_FRAME),
            ids: CorrelationIds::new(),
        }
    }

    /// Reads once. Gives how many bytes came; 0 if the peer has closed the connection.
    pub(crate) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let read = {
            let mut room = self.frames.room();
            let read = pin!(self.stream.read_buf(&mut room));
            read.poll(context)
        };
        if read.is_pending() {
            self.frames.leave_buffer();
        }
        read
    }

    /// The body of the answer to `request`, undecoded: the answers that refuse a version come in another. The request is encoded in `buffer`,
    /// which is overwritten in memory afterwards.
    pub(crate) async fn ask_raw<R: Request + Sync>(
        &mut self,
        request: &R,
        version: i16,
        client_id: Option<&ByteString>,
        buffer: Vec<u8>,
    ) -> Result<Bytes, AskError> {
        let id = self.ids.next();
        let frame =
            encode_request(buffer, request, version, id, client_id).map_err(AskError::Request)?;
        self.write(&Zeroizing::new(frame.into_bytes().into()))
            .await?;
        let answer = self.read_frame().await?;
        let (received, body) =
            split_response::<R::Response>(answer, version).map_err(AskError::Response)?;
        if received != id {
            let expected = id;
            return Err(AskError::WrongId { expected, received });
        }
        Ok(body)
    }

    /// The answer to `request`; see [`ask_raw`](Self::ask_raw).
    pub(crate) async fn ask<R: Request + Sync>(
        &mut self,
        request: &R,
        version: i16,
        client_id: Option<&ByteString>,
        buffer: Vec<u8>,
    ) -> Result<R::Response, AskError> {
        let body = self.ask_raw(request, version, client_id, buffer).await?;
        let (response, _) = R::Response::decode_prefix(&body, version, MEMORY_BUDGET)
            .map_err(AskError::Response)?;
        Ok(response)
    }

    /// Writes bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &Zeroizing<Vec<u8>>) -> Result<(), AskError> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// The next frame, without its length.
    pub(crate) async fn read_frame(&mut self) -> Result<Bytes, AskError> {
        loop {
            if let Some(frame) = self.frames.next().map_err(AskError::NotAFrame)? {
                return Ok(frame);
            }
            if poll_fn(|context| self.poll_read(context)).await? == 0 {
                let text = "the broker closed the connection";
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, text);
                return Err(AskError::HungUp(error));
            }
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}
