//! Requests as the tests send them.

use std::time::Duration;

use milena::wire::compression::Compressor;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsResponse, ListOffsetsTopic,
};
use milena::wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};
use milena::wire::messages::produce::{PartitionProduceData, ProduceResponse, TopicProduceData};
use milena::wire::messages::{
    CreateTopicsRequest, FetchRequest, ListOffsetsRequest, OffsetCommitRequest, ProduceRequest,
};
use milena::wire::records::{BatchBuilder, Producer};
use milena_broker::{Cluster, ErrorCode, Uuid};

/// Three nodes without sockets, and the topic `t` of so many partitions, with a replica on each node; gives its id.
pub(crate) async fn cluster(partitions: i32) -> (Cluster, Uuid) {
    let cluster = Cluster::builder().nodes(3).in_memory();
    let cluster = cluster.start().await.unwrap();
    let id = cluster.create_topic("t", partitions, 3).unwrap();
    (cluster, id)
}

/// The ends of these partitions of the topic `t`.
pub(crate) fn ends(partitions: impl IntoIterator<Item = i32>) -> ListOffsetsRequest {
    let partitions = partitions.into_iter().map(|index| {
        ListOffsetsPartition::default()
            .with_partition_index(index)
            .with_timestamp(-1)
    });
    let topic = ListOffsetsTopic::default()
        .with_name("t")
        .with_partitions(partitions.collect::<Vec<_>>());
    ListOffsetsRequest::default().with_topics(vec![topic])
}

/// The codes of the partitions, by their numbers.
pub(crate) fn codes(response: &ListOffsetsResponse) -> Vec<(i32, ErrorCode)> {
    let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    let mut codes: Vec<_> = partitions
        .map(|partition| (partition.partition_index, partition.error_code))
        .collect();
    codes.sort_unstable_by_key(|(partition, _)| *partition);
    codes
}

/// One record for a partition of the topic `t`, from a producer with an id or without.
pub(crate) fn produce(topic: Uuid, partition: i32, producer: Option<Producer>) -> ProduceRequest {
    let mut batch = BatchBuilder::new();
    if let Some(producer) = producer {
        batch = batch.with_producer(producer);
    }
    batch.append(1000, None, Some(b"value"), []).unwrap();
    let records = batch.seal(&mut Compressor::new()).unwrap();
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(records);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_topic_id(topic)
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data(vec![topic])
}

/// The code of the only partition.
pub(crate) fn produced(response: &ProduceResponse) -> ErrorCode {
    response.responses[0].partition_responses[0].error_code
}

/// What is in a partition of the topic `t`; the broker may wait so long for more.
pub(crate) fn fetch(topic: Uuid, partition: i32, wait: Duration) -> FetchRequest {
    let partition = FetchPartition::default()
        .with_partition(partition)
        .with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic("t")
        .with_topic_id(topic)
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_max_wait_ms(i32::try_from(wait.as_millis()).unwrap())
        .with_min_bytes(1)
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

pub(crate) fn create(name: &str) -> CreateTopicsRequest {
    let topic = CreatableTopic::default()
        .with_name(name.to_owned())
        .with_num_partitions(1)
        .with_replication_factor(1);
    CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(1000)
}

/// The offset 0 of partition 0 of the topic `t`, as a member of the group `g`.
pub(crate) fn commit(topic: Uuid) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition::default();
    let topic = OffsetCommitRequestTopic::default()
        .with_name("t")
        .with_topic_id(topic)
        .with_partitions(vec![partition]);
    OffsetCommitRequest::default()
        .with_group_id("g")
        .with_topics(vec![topic])
}

/// The code of the only partition.
pub(crate) fn committed(response: &OffsetCommitResponse) -> ErrorCode {
    response.topics[0].partitions[0].error_code
}
