//! Copies a topic to another one, on the same cluster or on another: every record with its key, value, headers and timestamp, in the same partition, in
//! the same order.
//!
//! ```text
//! cargo run --release --example pipe                                             between two embedded brokers, with records of its own; checks the copy
//! cargo run --release --example pipe -- --from localhost:9092 --topic orders --to localhost:9192 --state orders.pipe
//! ```
//!
//! More options: `--to-topic NAME` (the same), `--compression CODEC` (lz4), `--follow` (goes on when it has reached the end), `--quiet`.
//!
//! With `--state FILE` a copy that was interrupted, even by a power cut, goes on where it was: the file says for each partition up to where it was copied,
//! and where the copy ended then. What the copy has beyond that was written after the file was, and is not written again. That holds as long as nobody
//! else writes to the copy.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::admin::{NewTopic, OffsetSpec};
use milena::consumer::{Consumer, OffsetReset, Start};
use milena::producer::{Delivery, Producer, Record};
use milena::wire::compression::{Codec, Compression};
use milena::wire::error_code::ErrorCode;
use milena::{Client, TopicPartition};
use milena_broker::Cluster;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

struct Options {
    from: Option<String>,
    to: Option<String>,
    topic: String,
    to_topic: Option<String>,
    state: Option<PathBuf>,
    compression: Compression,
    follows: bool,
    is_quiet: bool,
}

/// How far a partition is copied.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// The offset of the next record that is to be copied.
    source: i64,
    /// Where the copy ends.
    copy: i64,
}

type State = BTreeMap<i32, Progress>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pipe: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = options()?;
    let mut embedded = Vec::new();
    let (from, to) = match (&options.from, &options.to) {
        (Some(from), Some(to)) => (from.clone(), to.clone()),
        (None, None) => {
            let mut addresses = Vec::new();
            for _ in 0..2 {
                let cluster = Cluster::builder().start().await?;
                addresses.push(cluster.bootstrap().join(","));
                embedded.push(cluster);
            }
            (addresses.remove(0), addresses.remove(0))
        }
        _ => return Err("--from and --to go together".into()),
    };
    let source = connect(&from).await?;
    let copy = connect(&to).await?;
    if !embedded.is_empty() {
        write_some(&source, &options.topic).await?;
    }
    let copied = pipe(&source, &copy, &options).await?;
    println!("{copied} records copied");
    if !embedded.is_empty() {
        let to_topic = options.to_topic.as_deref().unwrap_or(&options.topic);
        compare(&source, &options.topic, &copy, to_topic).await?;
        println!("the copy is exact");
    }
    source.close().await;
    copy.close().await;
    Ok(())
}

async fn connect(addresses: &str) -> Result<Client> {
    let bootstrap = addresses.split(',').map(str::to_owned);
    Ok(Client::builder().bootstrap(bootstrap).build().await?)
}

async fn pipe(source: &Client, copy: &Client, options: &Options) -> Result<u64> {
    let to_topic = options.to_topic.as_deref().unwrap_or(&options.topic);
    let partitions = source.topic(&options.topic).await?.partition_count();
    make(copy, to_topic, i32::try_from(partitions)?).await?;

    let starts = offsets(source, &options.topic, OffsetSpec::Earliest).await?;
    let ends = offsets(source, &options.topic, OffsetSpec::Latest).await?;
    let copied = offsets(copy, to_topic, OffsetSpec::Latest).await?;
    let mut state = match &options.state {
        Some(path) if path.exists() => read_state(path)?,
        _ => State::new(),
    };
    // How many records of each partition were copied after the state was written last.
    let mut beyond = BTreeMap::new();
    for (&partition, &start) in &starts {
        let end = copied.get(&partition).copied().unwrap_or(0);
        let known = state.entry(partition).or_insert(Progress {
            source: start,
            copy: end,
        });
        beyond.insert(partition, end - known.copy);
    }
    let assignments = state
        .iter()
        .map(|(&partition, known)| (&*options.topic, partition, Start::Offset(known.source)));
    // An offset that is gone is an error and no gap in the copy.
    let consumer = source
        .consumer()
        .offset_reset(OffsetReset::None)
        .assign(assignments);
    let copying = Copying {
        consumer: consumer.build().await?,
        producer: copy.producer().compression(options.compression).build()?,
        to_topic,
        state,
        beyond,
        ends,
        options,
    };
    copying.run().await
}

struct Copying<'a> {
    consumer: Consumer,
    producer: Producer,
    to_topic: &'a str,
    state: State,
    beyond: BTreeMap<i32, i64>,
    ends: BTreeMap<i32, i64>,
    options: &'a Options,
}

/// Batches that are under way: the partition, the delivery of the last record, and where the source goes on behind it.
type UnderWay = Vec<(i32, Delivery, i64)>;

impl Copying<'_> {
    async fn run(mut self) -> Result<u64> {
        let began = Instant::now();
        let control = self.consumer.control();
        let total: i64 = self
            .state
            .iter()
            .map(|(partition, known)| self.ends.get(partition).unwrap_or(&0) - known.source)
            .sum();
        let (mut records, mut bytes) = (0_u64, 0_u64);
        let mut under_way = UnderWay::new();
        let mut told = Instant::now();
        loop {
            let is_there = |(partition, end): (&i32, &i64)| {
                let of = TopicPartition::new(&*self.options.topic, *partition);
                let position = control.position(of).ok().flatten();
                position.is_some_and(|position| position >= *end)
            };
            if !self.options.follows && self.ends.iter().all(is_there) {
                break;
            }
            let next = tokio::time::timeout(Duration::from_millis(200), self.consumer.next());
            if let Ok(batch) = next.await {
                let Some(batch) = batch.transpose()? else {
                    break;
                };
                let partition = batch.partition();
                let beyond = self.beyond.entry(partition).or_default();
                let mut last = None;
                for record in &batch {
                    if *beyond > 0 {
                        *beyond -= 1;
                        continue;
                    }
                    let copy = copy_of(&record, self.to_topic, partition)?;
                    last = Some(self.producer.send(copy).await?);
                    records += 1;
                    let part = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
                    bytes += u64::try_from(part(record.key) + part(record.value))?;
                }
                match last {
                    Some(delivery) => under_way.push((partition, delivery, batch.next_offset())),
                    // All of it was there already.
                    None => {
                        let known = self.state.entry(partition).or_default();
                        known.source = batch.next_offset();
                        known.copy += i64::try_from(batch.len())?;
                    }
                }
            }
            if told.elapsed() > Duration::from_secs(1) {
                told = Instant::now();
                self.settle(&mut under_way).await?;
                if !self.options.is_quiet {
                    bar(records, total, bytes, began.elapsed());
                }
            }
        }
        self.settle(&mut under_way).await?;
        if !self.options.is_quiet {
            bar(records, total, bytes, began.elapsed());
            eprintln!();
        }
        Ok(records)
    }

    /// Waits until all that is under way is written, and writes down how far that is.
    async fn settle(&mut self, under_way: &mut UnderWay) -> Result<()> {
        self.producer.flush().await;
        for (partition, delivery, source) in under_way.drain(..) {
            let offset = delivery.await?.offset;
            let offset = offset.ok_or("the broker does not tell where a record is")?;
            let copy = offset + 1;
            self.state.insert(partition, Progress { source, copy });
        }
        match &self.options.state {
            Some(path) => write_state(path, &self.state),
            None => Ok(()),
        }
    }
}

fn copy_of<'a>(
    record: &milena::consumer::Record<'a>,
    topic: &'a str,
    partition: i32,
) -> Result<Record<'a>> {
    let mut copy = Record::to(topic).partition(partition);
    if let Some(key) = record.key {
        copy = copy.key(key);
    }
    if let Some(value) = record.value {
        copy = copy.value(value);
    }
    if record.timestamp >= 0 {
        copy = copy.timestamp(record.timestamp);
    }
    for header in &record.headers {
        // One that is not UTF-8 could not be written as it is.
        let key = std::str::from_utf8(header.key_bytes())?;
        copy = copy.headers([(key, header.value())]);
    }
    Ok(copy)
}

fn bar(records: u64, total: i64, bytes: u64, took: Duration) {
    const WIDTH: usize = 30;
    let total = u64::try_from(total).unwrap_or(0);
    let percent = (records * 100).checked_div(total).unwrap_or(100).min(100);
    let full = usize::try_from(percent).unwrap_or(0) * WIDTH / 100;
    eprint!(
        "\r[{}{}] {percent:3} %, {records} records, {:.1} MiB a second ",
        "=".repeat(full),
        " ".repeat(WIDTH - full),
        bytes as f64 / f64::from(1 << 20) / took.as_secs_f64().max(0.001)
    );
}

async fn make(client: &Client, topic: &str, partitions: i32) -> Result<()> {
    let new = NewTopic::new(topic).partitions(partitions);
    match client.admin().create_topic(new).await {
        Err(error) if error.broker_code() != Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
            return Err(error.into());
        }
        _ => {}
    }
    let there = client.topic(topic).await?.partition_count();
    if i32::try_from(there)? < partitions {
        return Err(format!("{topic} has {there} partitions and needs {partitions}").into());
    }
    Ok(())
}

async fn offsets(client: &Client, topic: &str, spec: OffsetSpec) -> Result<BTreeMap<i32, i64>> {
    let partitions = i32::try_from(client.topic(topic).await?.partition_count())?;
    let asked = (0..partitions).map(|partition| (TopicPartition::new(topic, partition), spec));
    let listed = client.admin().list_offsets(asked).await.all()?;
    let offsets = listed
        .into_iter()
        .map(|(of, listed)| (of.partition, listed.offset.unwrap_or(0)));
    Ok(offsets.collect())
}

/// A line for each partition: its number, the offset in the source, that in the copy.
fn read_state(path: &Path) -> Result<State> {
    let mut state = State::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or(format!("{}: {line}", path.display()));
        let (partition, source, copy) = (word()?, word()?, word()?);
        let progress = Progress {
            source: source.parse()?,
            copy: copy.parse()?,
        };
        state.insert(partition.parse()?, progress);
    }
    Ok(state)
}

/// All of it or none: a file that is cut short would lie.
fn write_state(path: &Path, state: &State) -> Result<()> {
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    for (partition, Progress { source, copy }) in state {
        writeln!(file, "{partition} {source} {copy}")?;
    }
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    Ok(())
}

async fn write_some(client: &Client, topic: &str) -> Result<()> {
    make(client, topic, 3).await?;
    let producer = client.producer().build()?;
    for number in 0..100_000 {
        let (key, value) = (number.to_string(), format!("value {number}"));
        let mut record = Record::to(topic)
            .key(&key)
            .timestamp(1_700_000_000_000 + number);
        if number % 10 > 0 {
            record = record.value(&value);
        }
        if number % 7 == 0 {
            record = record.header("seven", &key).headers([("null", None)]);
        }
        drop(producer.send(record).await?);
    }
    producer.flush().await;
    Ok(())
}

/// Reads both and holds each record against the other.
async fn compare(source: &Client, topic: &str, copy: &Client, to_topic: &str) -> Result<()> {
    let ends = offsets(source, topic, OffsetSpec::Latest).await?;
    for (&partition, &end) in &ends {
        let one = read_all(source, topic, partition, end).await?;
        let other = read_all(copy, to_topic, partition, end).await?;
        if one != other {
            return Err(format!("partition {partition} differs").into());
        }
    }
    Ok(())
}

/// Each record as text: it is to be compared.
async fn read_all(client: &Client, topic: &str, partition: i32, end: i64) -> Result<Vec<String>> {
    let assigned = [(topic, partition, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await?;
    let mut records = Vec::new();
    while i64::try_from(records.len())? < end {
        let Some(batch) = consumer.next().await.transpose()? else {
            return Err("the client was closed".into());
        };
        records.extend(batch.iter().map(|record| format!("{record:?}")));
    }
    Ok(records)
}

fn options() -> Result<Options> {
    let mut options = Options {
        from: None,
        to: None,
        topic: "milena-pipe".to_owned(),
        to_topic: None,
        state: None,
        compression: Codec::Lz4.into(),
        follows: false,
        is_quiet: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--from" => options.from = Some(value()?),
            "--to" => options.to = Some(value()?),
            "--topic" => options.topic = value()?,
            "--to-topic" => options.to_topic = Some(value()?),
            "--state" => options.state = Some(value()?.into()),
            "--follow" => options.follows = true,
            "--quiet" => options.is_quiet = true,
            "--compression" => {
                let name = value()?;
                let codec = Codec::from_name(&name);
                options.compression = codec.ok_or(format!("unknown codec {name}"))?.into();
            }
            _ => {
                return Err(
                    format!("unknown argument {argument}; the head of this file has all").into(),
                );
            }
        }
    }
    Ok(options)
}
