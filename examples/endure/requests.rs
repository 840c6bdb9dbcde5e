//! The requests that are sent.

use std::time::Duration;

use milena::bytes::Bytes;
use milena::wire::compression::Decompressor;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::wire::messages::{CreateTopicsRequest, FetchRequest, ListOffsetsRequest};
use milena::wire::records::Batches;
use milena::{Client, Error};

use crate::Result;
use crate::ledger::Note;

/// How long reading everything back may wait for each answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The end of a partition, as ListOffsets means it.
const LATEST: i64 = -1;

/// Makes the topic, with three replicas of which two must have each record, unless it is there.
pub(crate) async fn create_topic(client: &Client, topic: &str, partitions: i32) -> Result<()> {
    let in_sync = CreatableTopicConfig::default()
        .with_name("min.insync.replicas")
        .with_value("2");
    let topic = CreatableTopic::default()
        .with_name(topic)
        .with_num_partitions(partitions)
        .with_replication_factor(3)
        .with_configs(vec![in_sync]);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(10_000);
    let created = client.send(request).await?;
    for topic in created.topics {
        match topic.error_code {
            ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => {}
            code => return Err(format!("CreateTopics: {code}: {:?}", topic.error_message).into()),
        }
    }
    Ok(())
}

pub(crate) fn fetch(topic: &str, partition: i32, offset: i64) -> FetchRequest {
    let asked = FetchPartition::default()
        .with_partition(partition)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(topic)
        .with_partitions(vec![asked]);
    FetchRequest::default()
        .with_replica_id(-1)
        .with_max_wait_ms(100)
        .with_min_bytes(1)
        .with_max_bytes(8 << 20)
        .with_topics(vec![topic])
}

/// The ends of all partitions.
pub(crate) fn ends(topic: &str, partitions: i32) -> ListOffsetsRequest {
    let partitions = (0..partitions).map(|index| {
        ListOffsetsPartition::default()
            .with_partition_index(index)
            .with_timestamp(LATEST)
    });
    let topic = ListOffsetsTopic::default()
        .with_name(topic)
        .with_partitions(partitions.collect::<Vec<_>>());
    ListOffsetsRequest::default()
        .with_replica_id(-1)
        .with_topics(vec![topic])
}

/// Gives `found` all records of all partitions, each partition from its beginning on.
pub(crate) async fn read_all(
    client: &Client,
    topic: &str,
    partitions: i32,
    mut found: impl FnMut((i32, i64), Note),
) -> Result<()> {
    let answer = client
        .send(ends(topic, partitions))
        .deadline(PATIENCE)
        .await?;
    let mut decompressor = Decompressor::new();
    for end in answer.topics.iter().flat_map(|topic| &topic.partitions) {
        let index = end.partition_index;
        if end.error_code.is_error() {
            return Err(format!("the end of partition {index}: {}", end.error_code).into());
        }
        let mut next = 0;
        while next < end.offset {
            let (code, records) = read(client, topic, index, next, PATIENCE).await?;
            if code.is_error() {
                return Err(format!("reading partition {index}: {code}").into());
            }
            for batch in Batches::new(records) {
                let batch = batch?;
                for record in &batch.records(&mut decompressor)?.check()? {
                    if record.offset >= next {
                        found((index, record.offset), Note::read(record.value)?);
                    }
                }
                next = next.max(batch.last_offset() + 1);
            }
        }
    }
    Ok(())
}

/// What there is from an offset on.
pub(crate) async fn read(
    client: &Client,
    topic: &str,
    partition: i32,
    offset: i64,
    deadline: Duration,
) -> std::result::Result<(ErrorCode, Bytes), Error> {
    let request = fetch(topic, partition, offset);
    let answer = client.send(request).deadline(deadline).await?;
    let topics = answer.responses.into_iter();
    let mut partitions = topics.flat_map(|topic| topic.partitions);
    Ok(partitions.next().map_or(
        (ErrorCode::UNKNOWN_SERVER_ERROR, Bytes::new()),
        |partition| (partition.error_code, partition.records.unwrap_or_default()),
    ))
}
