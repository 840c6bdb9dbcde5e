//! Records of every sort, by a producer and a consumer: `scripts/check-records.sh` holds them against those of other clients.
//!
//! ```text
//! cargo run --example records -- write --bootstrap localhost:9092 --topic sorts --codec gzip --partition 1 [--count 500] [--append-time]
//! cargo run --example records -- read --bootstrap localhost:9092 --topic sorts
//! ```
//!
//! `write` makes the topic, with six partitions, unless it is there; with `--append-time`, the broker's clock counts in it. `read` reads to where the topic
//! ends now. Both print what was written or read, one record a line: partition, offset, timestamp, key, value, headers, with tabs between; `null` where
//! there is none. zstd needs `--features zstd`.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use milena::Client;
use milena::admin::{NewTopic, OffsetSpec};
use milena::consumer::Start;
use milena::producer::{Header, Record};
use milena::wire::compression::{Codec, Compression};
use milena::wire::error_code::ErrorCode;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

const PARTITIONS: i32 = 6;
/// So that there are many batches.
const BATCH_SIZE: usize = 16 << 10;

#[derive(Default)]
struct Options {
    bootstrap: String,
    topic: String,
    compression: Compression,
    partition: i32,
    count: i64,
    append_time: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("records: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let (command, options) = arguments()?;
    let client = Client::builder().bootstrap([&options.bootstrap]).build();
    let client = client.await?;
    let lines = match command.as_str() {
        "write" => write(&client, &options).await?,
        "read" => read(&client, &options.topic).await?,
        _ => return Err("write or read?".into()),
    };
    client.close().await;
    std::io::stdout().lock().write_all(lines.as_bytes())?;
    Ok(())
}

/// Whether to write or to read, and what.
fn arguments() -> Result<(String, Options)> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let mut options = Options {
        count: 500,
        ..Options::default()
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = value()?,
            "--topic" => options.topic = value()?,
            "--codec" => {
                let name = value()?;
                let codec = Codec::from_name(&name);
                options.compression = codec.ok_or(format!("there is no codec {name}"))?.into();
            }
            "--partition" => options.partition = value()?.parse()?,
            "--count" => options.count = value()?.parse()?,
            "--append-time" => options.append_time = true,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    Ok((command, options))
}

async fn write(client: &Client, options: &Options) -> Result<String> {
    let mut topic = NewTopic::new(&options.topic).partitions(PARTITIONS);
    if options.append_time {
        topic = topic.config("message.timestamp.type", "LogAppendTime");
    }
    if let Err(error) = client.admin().create_topic(topic).await {
        if error.broker_code() != Some(ErrorCode::TOPIC_ALREADY_EXISTS) {
            return Err(error.into());
        }
    }
    let producer = client
        .producer()
        .compression(options.compression)
        .batch_size(BATCH_SIZE)
        .linger(Duration::from_millis(20))
        .build()?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let mut sent = Vec::new();
    for number in 0..options.count {
        let sort = Sort::new(number, now);
        let record = Record::to(&options.topic)
            .partition(options.partition)
            .timestamp(sort.timestamp)
            .headers(sort.headers());
        let record = match &sort.key {
            Some(key) => record.key(key),
            None => record,
        };
        let record = match &sort.value {
            Some(value) => record.value(value),
            None => record,
        };
        let delivery = producer.send(record).await?;
        sent.push((sort, delivery));
    }
    let mut lines = String::new();
    for (sort, delivery) in sent {
        let position = delivery.await?;
        let offset = position
            .offset
            .ok_or("the broker does not tell the offset")?;
        line(
            &mut lines,
            (position.partition, offset, position.timestamp),
            sort.key.as_deref().map(str::as_bytes),
            sort.value.as_deref().map(str::as_bytes),
            sort.headers(),
        )?;
    }
    if !producer.close(Duration::from_secs(10)).await {
        return Err("not all is settled".into());
    }
    Ok(lines)
}

/// One sort of record after the other: tombstones, no key, empty fields, headers that repeat or have no value, large values.
struct Sort {
    key: Option<String>,
    value: Option<String>,
    number: Option<String>,
    /// Whether there are headers of every sort.
    is_decorated: bool,
    timestamp: i64,
}

impl Sort {
    fn new(number: i64, now: i64) -> Self {
        let key = match number {
            _ if number % 7 == 3 => None,
            _ if number % 31 == 5 => Some(String::new()),
            _ => Some(format!("key-{number}")),
        };
        let value = match number {
            _ if number % 100 == 50 => Some(large(number)),
            _ if number % 11 == 4 => None,
            _ if number % 13 == 6 => Some(String::new()),
            _ => Some(format!("value {number} žluťoučký kůň 🐎")),
        };
        Self {
            key,
            value,
            number: (number % 3 != 0).then(|| number.to_string()),
            is_decorated: number % 5 == 1,
            // They run backwards, too: the differences within a batch are of both signs.
            timestamp: now - 3_000_000 + number % 5 * 1000 - number,
        }
    }

    fn headers(&self) -> Vec<Header<'_>> {
        let mut headers = Vec::new();
        if let Some(number) = &self.number {
            headers.push(("n", Some(number.as_bytes())));
        }
        if self.is_decorated {
            headers.push(("n", Some(b"again".as_slice())));
            headers.push(("nothing", None));
            headers.push(("empty", Some(b"".as_slice())));
            headers.push(("ключ", Some("é".as_bytes())));
        }
        headers
    }
}

/// Longer than a batch and than one block of any codec; half of it compresses badly.
fn large(seed: i64) -> String {
    let mut text = String::new();
    let mut noise = seed.unsigned_abs();
    while text.len() < 200_000 {
        noise = noise.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let _ = write!(text, "{noise} and the same words over and over again ");
    }
    text
}

async fn read(client: &Client, topic: &str) -> Result<String> {
    let partitions = client.topic(topic).await?.partition_count();
    let partitions =
        (0..i32::try_from(partitions)?).map(|partition| ((topic, partition), OffsetSpec::Latest));
    let ends = client.admin().list_offsets(partitions).await.all()?;
    let mut missing: BTreeMap<i32, i64> = BTreeMap::new();
    for (partition, end) in ends {
        let end = end.offset.unwrap_or(0);
        if end > 0 {
            missing.insert(partition.partition, end);
        }
    }
    let consumer = client.consumer().assign([(topic, Start::Earliest)]);
    let mut consumer = consumer.build().await?;
    let mut lines = String::new();
    while !missing.is_empty() {
        let next = tokio::time::timeout(Duration::from_secs(30), consumer.next());
        let batch = next.await?.ok_or("the consumer has ended")??;
        let partition = batch.partition();
        for record in &batch {
            let headers = record.headers.iter();
            let headers: Vec<_> = headers
                .map(|header| (header.key().into_owned(), header.value()))
                .collect();
            let headers = headers.iter().map(|(key, value)| (&**key, *value));
            let place = (partition, record.offset, record.timestamp);
            line(&mut lines, place, record.key, record.value, headers)?;
        }
        if missing
            .get(&partition)
            .is_some_and(|end| *end <= batch.next_offset())
        {
            missing.remove(&partition);
        }
    }
    Ok(lines)
}

fn line<'h>(
    lines: &mut String,
    (partition, offset, timestamp): (i32, i64, i64),
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: impl IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
) -> Result<()> {
    let headers = headers.into_iter();
    let headers: Vec<_> = headers
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    let (key, value) = (text(key), text(value));
    writeln!(
        lines,
        "{partition}\t{offset}\t{timestamp}\t{key}\t{value}\t{}",
        headers.join(",")
    )?;
    Ok(())
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or("null".to_owned(), |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })
}
