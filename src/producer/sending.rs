//! A record on its way into its batch.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::delivery::Delivery;
use super::memory::Waiting;
use super::record::Record;
use super::shared::{Obstacle, Shared};
use crate::cluster::by;
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// A record on its way into its batch; made by [`Producer::send`](super::Producer::send), which says what becomes of it.
// Written out: an async function copies what it is given once more than needed, which took a tenth of the time of a record.
#[must_use = "nothing is sent until this is awaited"]
pub struct Sending<'a> {
    shared: &'a Shared,
    record: Option<Record<'a>>,
    /// What it waits for, if it could not be taken at once.
    slow: Option<Slow<'a>>,
}

type Slow<'a> = Pin<Box<dyn Future<Output = Result<Delivery, Error>> + Send + 'a>>;

impl<'a> Sending<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared, record: Record<'a>) -> Self {
        Self {
            shared,
            record: Some(record),
            slow: None,
        }
    }

    #[cold]
    fn slowly(
        &mut self,
        is_turn_over: bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<Delivery, Error>> {
        if let Some(record) = self.record.take() {
            self.slow = Some(Box::pin(send_slowly(self.shared, record, is_turn_over)));
        }
        match &mut self.slow {
            Some(slow) => slow.as_mut().poll(context),
            // It was told before what became of it.
            None => Poll::Pending,
        }
    }
}

impl Future for Sending<'_> {
    type Output = Result<Delivery, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut is_over = false;
        if let Some(record) = &this.record {
            is_over = is_turn_over(record);
            if !is_over {
                match this.shared.append(record, false) {
                    Ok(delivery) => {
                        this.record = None;
                        return Poll::Ready(Ok(delivery));
                    }
                    Err(Obstacle::Invalid(error)) => {
                        this.record = None;
                        return Poll::Ready(Err(error));
                    }
                    Err(Obstacle::Full | Obstacle::Unknown) => {}
                }
            }
        }
        this.slowly(is_over, context)
    }
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// Lets others have their turn, and waits for what is missing.
async fn send_slowly(
    shared: &Shared,
    record: Record<'_>,
    is_turn_over: bool,
) -> Result<Delivery, Error> {
    if is_turn_over {
        tokio::task::yield_now().await;
    }
    let began = now();
    let deadline = after(began, shared.settings.max_block);
    let mut waiting = None;
    loop {
        let room = waiting.as_ref().map(Waiting::room);
        let mut room = std::pin::pin!(room);
        if let Some(room) = room.as_mut().as_pin_mut() {
            // From before the look on, so that nothing is missed.
            room.enable();
        }
        match shared.append_slowly(&record, waiting.is_some()) {
            Ok(delivery) => {
                if let Some(counts) = shared.terms.counts().filter(|_| waiting.is_some()) {
                    counts.waited(now().saturating_duration_since(began));
                }
                return Ok(delivery);
            }
            Err(Obstacle::Invalid(error)) => return Err(error),
            Err(Obstacle::Full) => match room.as_mut().as_pin_mut() {
                Some(room) => {
                    let again = shared.patience().map(|time| after(now(), time));
                    let until = again.map_or(deadline, |again| again.min(deadline));
                    if by(until, room).await.is_none() && until == deadline {
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

/// Why a record was not taken, for who does not wait.
#[cold]
pub(super) fn refused(obstacle: Obstacle, shared: &Shared, record: &Record<'_>) -> Error {
    match obstacle {
        Obstacle::Invalid(error) => error,
        Obstacle::Full => full(shared),
        Obstacle::Unknown => Error::new(ErrorKind::UnknownPartition {
            topic: record.topic.to_owned(),
            partition: record.partition.unwrap_or_default(),
        }),
    }
}

#[cold]
fn full(shared: &Shared) -> Error {
    let buffer_memory = shared.terms.memory.limit();
    Error::new(ErrorKind::BufferFull { buffer_memory })
}
