//! What a user holds of a consumer.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use milena_wire::compression::Decompressor;

use super::batch::Batch;
use super::board::{Due, Taken};
use super::control::Control;
use super::owned::{IntoRecords, OwnedRecord};
use super::shared::Shared;
use crate::connection::large;
use crate::error::Error;

/// Reads partitions, in batches that were fetched ahead.
///
/// It is a [`Stream`] of batches. Those of one partition come in the order of their offsets; the partitions take turns. When it is dropped nothing more is
/// fetched, and brokers are told to forget its fetch sessions.
pub struct Consumer {
    shared: Arc<Shared>,
    decompressor: Decompressor,
    is_over: bool,
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shared.with(|board| board.close(None));
        large::release();
    }
}

impl Consumer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let limit = shared.settings.max_batch_size;
        Self {
            shared,
            decompressor: Decompressor::new().with_limit(limit),
            is_over: false,
        }
    }

    /// The next batch; waits for it if none is ready. `None` after the client is closed.
    ///
    /// # Errors
    /// One partition could not be read, for a reason that will not pass: its offset is [out of range](crate::error::ErrorKind::OffsetOutOfRange), its
    /// log was [truncated](crate::error::ErrorKind::LogTruncated), its records are [unreadable](crate::error::ErrorKind::UnreadableRecords), or a broker
    /// [refuses](crate::error::ErrorKind::Partition) them. It is left alone until it is [sought](Control::seek); the others go on with the next call, and
    /// nothing of them is lost. Or no broker can be asked for a reason that will not pass, such as a refused login. Or the
    /// client was [closed](crate::error::ErrorKind::Shutdown). What may pass is tried again for as long as it takes, and is no error.
    ///
    /// # Cancel safety
    /// No batch is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Batch, Error>> {
        // Who reads without end lets others have their turn, and those who fetch for him are among them.
        tokio::task::coop::consume_budget().await;
        poll_fn(|context| self.poll(context)).await
    }

    /// A handle by which other tasks steer what is read, and look at how far it is.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// The records one by one, each of which can be kept: [`Records::next`] gives them.
    #[must_use]
    pub fn records(self) -> Records {
        Records {
            consumer: self,
            batch: None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Batch, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        loop {
            let Self {
                shared,
                decompressor,
                ..
            } = self;
            let taken = shared.with(|board| {
                let taken = board.take(decompressor);
                if let Taken::Nothing = taken {
                    board.wait(context.waker());
                }
                taken
            });
            match taken {
                Taken::Nothing => return Poll::Pending,
                Taken::Closed => {
                    self.is_over = true;
                    return Poll::Ready(None);
                }
                Taken::Error(error) => {
                    if let Some(recorder) = self.shared.client.recorder() {
                        recorder.consumer().failed();
                    }
                    return Poll::Ready(Some(Err(error)));
                }
                Taken::Batch(due) => {
                    if let Some(batch) = self.read(&due) {
                        if let Some(recorder) = self.shared.client.recorder() {
                            recorder.consumer().handed_out(batch.len(), batch.size());
                        }
                        return Poll::Ready(Some(Ok(batch)));
                    }
                }
            }
        }
    }

    /// Makes a batch of what was fetched; `None` if there is nothing in it, or it is not wanted any more.
    fn read(&mut self, due: &Due) -> Option<Batch> {
        let check_crcs = self.shared.settings.check_crcs;
        match Batch::read(due, &mut self.decompressor, check_crcs) {
            Ok(batch) => {
                let is_wanted = self.shared.with(|board| board.hand_out(due));
                batch.filter(|_| is_wanted)
            }
            Err(fault) => {
                self.shared.with(|board| board.is_corrupt(due, fault));
                None
            }
        }
    }
}

impl Stream for Consumer {
    type Item = Result<Batch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl FusedStream for Consumer {
    fn is_terminated(&self) -> bool {
        self.is_over
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (partitions, buffered) = self
            .shared
            .with(|board| (board.all().count(), board.buffered()));
        f.debug_struct("Consumer")
            .field("partitions", &partitions)
            .field("buffered", &buffered)
            .finish_non_exhaustive()
    }
}

/// Records one by one; made by [`Consumer::records`]. It is a [`Stream`], too.
#[derive(Debug)]
pub struct Records {
    consumer: Consumer,
    batch: Option<IntoRecords>,
}

impl Records {
    /// The next record; waits for it if none is ready. `None` after the client is closed.
    ///
    /// # Errors
    /// As [`Consumer::next`].
    ///
    /// # Cancel safety
    /// No record is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<OwnedRecord, Error>> {
        if let Some(record) = self.batch.as_mut().and_then(Iterator::next) {
            return Some(Ok(record));
        }
        tokio::task::coop::consume_budget().await;
        poll_fn(|context| self.poll(context)).await
    }

    /// A handle by which other tasks steer what is read. Records of the batch that is being given out still come after a seek.
    #[must_use]
    pub fn control(&self) -> Control {
        self.consumer.control()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<OwnedRecord, Error>>> {
        loop {
            if let Some(record) = self.batch.as_mut().and_then(Iterator::next) {
                return Poll::Ready(Some(Ok(record)));
            }
            self.batch = None;
            match std::task::ready!(self.consumer.poll(context)) {
                Some(Ok(batch)) => self.batch = Some(batch.into_iter()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for Records {
    type Item = Result<OwnedRecord, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}
