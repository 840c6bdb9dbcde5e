//! Writes 1,000 records to a topic of three partitions, reads them back, and checks each.
//!
//! ```text
//! cargo run --example quickstart                                   on the embedded broker, in this process
//! cargo run --example quickstart -- --bootstrap localhost:9092     on any Kafka
//! ```
//!
//! More options: `--topic NAME` (default `milena-quickstart`), `--compression none|gzip|snappy|lz4|zstd` (default `lz4`).

mod topic;

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use milena::Connection;
use milena::wire::codec::Request;
use milena::wire::compression::{Codec, Compression, Compressor};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    ApiVersionsRequest, CreateTopicsRequest, FetchRequest, ListOffsetsRequest, MetadataRequest,
    ProduceRequest,
};
use milena::wire::records::BatchBuilder;
use milena_broker::Cluster;

use topic::{LATEST, Partition, Result};

const RECORDS: usize = 1000;
const PARTITIONS: usize = 3;
/// Records in a batch: small, so that there are some to look at. A producer fills them by bytes and time.
const BATCH: usize = 50;

struct Options {
    bootstrap: Option<String>,
    topic: String,
    compression: Compression,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = options()?;
    // The embedded broker lives as long as this variable.
    let mut embedded = None;
    let bootstrap = match options.bootstrap {
        Some(address) => address,
        None => {
            let cluster = Cluster::builder().start().await?;
            let address = cluster
                .bootstrap()
                .first()
                .cloned()
                .ok_or("the broker has no address")?;
            println!("embedded broker started on {address}, in this process");
            embedded = Some(cluster);
            address
        }
    };

    let connection = Connection::builder().connect(&bootstrap).await?;
    let apis = connection.broker_versions().iter().count();
    println!("connected to {bootstrap}: the broker knows {apis} APIs; of these we use");
    println!("  {}", versions(&connection));

    create_topic(&connection, &options.topic).await?;
    let partitions = topic::partitions(&connection, &options.topic).await?;
    println!(
        "topic {} has {} partitions",
        options.topic,
        partitions.len()
    );

    let mut starts = HashMap::new();
    for partition in &partitions {
        starts.insert(
            partition.index,
            topic::offset(partition, &options.topic, LATEST).await?,
        );
    }
    let written = write(&partitions, &options.topic, options.compression).await?;
    read_back(&partitions, &options.topic, &starts, &written).await?;
    round_trips(&connection).await?;

    connection.close();
    println!("closed: {}", connection.closed().await);
    drop(embedded);
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        topic: "milena-quickstart".to_owned(),
        compression: Compression::Lz4,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--topic" => options.topic = value()?,
            "--compression" => {
                let name = value()?;
                let mut codecs = Codec::ALL.into_iter();
                let codec = codecs.find(|codec| codec.name() == name);
                options.compression = codec.ok_or(format!("unknown codec {name}"))?.into();
            }
            _ => {
                return Err(format!(
                    "unknown argument {argument}; known: --bootstrap HOST:PORT, --topic NAME, --compression CODEC"
                )
                .into());
            }
        }
    }
    Ok(options)
}

/// The version that each request of this program goes out at.
fn versions(connection: &Connection) -> String {
    fn version<R: Request>(connection: &Connection) -> String {
        let api = R::API_KEY;
        match connection.common_versions::<R>() {
            // Produce and Fetch know topics by name, as this program does, up to version 12.
            Some(common) if api == ProduceRequest::API_KEY || api == FetchRequest::API_KEY => {
                format!("{api} v{}", common.max.min(12))
            }
            Some(common) => format!("{api} v{}", common.max),
            None => format!("{api} (not in common)"),
        }
    }
    [
        version::<MetadataRequest>(connection),
        version::<CreateTopicsRequest>(connection),
        version::<ListOffsetsRequest>(connection),
        version::<ProduceRequest>(connection),
        version::<FetchRequest>(connection),
        version::<ApiVersionsRequest>(connection),
    ]
    .join(", ")
}

/// Creates the topic unless it is there.
async fn create_topic(connection: &Connection, name: &str) -> Result<()> {
    // From version 4 on, -1 leaves the number of replicas to the broker.
    let versions = connection.common_versions::<CreateTopicsRequest>();
    let replicas = if versions.is_some_and(|versions| versions.max >= 4) {
        -1
    } else {
        1
    };
    let wanted = CreatableTopic::default()
        .with_name(name)
        .with_num_partitions(i32::try_from(PARTITIONS)?)
        .with_replication_factor(replicas);
    let request = CreateTopicsRequest::default().with_topics(vec![wanted]);
    let response = connection.send(request).await?;
    let created = response
        .topics
        .first()
        .ok_or("the broker says nothing of the topic")?;
    match created.error_code {
        ErrorCode::NONE => println!("topic {name} created"),
        ErrorCode::TOPIC_ALREADY_EXISTS => println!("topic {name} exists"),
        error => {
            let text = created.error_message.as_deref().unwrap_or_default();
            return Err(format!("cannot create topic {name}: {error}; {text}").into());
        }
    }
    Ok(())
}

fn key(number: usize) -> String {
    format!("key-{number}")
}

fn value(number: usize) -> String {
    format!("value-{number}")
}

/// The offset at which each record was written, by its number.
type Written = HashMap<usize, (i32, i64)>;

/// Writes the records: every partition at once, each batch after the one before it.
async fn write(partitions: &[Partition], topic: &str, compression: Compression) -> Result<Written> {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (place, partition) in partitions.iter().cloned().enumerate() {
        let numbers: Vec<usize> = (place..RECORDS).step_by(partitions.len()).collect();
        tasks.spawn(write_partition(
            partition,
            topic.to_owned(),
            numbers,
            compression,
        ));
    }
    let (mut written, mut latencies, mut plain, mut sealed) = (Written::new(), Vec::new(), 0, 0);
    while let Some(result) = tasks.join_next().await {
        let part = result??;
        written.extend(part.written);
        latencies.extend(part.latencies);
        plain += part.plain;
        sealed += part.sealed;
    }
    println!(
        "wrote {} records in {} batches, {plain} bytes, {sealed} after {}, in {:.1?}",
        written.len(),
        latencies.len(),
        compression.codec().name(),
        started.elapsed()
    );
    println!("  a batch acknowledged: {}", percentiles(&mut latencies));
    Ok(written)
}

#[derive(Default)]
struct WrittenPart {
    written: Written,
    latencies: Vec<Duration>,
    /// Bytes of the batches before and after compression.
    plain: usize,
    sealed: usize,
}

async fn write_partition(
    partition: Partition,
    topic: String,
    numbers: Vec<usize>,
    compression: Compression,
) -> Result<WrittenPart> {
    let mut part = WrittenPart::default();
    let mut compressor = Compressor::new();
    let mut builder = BatchBuilder::new().with_compression(compression);
    for chunk in numbers.chunks(BATCH) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        for number in chunk {
            let header = number.to_string();
            builder.append(
                i64::try_from(now.as_millis())?,
                Some(key(*number).as_bytes()),
                Some(value(*number).as_bytes()),
                [("number", Some(header.as_bytes()))],
            )?;
        }
        part.plain += builder.size();
        let batch = builder.seal(&mut compressor)?;
        part.sealed += batch.len();
        let data = PartitionProduceData::default()
            .with_index(partition.index)
            .with_records(batch);
        let data = TopicProduceData::default()
            .with_name(&*topic)
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(10_000)
            .with_topic_data(vec![data]);
        let started = Instant::now();
        let response = partition.leader.send(request).await?;
        part.latencies.push(started.elapsed());
        let answer = response
            .responses
            .first()
            .and_then(|topic| topic.partition_responses.first());
        let answer = answer.ok_or("the broker says nothing of the partition")?;
        if answer.error_code != ErrorCode::NONE {
            return Err(format!(
                "Produce to partition {}: {}",
                partition.index, answer.error_code
            )
            .into());
        }
        for (delta, number) in (0i64..).zip(chunk) {
            part.written
                .insert(*number, (partition.index, answer.base_offset + delta));
        }
    }
    Ok(part)
}

/// Reads from where each partition stood before, and holds every record against what was written.
async fn read_back(
    partitions: &[Partition],
    topic: &str,
    starts: &HashMap<i32, i64>,
    written: &Written,
) -> Result<()> {
    let started = Instant::now();
    let expected: HashMap<(i32, i64), usize> = written
        .iter()
        .map(|(number, place)| (*place, *number))
        .collect();
    let (mut seen, mut batches, mut bytes) = (0, 0, 0);
    for partition in partitions {
        let from = starts.get(&partition.index).copied().unwrap_or(0);
        let to = topic::offset(partition, topic, LATEST).await?;
        let fetched = topic::read(partition, topic, from, to, |record| {
            // Another run may write to the topic at the same time: its records are not ours to check.
            let Some(&number) = expected.get(&(partition.index, record.offset)) else {
                return Ok(());
            };
            let header = record
                .headers
                .last("number")
                .and_then(|header| header.value());
            let as_written = record.key == Some(key(number).as_bytes())
                && record.value == Some(value(number).as_bytes())
                && header == Some(number.to_string().as_bytes());
            if !as_written {
                let place = format!("partition {}, offset {}", partition.index, record.offset);
                return Err(format!("{place}: not the record that was written there").into());
            }
            seen += 1;
            Ok(())
        })
        .await?;
        batches += fetched.batches;
        bytes += fetched.bytes;
    }
    if seen != RECORDS {
        return Err(format!("{RECORDS} records were written and {seen} of them came back").into());
    }
    println!(
        "read {seen} records back in {batches} batches, {bytes} bytes, in {:.1?}: each as it was written",
        started.elapsed()
    );
    Ok(())
}

/// How long a small request takes, there and back.
async fn round_trips(connection: &Connection) -> Result<()> {
    let mut latencies = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        connection.send(MetadataRequest::default()).await?;
        latencies.push(started.elapsed());
    }
    println!("200 round trips: {}", percentiles(&mut latencies));
    Ok(())
}

fn percentiles(latencies: &mut [Duration]) -> String {
    latencies.sort();
    let at = |percent: usize| {
        let index = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
        latencies.get(index).copied().unwrap_or_default()
    };
    format!("p50 {:.1?}, p99 {:.1?}", at(50), at(99))
}
