//! Offsets of partitions, and the deletion of records.

use std::collections::BTreeMap;

use milena_wire::messages::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use milena_wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena_wire::messages::{DeleteRecordsRequest, ListOffsetsRequest};

use super::by_topic;
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec};
use super::per_item::PerItem;
use crate::isolation_level::IsolationLevel;
use crate::topic_partition::TopicPartition;

/// Which offset of a partition is wanted (Java: `OffsetSpec`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OffsetSpec {
    /// The first that there is.
    Earliest,
    /// The one behind the last that can be read: see [`isolation`](Operation::isolation_level).
    Latest,
    /// That of the first record which is not older than this, in milliseconds since 1970.
    AtTimestamp(i64),
    /// That of the record with the highest timestamp (since Kafka 3.0).
    MaxTimestamp,
    /// The first that is on the broker's own disk (KIP-405, since Kafka 3.4).
    EarliestLocal,
    /// The last that was moved to remote storage (since Kafka 3.9).
    LatestTiered,
    /// The first that has yet to be moved to remote storage (since Kafka 4.2).
    EarliestPendingUpload,
}

impl OffsetSpec {
    fn timestamp(self) -> i64 {
        match self {
            Self::AtTimestamp(milliseconds) => milliseconds,
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
        }
    }
}

/// An offset that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedOffset {
    /// The offset; `None` if no record fits.
    pub offset: Option<i64>,
    /// The timestamp of the record there, in milliseconds since 1970, if it was searched by timestamp.
    pub timestamp: Option<i64>,
    /// The leader's epoch when that record was written; `None` before Kafka 2.1.
    pub leader_epoch: Option<i32>,
}

/// Asks for offsets: see [`Admin::list_offsets`].
#[derive(Clone, Debug)]
pub struct ListOffsets {
    partitions: BTreeMap<TopicPartition, OffsetSpec>,
    isolation: IsolationLevel,
}

impl Operation<ListOffsets> {
    /// Which records count as readable. Default: [`ReadUncommitted`](IsolationLevel::ReadUncommitted).
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.spec.isolation = level;
        self
    }
}

impl Spec for ListOffsets {
    type Output = PerItem<TopicPartition, ListedOffset>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::by_topic(self.partitions).into_iter();
        let topics = topics.map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|(partition, spec)| {
                ListOffsetsPartition::default()
                    .with_partition_index(partition)
                    .with_timestamp(spec.timestamp())
            });
            ListOffsetsTopic::default()
                .with_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = ListOffsetsRequest::default()
            .with_replica_id(-1)
            .with_isolation_level(self.isolation.number())
            .with_topics(topics.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        let keys = |request: &ListOffsetsRequest| by_topic::keys(&request.topics);
        caller
            .per_item(request, keys, |_, response, results| {
                for (key, one) in by_topic::each(&response.topics) {
                    results.tell(&key, one.error_code, None, || {
                        // Version 0 has a list.
                        let old = one.old_style_offsets.first().copied();
                        ListedOffset {
                            offset: convert::known(one.offset).or(old),
                            timestamp: convert::known(one.timestamp),
                            leader_epoch: convert::known(one.leader_epoch),
                        }
                    });
                }
            })
            .await
    }
}

/// Which records of a partition are to be deleted (Java: `RecordsToDelete`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordsToDelete {
    /// Those before this offset.
    BeforeOffset(i64),
    /// All that there are now, up to the high watermark.
    All,
}

/// Deletes records: see [`Admin::delete_records`].
#[derive(Clone, Debug)]
pub struct DeleteRecords(BTreeMap<TopicPartition, RecordsToDelete>);

impl Spec for DeleteRecords {
    type Output = PerItem<TopicPartition, i64>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::by_topic(self.0).into_iter();
        let topics = topics.map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(|(partition, records)| {
                DeleteRecordsPartition::default()
                    .with_partition_index(partition)
                    .with_offset(match records {
                        RecordsToDelete::BeforeOffset(offset) => offset,
                        RecordsToDelete::All => -1,
                    })
            });
            DeleteRecordsTopic::default()
                .with_name(name)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        let request = DeleteRecordsRequest::default()
            .with_topics(topics.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        let keys = |request: &DeleteRecordsRequest| by_topic::keys(&request.topics);
        caller
            .per_item(request, keys, |_, response, results| {
                for (key, one) in by_topic::each(&response.topics) {
                    results.tell(&key, one.error_code, None, || one.low_watermark);
                }
            })
            .await
    }
}

impl Admin {
    /// Asks the leaders of partitions for offsets (Java: `listOffsets`).
    pub fn list_offsets<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = (P, OffsetSpec)>,
    ) -> Operation<ListOffsets> {
        let partitions = partitions.into_iter();
        let partitions = partitions.map(|(partition, spec)| (partition.into(), spec));
        self.operation(ListOffsets {
            partitions: partitions.collect(),
            isolation: IsolationLevel::default(),
        })
    }

    /// Asks the leader of a partition for an offset.
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn list_offset(
        &self,
        partition: impl Into<TopicPartition>,
        spec: OffsetSpec,
    ) -> Operation<One<ListOffsets>> {
        self.operation(One(ListOffsets {
            partitions: BTreeMap::from([(partition.into(), spec)]),
            isolation: IsolationLevel::default(),
        }))
    }

    /// Deletes the oldest records of partitions; gives for each the offset of the first that is left (Java: `deleteRecords`).
    pub fn delete_records<P: Into<TopicPartition>>(
        &self,
        records: impl IntoIterator<Item = (P, RecordsToDelete)>,
    ) -> Operation<DeleteRecords> {
        let records = records.into_iter();
        let records = records.map(|(partition, records)| (partition.into(), records));
        self.operation(DeleteRecords(records.collect()))
    }
}
