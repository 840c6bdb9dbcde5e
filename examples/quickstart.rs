//! Writes 1,000 records to a topic of three partitions, reads them back, and checks each.
//!
//! ```text
//! cargo run --example quickstart                                   on the embedded broker, in this process
//! cargo run --example quickstart -- --bootstrap localhost:9092     on any Kafka
//! ```
//!
//! More options: `--topic NAME` (default `milena-quickstart`), `--compression none|gzip|snappy|lz4|zstd` (default `lz4`).

use std::collections::HashMap;
use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::admin::{NewTopic, OffsetSpec};
use milena::consumer::Start;
use milena::producer::Record;
use milena::wire::compression::{Codec, Compression};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::MetadataRequest;
use milena::{Client, TopicPartition};
use milena_broker::Cluster;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

const RECORDS: usize = 1000;
const PARTITIONS: i32 = 3;

/// What was written, and where: the number of each record by its partition and offset.
type Written = HashMap<(i32, i64), usize>;

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
    let bootstrap = match &options.bootstrap {
        Some(address) => vec![address.clone()],
        None => {
            let cluster = Cluster::builder().start().await?;
            let addresses = cluster.bootstrap().to_vec();
            println!(
                "embedded broker started on {}, in this process",
                addresses.join(", ")
            );
            embedded = Some(cluster);
            addresses
        }
    };

    let client = Client::builder().bootstrap(bootstrap).build().await?;
    create_topic(&client, &options.topic).await?;
    // The topic may have records from before: what is read begins where it ends now.
    let ends = ends(&client, &options.topic).await?;
    let written = write(&client, &options).await?;
    read_back(&client, ends, written).await?;
    round_trips(&client).await?;
    client.close().await;
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
                let codec = Codec::from_name(&name);
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

/// Creates the topic unless it is there.
async fn create_topic(client: &Client, name: &str) -> Result<()> {
    let topic = NewTopic::new(name).partitions(PARTITIONS);
    match client.admin().create_topic(topic).await {
        Ok(_) => println!("topic {name} created"),
        Err(error) if error.broker_code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
            println!("topic {name} exists");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Where each partition ends now.
async fn ends(client: &Client, name: &str) -> Result<HashMap<TopicPartition, i64>> {
    let topic = client.topic(name).await?;
    let indexes = 0..i32::try_from(topic.partition_count())?;
    let partitions = indexes.map(|index| (TopicPartition::new(name, index), OffsetSpec::Latest));
    let listed = client.admin().list_offsets(partitions).await.all()?;
    let ends = listed
        .into_iter()
        .map(|(partition, listed)| (partition, listed.offset.unwrap_or(0)));
    Ok(ends.collect())
}

fn key(number: usize) -> String {
    format!("key-{number}")
}

fn value(number: usize) -> String {
    format!("value-{number}")
}

async fn write(client: &Client, options: &Options) -> Result<Written> {
    let producer = client.producer().compression(options.compression).build()?;
    let began = Instant::now();
    let mut deliveries = Vec::with_capacity(RECORDS);
    for number in 0..RECORDS {
        let (key, value, header) = (key(number), value(number), number.to_string());
        let record = Record::to(&options.topic)
            .key(&key)
            .value(&value)
            .header("number", &header);
        // This waits for room in the producer's buffer; the delivery tells where the record is, once it is written.
        deliveries.push(producer.send(record).await?);
    }
    let mut written = Written::new();
    for (number, delivery) in deliveries.into_iter().enumerate() {
        let position = delivery.await?;
        let offset = position.offset.ok_or("the broker tells no offset")?;
        written.insert((position.partition, offset), number);
    }
    let took = began.elapsed();
    let metrics = client.metrics().map(|metrics| metrics.producer);
    println!("wrote {} records in {took:.1?}", written.len());
    if let Some(metrics) = metrics {
        println!(
            "  {} batches, {} bytes after {}",
            metrics.batches,
            metrics.bytes,
            options.compression.codec().name()
        );
    }
    Ok(written)
}

/// Reads from where each partition stood before, and holds every record against what was written.
async fn read_back(
    client: &Client,
    from: HashMap<TopicPartition, i64>,
    mut expected: Written,
) -> Result<()> {
    let began = Instant::now();
    let starts = from
        .into_iter()
        .map(|(of, offset)| (of.topic, of.partition, Start::Offset(offset)));
    let mut consumer = client.consumer().assign(starts).build().await?;
    let (mut seen, mut batches, mut bytes) = (0, 0, 0);
    while !expected.is_empty() {
        let batch = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await;
        let missing = || format!("{} records did not come back", expected.len());
        let batch = batch.map_err(|_| missing())?.ok_or_else(missing)??;
        batches += 1;
        bytes += batch.size();
        for record in &batch {
            // Another run may write to the topic at the same time: its records are not ours to check.
            let Some(number) = expected.remove(&(batch.partition(), record.offset)) else {
                continue;
            };
            let header = record.headers.last("number");
            let as_written = record.key == Some(key(number).as_bytes())
                && record.value == Some(value(number).as_bytes())
                && header.and_then(|header| header.value()) == Some(number.to_string().as_bytes());
            if !as_written {
                let place = format!("partition {}, offset {}", batch.partition(), record.offset);
                return Err(format!("{place}: not the record that was written there").into());
            }
            seen += 1;
        }
    }
    println!(
        "read {seen} records back in {batches} batches, {bytes} bytes, in {:.1?}: each as it was written",
        began.elapsed()
    );
    Ok(())
}

/// How long a small request takes, there and back.
async fn round_trips(client: &Client) -> Result<()> {
    let mut latencies = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        client
            .send(MetadataRequest::default().with_topics(Vec::new()))
            .await?;
        latencies.push(began.elapsed());
    }
    latencies.sort();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100);
    let [p50, p99] = [50, 99].map(|percent| at(percent).copied().unwrap_or_default());
    println!("200 round trips: p50 {p50:.1?}, p99 {p99:.1?}");
    Ok(())
}
