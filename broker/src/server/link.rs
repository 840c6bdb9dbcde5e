//! A stream with what has come over it and what is to leave: knows of time, and nothing of Kafka but the shape of its frames.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use super::end::End;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::reading::read;
use crate::latency::Latency;

/// Answers to pipelined requests are gathered up to this many bytes before they are written.
const GATHER: usize = 1 << 20;
/// How many bytes may be on their way to a client that is far away.
const FAR: usize = 64 << 20;
/// How much is read while a request is waiting; also how it is noticed that the client has gone.
pub(super) const READ_AHEAD: usize = 1 << 20;
/// How much is read while nothing may be.
pub(super) const NOTHING: usize = 0;

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Link<'a, S> {
    stream: S,
    incoming: Incoming,
    outgoing: Outgoing,
    latency: &'a Latency,
    /// Longer than this it waits neither for a request nor for the client to read.
    max_idle: Duration,
    /// Ends at the time that is waited for or before it, so that it need not be set at each request.
    timer: Pin<Box<Sleep>>,
    silent: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin + Send> Link<'a, S> {
    pub(super) fn new(
        stream: S,
        incoming: Incoming,
        latency: &'a Latency,
        max_idle: Duration,
    ) -> Self {
        Self {
            stream,
            incoming,
            outgoing: Outgoing::default(),
            latency,
            max_idle,
            timer: Box::pin(sleep_until(Instant::now() + max_idle)),
            silent: false,
        }
    }

    /// What has come.
    pub(super) fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    /// To be written behind all that was given before.
    pub(super) fn push(&mut self, segments: impl IntoIterator<Item = Bytes>) {
        if self.silent {
            return;
        }
        match self.latency.get() {
            Duration::ZERO => self.outgoing.push(segments),
            latency => self.outgoing.hold(Instant::now() + latency, segments),
        }
    }

    /// From now on nothing is written.
    pub(super) fn silence(&mut self) {
        self.silent = true;
        self.outgoing.clear();
    }

    /// Writes, if so much waits that it is time.
    pub(super) async fn make_room(&mut self) -> Result<(), End> {
        if self.outgoing.len() >= GATHER {
            self.write().await?;
        }
        while self.outgoing.held() >= FAR {
            let Some(due) = self.outgoing.next_due() else {
                break;
            };
            self.during(sleep_until(due), READ_AHEAD).await?;
        }
        Ok(())
    }

    /// Writes all whose time has come.
    pub(super) async fn write(&mut self) -> Result<(), End> {
        if self.outgoing.next_due().is_some() {
            self.outgoing.release(Instant::now());
        }
        if self.outgoing.len() == 0 {
            return Ok(());
        }
        let Self {
            stream,
            outgoing,
            timer,
            max_idle,
            ..
        } = self;
        tokio::select! {
            biased;
            written = outgoing.write_to(stream) => Ok(written?),
            () = elapse(timer, *max_idle) => Err(End::Idle),
        }
    }

    /// Writes everything, and waits until its time has come.
    pub(super) async fn write_all(&mut self) -> Result<(), End> {
        self.write().await?;
        while let Some(due) = self.outgoing.next_due() {
            sleep_until(due).await;
            self.write().await?;
        }
        Ok(())
    }

    /// Writes everything, this last, in pieces of so many bytes.
    pub(super) async fn write_split(&mut self, mut bytes: Bytes, size: usize) -> Result<(), End> {
        self.push([bytes.split_to(size.min(bytes.len()))]);
        self.write_all().await?;
        while !bytes.is_empty() && !self.silent {
            // So that whoever reads on the same thread gets it by itself.
            yield_now().await;
            self.outgoing.push([bytes.split_to(size.min(bytes.len()))]);
            self.write().await?;
        }
        Ok(())
    }

    /// Writes all whose time has come until something is read.
    pub(super) async fn read(&mut self) -> Result<(), End> {
        self.write().await?;
        let idle = Instant::now() + self.max_idle;
        loop {
            let due = self.outgoing.next_due();
            tokio::select! {
                biased;
                read = read(&mut self.stream, &mut self.incoming) => return match read? {
                    0 => Err(End::Closed),
                    _ => Ok(()),
                },
                () = wake(&mut self.timer, due.unwrap_or(idle)) => {}
            }
            if due.is_none() && Instant::now() >= idle {
                return Err(End::Idle);
            }
            self.write().await?;
        }
    }

    /// Until `work` is done, writes all whose time comes, and reads until `ahead` bytes are there.
    pub(super) async fn during<T>(
        &mut self,
        work: impl Future<Output = T>,
        ahead: usize,
    ) -> Result<T, End> {
        let mut work = pin!(work);
        loop {
            self.write().await?;
            let due = self.outgoing.next_due();
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = wake(&mut self.timer, due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                read = read(&mut self.stream, &mut self.incoming), if self.incoming.len() < ahead => {
                    if read? == 0 {
                        return Err(End::Closed);
                    }
                }
            }
        }
    }
}

/// Ends at `at` or before.
async fn wake(timer: &mut Pin<Box<Sleep>>, at: Instant) {
    if timer.is_elapsed() || timer.deadline() > at {
        timer.as_mut().reset(at);
    }
    timer.as_mut().await;
}

/// Ends after `time`.
async fn elapse(timer: &mut Pin<Box<Sleep>>, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        wake(timer, end).await;
    }
}
