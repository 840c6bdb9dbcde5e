//! What becomes of one record.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::fate::{Outcome, Place, Share};
use crate::error::Error;

/// Where a record is, once it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordPosition {
    /// The partition.
    pub partition: i32,
    /// The offset; `None` where the broker does not tell it: with [`Acks::None`](super::Acks), and where a batch turned out to be written long since
    /// (`DUPLICATE_SEQUENCE_NUMBER`).
    pub offset: Option<i64>,
    /// The time of the record, in milliseconds since 1970: its own, or the broker's if the topic has `LogAppendTime`.
    pub timestamp: i64,
}

/// What becomes of a record: a future of its position in the log, or of why it has none.
///
/// # Errors
/// [`may_have_been_sent`](Error::may_have_been_sent) tells whether the record may be in the log all the same.
///
/// # Cancel safety
/// The record is sent whether or not this is awaited; to drop it loses nothing but the news.
#[derive(Debug)]
#[must_use = "a record that was not delivered is only told of here"]
pub struct Delivery {
    fate: Share,
    /// Of the record in its batch.
    pub(super) index: u32,
    timestamp: i64,
    /// Of its waker among those that wait.
    place: Place,
}

impl Delivery {
    #[inline]
    pub(super) fn new(fate: Share, index: u32, timestamp: i64) -> Self {
        Self {
            fate,
            index,
            timestamp,
            place: Place::default(),
        }
    }

    /// The outcome, if it is known.
    fn result(&mut self) -> Option<Result<RecordPosition, Error>> {
        loop {
            let next = match self.fate.get()?.outcome()? {
                Outcome::Written {
                    partition,
                    base_offset,
                    append_time,
                } => {
                    let index = i64::from(self.index);
                    return Some(Ok(RecordPosition {
                        partition: *partition,
                        offset: base_offset.map(|base| base.saturating_add(index)),
                        timestamp: append_time.unwrap_or(self.timestamp),
                    }));
                }
                Outcome::Failed(error) => return Some(Err(error.clone())),
                Outcome::Split { at, before, from } => match self.index.checked_sub(*at) {
                    None => Arc::clone(before),
                    Some(index) => {
                        self.index = index;
                        Arc::clone(from)
                    }
                },
            };
            self.fate = Share(Some(next));
            self.place = Place::default();
        }
    }
}

impl Future for Delivery {
    type Output = Result<RecordPosition, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(result) = this.result() {
                return Poll::Ready(result);
            }
            let fate = this.fate.get();
            if fate.is_none_or(|fate| fate.wait(context.waker(), &mut this.place)) {
                return Poll::Pending;
            }
        }
    }
}
