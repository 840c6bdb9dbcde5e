//! What a user holds of a producer.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::delivery::Delivery;
use super::fate::{Fate, Outcome};
use super::record::Record;
use super::shared::{Obstacle, Shared};
use crate::cluster::by;
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// Writes records to a cluster, in batches.
///
/// Clones share the producer. What was sent is written even if the last of them is dropped, as long as the runtime runs; [`flush`](Self::flush) and
/// [`close`](Self::close) wait for it.
#[derive(Clone)]
pub struct Producer {
    handle: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl Producer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handle: Arc::new(Inner { shared }),
        }
    }

    /// Puts a record into a batch, and gives the future of its delivery. Waits for room if the buffer is full, and for the topic if it is not known yet.
    ///
    /// Records of a task that go to the same partition are written in the order in which they were sent.
    ///
    /// # Errors
    /// The record cannot be written at all, or there was no room or no such topic within [`max_block`](super::ProducerBuilder::max_block). It is not
    /// in the log then.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the record was not sent.
    pub async fn send(&self, record: Record<'_>) -> Result<Delivery, Error> {
        if is_turn_over(&record) {
            tokio::task::yield_now().await;
        }
        match self.handle.shared.append(&record, false) {
            Ok(delivery) => Ok(delivery),
            Err(Obstacle::Invalid(error)) => Err(error),
            Err(_) => Box::pin(self.send_slowly(&record)).await,
        }
    }

    /// As [`send`](Self::send), but at once.
    ///
    /// # Errors
    /// As [`send`](Self::send); and [`BufferFull`](ErrorKind::BufferFull) if there is no room, [`UnknownPartition`](ErrorKind::UnknownPartition) if the
    /// topic is not known yet: it was not asked for.
    pub fn try_send(&self, record: &Record<'_>) -> Result<Delivery, Error> {
        let shared = &self.handle.shared;
        shared
            .append(record, false)
            .map_err(|obstacle| match obstacle {
                Obstacle::Invalid(error) => error,
                Obstacle::Full => full(shared),
                Obstacle::Unknown => unknown(record),
            })
    }

    async fn send_slowly(&self, record: &Record<'_>) -> Result<Delivery, Error> {
        let shared = &self.handle.shared;
        let began = now();
        let deadline = after(began, shared.settings.max_block);
        let mut waiting = None;
        loop {
            let room = waiting.as_ref().map(super::memory::Waiting::room);
            let mut room = std::pin::pin!(room);
            if let Some(room) = room.as_mut().as_pin_mut() {
                // From before the look on, so that nothing is missed.
                room.enable();
            }
            match shared.append(record, waiting.is_some()) {
                Ok(delivery) => {
                    if let Some(counts) = shared.terms.counts().filter(|_| waiting.is_some()) {
                        counts.waited(now().saturating_duration_since(began));
                    }
                    return Ok(delivery);
                }
                Err(Obstacle::Invalid(error)) => return Err(error),
                Err(Obstacle::Full) => match room.as_mut().as_pin_mut() {
                    Some(room) => {
                        if by(deadline, room).await.is_none() {
                            return Err(full(shared));
                        }
                    }
                    None => waiting = Some(shared.terms.memory.wait()),
                },
                Err(Obstacle::Unknown) => {
                    let found = shared.find_topic(record.topic, record.partition, deadline);
                    found.await?;
                }
            }
        }
    }

    /// Waits until all that was sent before is settled, be it written or failed; batches do not wait for more records meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn flush(&self) {
        for fate in self.handle.shared.hurry() {
            settled(fate).await;
        }
    }

    /// Takes no more records, and waits until all that were sent are settled; those that are not within `time` have failed then. Gives whether all were
    /// settled in time.
    ///
    /// # Cancel safety
    /// If the future is dropped, no more records are taken all the same, and those that were sent are written.
    pub async fn close(&self, time: Duration) -> bool {
        let shared = &self.handle.shared;
        shared.close();
        let deadline = after(now(), time);
        if by(deadline, self.flush()).await.is_some() {
            return true;
        }
        shared.fail_all(&Error::new(ErrorKind::Shutdown));
        false
    }
}

/// So many bytes may be sent until others have their turn, where there is one thread for all: some tens of microseconds.
const TURN: usize = 64 << 10;
/// So many times as much may be sent where another thread may take them over meanwhile.
const LONGER: u32 = 8;
/// What a record costs beside its bytes, in bytes.
const RECORD: usize = 64;

thread_local! {
    /// Bytes that were sent in this turn.
    static SENT: Cell<usize> = const { Cell::new(0) };
    /// Turns that were prolonged.
    static LONG: Cell<u32> = const { Cell::new(0) };
}

/// Whether it is time to let others have their turn, as whoever sends without end must: those who write his records are among them.
///
/// Tokio's own count of what a task does takes a record for as much as a read from a socket. It would yield ten times as often; and where there are several
/// threads, whoever yields has another one woken to look for work, which costs more than a hundred records.
#[inline]
fn is_turn_over(record: &Record<'_>) -> bool {
    let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
    let sent = SENT.get().saturating_add(RECORD + bytes);
    let is_over = sent >= TURN;
    SENT.set(if is_over { 0 } else { sent });
    is_over && is_long_turn_over()
}

#[cold]
fn is_long_turn_over() -> bool {
    let runtime = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    let is_alone = !matches!(runtime, Ok(RuntimeFlavor::MultiThread));
    let long = LONG.get() + 1;
    let is_over = is_alone || long >= LONGER;
    LONG.set(if is_over { 0 } else { long });
    is_over
}

/// Waits until a batch is settled, and whatever it was split into.
async fn settled(fate: Arc<Fate>) {
    let mut unsettled = vec![fate];
    while let Some(fate) = unsettled.pop() {
        let mut place = None;
        let done = poll_fn(|context| match fate.wait(context.waker(), &mut place) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        });
        done.await;
        if let Some(Outcome::Split { before, from, .. }) = fate.outcome() {
            unsettled.extend([Arc::clone(before), Arc::clone(from)]);
        }
    }
}

#[cold]
fn full(shared: &Shared) -> Error {
    let buffer_memory = shared.terms.memory.limit();
    Error::new(ErrorKind::BufferFull { buffer_memory })
}

#[cold]
fn unknown(record: &Record<'_>) -> Error {
    Error::new(ErrorKind::UnknownPartition {
        topic: record.topic.to_owned(),
        partition: record.partition.unwrap_or_default(),
    })
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = &self.handle.shared.terms.memory;
        f.debug_struct("Producer")
            .field("buffered", &memory.used())
            .field("buffer_memory", &memory.limit())
            .finish_non_exhaustive()
    }
}
