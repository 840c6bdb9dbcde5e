//! What both examples need of a topic: its partitions, each with a connection to its leader.
//!
//! A cluster client does all of this by itself; here it is spelled out over single connections.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::time::{Duration, Instant};

use milena::Connection;
use milena::wire::compression::Decompressor;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::wire::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use milena::wire::messages::{FetchRequest, ListOffsetsRequest, MetadataRequest};
use milena::wire::records::{Batches, Record};

/// Examples fail with one line of text, whatever went wrong.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// The timestamps by which ListOffsets means the two ends of a partition.
#[allow(dead_code, reason = "each example uses what it needs")]
pub(crate) const EARLIEST: i64 = -2;
pub(crate) const LATEST: i64 = -1;

/// A partition, and the connection to the broker that leads it.
#[derive(Clone)]
pub(crate) struct Partition {
    pub(crate) index: i32,
    pub(crate) leader: Connection,
}

/// Finds the leaders of a topic's partitions and connects to them; a topic that was just made may take a moment.
pub(crate) async fn partitions(bootstrap: &Connection, topic: &str) -> Result<Vec<Partition>> {
    let give_up = Instant::now() + Duration::from_secs(15);
    loop {
        let request = MetadataRequest::default()
            .with_topics(vec![MetadataRequestTopic::default().with_name(topic)])
            .with_allow_auto_topic_creation(false);
        let metadata = bootstrap.send(request).await?;
        let found = metadata
            .topics
            .first()
            .ok_or("the broker says nothing of the topic")?;
        match usable(found) {
            Ok(()) => {
                let mut connections: HashMap<i32, Connection> = HashMap::new();
                let mut partitions = Vec::new();
                for partition in &found.partitions {
                    let leader = match connections.get(&partition.leader_id) {
                        Some(leader) => leader.clone(),
                        None => {
                            let mut brokers = metadata.brokers.iter();
                            let broker = brokers
                                .find(|broker| broker.node_id == partition.leader_id)
                                .ok_or(
                                    "a partition is led by a broker that is not in the cluster",
                                )?;
                            let address = match &*broker.host {
                                host if host.contains(':') => format!("[{host}]:{}", broker.port),
                                host => format!("{host}:{}", broker.port),
                            };
                            let leader = Connection::builder().connect(&address).await?;
                            connections.insert(partition.leader_id, leader.clone());
                            leader
                        }
                    };
                    let index = partition.partition_index;
                    partitions.push(Partition { index, leader });
                }
                partitions.sort_by_key(|partition| partition.index);
                return Ok(partitions);
            }
            Err(error) if error.is_retriable() && Instant::now() < give_up => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(format!("topic {topic}: {error}").into()),
        }
    }
}

/// Whether every partition has a leader.
fn usable(topic: &MetadataResponseTopic) -> std::result::Result<(), ErrorCode> {
    let codes = topic.partitions.iter().map(|partition| {
        // Kafka still names a leader beside some errors of replicas, and that leader can be used.
        if partition.leader_id >= 0 {
            ErrorCode::NONE
        } else {
            ErrorCode::LEADER_NOT_AVAILABLE
        }
    });
    match std::iter::once(topic.error_code)
        .chain(codes)
        .find(|&code| code != ErrorCode::NONE)
    {
        Some(error) => Err(error),
        None if topic.partitions.is_empty() => Err(ErrorCode::LEADER_NOT_AVAILABLE),
        None => Ok(()),
    }
}

/// The offset of one end of a partition.
pub(crate) async fn offset(partition: &Partition, topic: &str, timestamp: i64) -> Result<i64> {
    let asked = ListOffsetsPartition::default()
        .with_partition_index(partition.index)
        .with_timestamp(timestamp);
    let asked = ListOffsetsTopic::default()
        .with_name(topic)
        .with_partitions(vec![asked]);
    let request = ListOffsetsRequest::default()
        .with_replica_id(-1)
        .with_topics(vec![asked]);
    let give_up = Instant::now() + Duration::from_secs(15);
    loop {
        let response = partition.leader.send(request.clone()).await?;
        let answer = response
            .topics
            .first()
            .and_then(|topic| topic.partitions.first());
        let answer = answer.ok_or("the broker says nothing of the partition")?;
        match answer.error_code {
            // Version 0 answers with a list.
            ErrorCode::NONE => {
                return Ok(answer
                    .old_style_offsets
                    .first()
                    .copied()
                    .unwrap_or(answer.offset));
            }
            // The leader of a partition that was just made may not know of it yet.
            error if error.is_retriable() && Instant::now() < give_up => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            error => return Err(format!("offset of partition {}: {error}", partition.index).into()),
        }
    }
}

/// What was fetched.
#[derive(Default, Clone, Copy)]
pub(crate) struct Fetched {
    pub(crate) records: usize,
    pub(crate) batches: usize,
    pub(crate) bytes: usize,
}

/// Calls `each` with every record of a partition from offset `from` to below `to`.
pub(crate) async fn read(
    partition: &Partition,
    topic: &str,
    from: i64,
    to: i64,
    mut each: impl FnMut(&Record<'_>) -> Result<()> + Send,
) -> Result<Fetched> {
    let mut decompressor = Decompressor::new();
    let mut fetched = Fetched::default();
    let mut next = from;
    while next < to {
        let asked = FetchPartition::default()
            .with_partition(partition.index)
            .with_fetch_offset(next)
            .with_partition_max_bytes(1 << 20);
        let request = FetchRequest::default()
            .with_replica_id(-1)
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(8 << 20)
            .with_topics(vec![
                FetchTopic::default()
                    .with_topic(topic)
                    .with_partitions(vec![asked]),
            ]);
        let response = partition.leader.send(request).await?;
        let answer = response
            .responses
            .first()
            .and_then(|topic| topic.partitions.first());
        let answer = answer.ok_or("the broker says nothing of the partition")?;
        if answer.error_code != ErrorCode::NONE {
            return Err(format!(
                "Fetch of partition {}: {}",
                partition.index, answer.error_code
            )
            .into());
        }
        let bytes = answer.records.clone().unwrap_or_default();
        fetched.bytes += bytes.len();
        for batch in Batches::new(bytes) {
            let batch = batch?;
            fetched.batches += 1;
            if !batch.is_control() {
                for record in &batch.records(&mut decompressor)?.check()? {
                    // A batch may begin before the offset that was asked for.
                    if (next..to).contains(&record.offset) {
                        fetched.records += 1;
                        each(&record)?;
                    }
                }
            }
            next = next.max(batch.last_offset() + 1);
        }
    }
    Ok(fetched)
}
