//! What a user holds of a producer.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::delivery::Delivery;
use super::fate::{Fate, Outcome, Place};
use super::record::Record;
use super::sending::{Sending, refused};
use super::shared::Shared;
use crate::cluster::by;
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// Writes records to a cluster, in batches.
///
/// Clones share the producer. What was sent is written even if the last of them is dropped, as long as the runtime runs; [`flush`](Self::flush) and
/// [`close`](Self::close) wait for it.
#[derive(Clone)]
pub struct Producer {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl Producer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handle: Arc::new(Handle { shared }),
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
    #[inline]
    pub fn send<'a>(&'a self, record: Record<'a>) -> Sending<'a> {
        Sending::new(&self.handle.shared, record)
    }

    /// As [`send`](Self::send), but at once.
    ///
    /// # Errors
    /// As [`send`](Self::send); and [`BufferFull`](ErrorKind::BufferFull) if there is no room, [`UnknownPartition`](ErrorKind::UnknownPartition) if the
    /// topic is not known yet: it was not asked for.
    pub fn try_send(&self, record: &Record<'_>) -> Result<Delivery, Error> {
        let shared = &self.handle.shared;
        shared
            .append_slowly(record, false)
            .map_err(|obstacle| refused(obstacle, shared, record))
    }

    /// Waits until all that was sent before is settled, be it written or failed; batches do not wait for more records meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn flush(&self) {
        for fate in self.handle.shared.flush() {
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

/// Waits until a batch is settled, and whatever it was split into.
async fn settled(fate: Arc<Fate>) {
    let mut unsettled = vec![fate];
    while let Some(fate) = unsettled.pop() {
        let mut place = Place::default();
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

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = &self.handle.shared.terms.memory;
        f.debug_struct("Producer")
            .field("buffered", &memory.used())
            .field("buffer_memory", &memory.limit())
            .finish_non_exhaustive()
    }
}
