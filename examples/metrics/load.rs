//! Requests of several kinds, at a steady rate.

use std::time::{Duration, SystemTime};

use milena::Client;
use milena::wire::compression::Compressor;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    CreateTopicsRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, ProduceRequest,
};
use milena::wire::records::BatchBuilder;
use tokio::time::{MissedTickBehavior, interval};

use crate::Result;

const PARTITIONS: i32 = 6;

/// So many requests are under way at once, at most: what is slow does not hold up the rest.
const TASKS: u32 = 16;

/// The timestamp by which ListOffsets means the end of a partition.
const LATEST: i64 = -1;

/// Creates the topic unless it is there.
pub(crate) async fn create_topic(client: &Client, name: &str) -> Result<()> {
    let wanted = CreatableTopic::default()
        .with_name(name)
        .with_num_partitions(PARTITIONS)
        .with_replication_factor(-1);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![wanted])
        .with_timeout_ms(5000);
    let response = client.send(request).await?;
    let created = response
        .topics
        .first()
        .ok_or("the broker says nothing of the topic")?;
    match created.error_code {
        ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => Ok(()),
        error => Err(format!("cannot create topic {name}: {error}").into()),
    }
}

/// Sends `rate` requests a second, for ever. What fails is counted by the client, which is what this is about, and is no reason to end.
pub(crate) async fn load(client: &Client, topic: &str, rate: u32) {
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let (client, topic) = (client.clone(), topic.to_owned());
        tasks.spawn(async move {
            let mut ticks = interval(Duration::from_secs(1) * TASKS / rate);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for round in task.. {
                ticks.tick().await;
                let partition = i32::try_from(round % 6).unwrap_or(0);
                let _ = send(&client, &topic, round, partition).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// One request: they take turns.
async fn send(client: &Client, topic: &str, round: u32, partition: i32) -> Result<()> {
    match round % 5 {
        0 | 1 => {
            let request = produce(topic, partition)?;
            client.send(request).await?;
        }
        2 | 3 => {
            let request = fetch(topic, partition);
            client.send(request).await?;
        }
        _ if round % 2 == 0 => {
            client.send(end_offsets(topic)).await?;
        }
        _ => {
            // Of the brokers alone.
            let request = MetadataRequest::default().with_topics(Vec::new());
            client.send(request).await?;
        }
    }
    Ok(())
}

fn produce(topic: &str, partition: i32) -> Result<ProduceRequest> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let mut batch = BatchBuilder::new();
    for number in 0..10u32 {
        let value = [b'v'; 100];
        let key = number.to_be_bytes();
        batch.append(
            i64::try_from(now.as_millis())?,
            Some(&key),
            Some(&value),
            [],
        )?;
    }
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(batch.seal(&mut Compressor::new())?);
    let data = TopicProduceData::default()
        .with_name(topic)
        .with_partition_data(vec![data]);
    Ok(ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(5000)
        .with_topic_data(vec![data]))
}

/// From the beginning, a little.
fn fetch(topic: &str, partition: i32) -> FetchRequest {
    let asked = FetchPartition::default()
        .with_partition(partition)
        .with_partition_max_bytes(16 << 10);
    let asked = FetchTopic::default()
        .with_topic(topic)
        .with_partitions(vec![asked]);
    FetchRequest::default()
        .with_replica_id(-1)
        .with_max_wait_ms(100)
        .with_min_bytes(1)
        .with_max_bytes(1 << 20)
        .with_topics(vec![asked])
}

/// Of all partitions: the client asks each leader for its own.
fn end_offsets(topic: &str) -> ListOffsetsRequest {
    let partitions = (0..PARTITIONS).map(|partition| {
        ListOffsetsPartition::default()
            .with_partition_index(partition)
            .with_timestamp(LATEST)
    });
    let asked = ListOffsetsTopic::default()
        .with_name(topic)
        .with_partitions(partitions.collect::<Vec<_>>());
    ListOffsetsRequest::default()
        .with_replica_id(-1)
        .with_topics(vec![asked])
}
