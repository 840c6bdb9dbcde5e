//! How other tasks steer a consumer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::shared::Shared;
use super::start::{Assignment, Start};
use crate::admin::{ListedOffset, OffsetSpec};
use crate::error::{Error, ErrorKind};
use crate::isolation_level::IsolationLevel;
use crate::topic_partition::TopicPartition;

/// Steers a [`Consumer`](super::Consumer), from any task; made by [`Consumer::control`](super::Consumer::control). Clones are alike.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Reads these, too: as [`ConsumerBuilder::assign`](super::ConsumerBuilder::assign). What is read already is sought there.
    ///
    /// # Errors
    /// One of the topics is not there, does not have the partition, or nobody could be asked within the client's deadline: none of them is read then.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, nothing was assigned.
    pub async fn assign<A: Into<Assignment>>(
        &self,
        assignments: impl IntoIterator<Item = A> + Send,
    ) -> Result<(), Error> {
        let assignments = assignments.into_iter().map(Into::into).collect();
        self.shared.assign(assignments).await
    }

    /// Reads these no more. What was fetched of them is not handed out.
    pub fn unassign<P: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = P>) {
        let partitions: Vec<_> = partitions.into_iter().map(Into::into).collect();
        let names = partitions.iter().map(|one| (&*one.topic, one.partition));
        self.shared.unassign(names);
    }

    /// What is read, in order.
    #[must_use]
    pub fn assignment(&self) -> Vec<TopicPartition> {
        let mut all: Vec<_> = self.shared.with(|board| {
            let all = board.all();
            all.map(|one| TopicPartition::new(&*one.topic, one.partition))
                .collect()
        });
        all.sort_unstable();
        all
    }

    /// Goes on elsewhere. What was fetched before is not handed out once this has returned.
    ///
    /// # Errors
    /// [`NotAssigned`](ErrorKind::NotAssigned).
    pub fn seek(&self, partition: impl Into<TopicPartition>, to: Start) -> Result<(), Error> {
        self.of(partition.into(), |board, slot| board.seek(slot, to))
    }

    /// Hands out nothing of these until they are [resumed](Self::resume); nothing more is fetched of them, and what was fetched is kept as long as there
    /// is room.
    ///
    /// # Errors
    /// [`NotAssigned`](ErrorKind::NotAssigned): those before it are paused.
    pub fn pause<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = P>,
    ) -> Result<(), Error> {
        for partition in partitions {
            self.of(partition.into(), super::board::Board::pause)?;
        }
        Ok(())
    }

    /// Goes on with these.
    ///
    /// # Errors
    /// [`NotAssigned`](ErrorKind::NotAssigned): those before it are resumed.
    pub fn resume<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = P>,
    ) -> Result<(), Error> {
        for partition in partitions {
            self.of(partition.into(), super::board::Board::resume)?;
        }
        Ok(())
    }

    /// What is paused, in order.
    #[must_use]
    pub fn paused(&self) -> Vec<TopicPartition> {
        let mut all: Vec<_> = self.shared.with(|board| {
            let all = board.all().filter(|one| one.is_paused);
            all.map(|one| TopicPartition::new(&*one.topic, one.partition))
                .collect()
        });
        all.sort_unstable();
        all
    }

    /// The offset of the next record that will be handed out, or a lower one if compaction has taken it away; `None` while it is not known where it begins.
    ///
    /// # Errors
    /// [`NotAssigned`](ErrorKind::NotAssigned).
    pub fn position(&self, partition: impl Into<TopicPartition>) -> Result<Option<i64>, Error> {
        self.of(partition.into(), |board, slot| {
            board.assigned(slot)?.delivered
        })
    }

    /// How many offsets there are between the next record that will be handed out and the end of what can be read, as the last answer said; `None` before
    /// there was one.
    ///
    /// # Errors
    /// [`NotAssigned`](ErrorKind::NotAssigned).
    pub fn lag(&self, partition: impl Into<TopicPartition>) -> Result<Option<u64>, Error> {
        let is_committed = self.shared.settings.isolation_level == IsolationLevel::ReadCommitted;
        self.of(partition.into(), |board, slot| {
            board.assigned(slot)?.lag(is_committed)
        })
    }

    /// Bytes that are fetched and not handed out.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.shared.with(|board| board.buffered())
    }

    /// Bytes of records that were fetched and thrown away unseen, as they were sought away from, or paused while there was no room.
    #[must_use]
    pub fn discarded(&self) -> u64 {
        self.shared.with(|board| board.wasted())
    }

    /// The offset of the first record of each.
    ///
    /// # Errors
    /// One of them is not told.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn beginning_offsets<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = P> + Send,
    ) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        let partitions: Vec<_> = partitions
            .into_iter()
            .map(|one| (one, OffsetSpec::Earliest))
            .collect();
        let listed = self.list(partitions).await?;
        let offsets = listed.into_iter();
        Ok(offsets
            .filter_map(|(partition, listed)| Some((partition, listed.offset?)))
            .collect())
    }

    /// The offset behind the last record of each that can be read, which depends on the [isolation](super::ConsumerBuilder::isolation_level).
    ///
    /// # Errors
    /// One of them is not told.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn end_offsets<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = P> + Send,
    ) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        let partitions: Vec<_> = partitions
            .into_iter()
            .map(|one| (one, OffsetSpec::Latest))
            .collect();
        let listed = self.list(partitions).await?;
        let offsets = listed.into_iter();
        Ok(offsets
            .filter_map(|(partition, listed)| Some((partition, listed.offset?)))
            .collect())
    }

    /// The first record of each that is not older than a time, in milliseconds since 1970; its offset is `None` if there is none.
    ///
    /// # Errors
    /// One of them is not told.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn offsets_for_times<P: Into<TopicPartition>>(
        &self,
        times: impl IntoIterator<Item = (P, i64)> + Send,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, Error> {
        let times = times.into_iter();
        let times: Vec<_> = times
            .map(|(one, time)| (one, OffsetSpec::AtTimestamp(time.max(0))))
            .collect();
        self.list(times).await
    }

    async fn list<P: Into<TopicPartition>>(
        &self,
        partitions: Vec<(P, OffsetSpec)>,
    ) -> Result<BTreeMap<TopicPartition, ListedOffset>, Error> {
        let operation = self
            .shared
            .client
            .admin()
            .list_offsets(partitions)
            .isolation_level(self.shared.settings.isolation_level);
        operation.await.all()
    }

    fn of<T>(
        &self,
        partition: TopicPartition,
        act: impl FnOnce(&mut super::board::Board, usize) -> T,
    ) -> Result<T, Error> {
        let done = self.shared.with(|board| {
            let slot = board.find(&partition.topic, partition.partition)?;
            Some(act(board, slot))
        });
        let TopicPartition { topic, partition } = partition;
        done.ok_or_else(|| Error::new(ErrorKind::NotAssigned { topic, partition }))
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("assignment", &self.assignment())
            .finish_non_exhaustive()
    }
}
