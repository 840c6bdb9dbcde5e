//! Topics with their partitions, which many requests and answers have under names of their own.

use milena_wire::messages::alter_partition_reassignments::{
    ReassignablePartition, ReassignablePartitionResponse, ReassignableTopic,
    ReassignableTopicResponse,
};
use milena_wire::messages::alter_replica_log_dirs::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult,
};
use milena_wire::messages::alter_share_group_offsets::{
    AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
    AlterShareGroupOffsetsResponsePartition, AlterShareGroupOffsetsResponseTopic,
};
use milena_wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsTopic,
    DeleteRecordsTopicResult,
};
use milena_wire::messages::describe_log_dirs::{DescribeLogDirsPartition, DescribeLogDirsTopic};
use milena_wire::messages::describe_producers::{PartitionResponse, TopicResponse};
use milena_wire::messages::describe_share_group_offsets::{
    DescribeShareGroupOffsetsResponsePartition, DescribeShareGroupOffsetsResponseTopic,
};
use milena_wire::messages::elect_leaders::{PartitionResult, ReplicaElectionResult};
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use milena_wire::messages::list_partition_reassignments::{
    OngoingPartitionReassignment, OngoingTopicReassignment,
};
use milena_wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use milena_wire::messages::offset_delete::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic, OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
};
use milena_wire::messages::offset_fetch::{
    OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use milena_wire::messages::write_txn_markers::{
    WritableTxnMarkerPartitionResult, WritableTxnMarkerTopicResult,
};

use crate::topic_partition::TopicPartition;

/// A topic of a message.
pub(super) trait Topic {
    type Partition;

    fn name(&self) -> &str;
    fn partitions(&self) -> &[Self::Partition];
    fn number(partition: &Self::Partition) -> i32;
}

/// The partitions of all topics, each with its key.
pub(super) fn each<'a, T: Topic + 'a>(
    topics: impl IntoIterator<Item = &'a T>,
) -> impl Iterator<Item = (TopicPartition, &'a T::Partition)> {
    topics.into_iter().flat_map(|topic| {
        let partitions = topic.partitions().iter();
        partitions.map(|one| (TopicPartition::new(topic.name(), T::number(one)), one))
    })
}

/// The keys of the partitions of all topics.
pub(super) fn keys<T: Topic>(topics: &[T]) -> Vec<TopicPartition> {
    each(topics).map(|(key, _)| key).collect()
}

macro_rules! topics {
    ($($topic:ident, $name:ident: $partition:ident, $partitions:ident, $number:ident;)+) => {$(
        impl Topic for $topic {
            type Partition = $partition;

            fn name(&self) -> &str {
                &self.$name
            }

            fn partitions(&self) -> &[$partition] {
                &self.$partitions
            }

            fn number(partition: &$partition) -> i32 {
                partition.$number
            }
        }
    )+};
}

topics! {
    ListOffsetsTopic, name: ListOffsetsPartition, partitions, partition_index;
    ListOffsetsTopicResponse, name: ListOffsetsPartitionResponse, partitions, partition_index;
    DeleteRecordsTopic, name: DeleteRecordsPartition, partitions, partition_index;
    DeleteRecordsTopicResult, name: DeleteRecordsPartitionResult, partitions, partition_index;
    OffsetCommitRequestTopic, name: OffsetCommitRequestPartition, partitions, partition_index;
    OffsetCommitResponseTopic, name: OffsetCommitResponsePartition, partitions, partition_index;
    OffsetDeleteRequestTopic, name: OffsetDeleteRequestPartition, partitions, partition_index;
    OffsetDeleteResponseTopic, name: OffsetDeleteResponsePartition, partitions, partition_index;
    OffsetFetchResponseTopic, name: OffsetFetchResponsePartition, partitions, partition_index;
    OffsetFetchResponseTopics, name: OffsetFetchResponsePartitions, partitions, partition_index;
    AlterShareGroupOffsetsRequestTopic, topic_name: AlterShareGroupOffsetsRequestPartition, partitions, partition_index;
    AlterShareGroupOffsetsResponseTopic, topic_name: AlterShareGroupOffsetsResponsePartition, partitions, partition_index;
    DescribeShareGroupOffsetsResponseTopic, topic_name: DescribeShareGroupOffsetsResponsePartition, partitions, partition_index;
    ReassignableTopic, name: ReassignablePartition, partitions, partition_index;
    ReassignableTopicResponse, name: ReassignablePartitionResponse, partitions, partition_index;
    OngoingTopicReassignment, name: OngoingPartitionReassignment, partitions, partition_index;
    ReplicaElectionResult, topic: PartitionResult, partition_result, partition_id;
    TopicResponse, name: PartitionResponse, partitions, partition_index;
    WritableTxnMarkerTopicResult, name: WritableTxnMarkerPartitionResult, partitions, partition_index;
    DescribeLogDirsTopic, name: DescribeLogDirsPartition, partitions, partition_index;
    AlterReplicaLogDirTopicResult, topic_name: AlterReplicaLogDirPartitionResult, partitions, partition_index;
}
