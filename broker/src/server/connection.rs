//! One connection: reads requests, answers them one at a time and in order, as Kafka does.

use std::fmt;
use std::io;
use std::pin::pin;
use std::time::{SystemTime, UNIX_EPOCH};

use milena_wire::codec::Frame;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::incoming::{Incoming, InvalidLength};
use super::outgoing::Outgoing;
use crate::apis::{self, Answer, Context, PendingFetch, Refusal};
use crate::sasl::Authentication;
use crate::shared::Shared;

/// Answers to pipelined requests are gathered up to this many bytes before they are written.
const GATHER: usize = 1 << 20;
/// How much is read ahead while a request is waiting; also how it is noticed that the client has gone.
const READ_AHEAD: usize = 1 << 20;

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The client has closed it.
    Closed,
    Io(io::Error),
    Length(InvalidLength),
    Refused(Refusal),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the client closed it"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Length(error) => write!(f, "{error}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A connection to one of the nodes.
#[derive(Debug)]
pub(super) struct Connection<'a, S> {
    stream: S,
    shared: &'a Shared,
    node: i32,
    authentication: Authentication,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin + Send> Connection<'a, S> {
    pub(super) fn new(stream: S, shared: &'a Shared, node: i32) -> Self {
        Self {
            stream,
            shared,
            node,
            authentication: Authentication::new(shared.accounts.is_some()),
            incoming: Incoming::new(shared.max_request_bytes),
            outgoing: Outgoing::default(),
        }
    }

    /// Serves until one of the two sides closes.
    pub(super) async fn serve(mut self) -> End {
        let end = match self.exchange().await {
            Ok(()) => End::Closed,
            Err(end) => end,
        };
        if let End::Length(_) | End::Refused(_) = end {
            // What was asked before is answered.
            let written = self.outgoing.write_to(&mut self.stream).await;
            written.err().map_or(end, End::Io)
        } else {
            end
        }
    }

    async fn exchange(&mut self) -> Result<(), End> {
        loop {
            while let Some(frame) = self.incoming.next().map_err(End::Length)? {
                let answer = apis::answer(&self.context(), &mut self.authentication, frame);
                match answer.map_err(End::Refused)? {
                    Answer::None => {}
                    Answer::Frame(frame) => self.outgoing.push(frame),
                    Answer::Token(token) => self.outgoing.push_token(&token),
                    Answer::Last(frame, refusal) => {
                        self.outgoing.push(frame);
                        return Err(End::Refused(refusal));
                    }
                    Answer::Later(pending) => {
                        self.outgoing.write_to(&mut self.stream).await?;
                        let Some(frame) = self.wait(*pending).await? else {
                            return Ok(());
                        };
                        self.outgoing.push(frame);
                    }
                }
                if self.outgoing.len() >= GATHER {
                    self.outgoing.write_to(&mut self.stream).await?;
                }
            }
            self.outgoing.write_to(&mut self.stream).await?;
            if self.stream.read_buf(self.incoming.room()).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Waits for the answer to a fetch; `None` if the client does not wait any more.
    async fn wait(&mut self, mut pending: PendingFetch) -> Result<Option<Frame>, End> {
        let mut over = pin!(sleep_until(Instant::now() + pending.max_wait()));
        loop {
            tokio::select! {
                biased;
                () = pending.more() => {
                    let answer = pending.try_answer(&self.context(), false);
                    if let Some(frame) = answer.map_err(End::Refused)? {
                        return Ok(Some(frame));
                    }
                }
                () = &mut over => {
                    return pending.try_answer(&self.context(), true).map_err(End::Refused);
                }
                read = self.stream.read_buf(self.incoming.room()), if self.incoming.len() < READ_AHEAD => {
                    if read? == 0 {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn context(&self) -> Context<'a> {
        Context {
            shared: self.shared,
            node: self.node,
            now: now(),
            instant: Instant::now().into_std(),
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
