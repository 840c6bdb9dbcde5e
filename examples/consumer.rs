//! Reads a topic and prints its records, as `tail -f` does a file.
//!
//! ```text
//! cargo run --example consumer                                                   on the embedded broker, with some records of its own
//! cargo run --example consumer -- --bootstrap localhost:9092 --topic orders      what comes from now on
//! ... --from earliest | latest | offset:42 | ago:90s | at:1700000000000          from where; `ago` takes s, m, h, d, `at` milliseconds since 1970
//! ... --partition 3                                                              of one partition
//! ... --format tab | json | value | none                                         how; `tab` is partition, offset, timestamp, key, value, headers
//! ... --exit-at-end                                                              no further than what is there now
//! ... --max 10                                                                   no more than so many records
//! ... --progress                                                                 every second, on stderr: how much, how fast, how far behind
//! ... --committed                                                                no records of transactions that are open or were aborted
//! ```

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::consumer::{Batch, Consumer, Control, Record, Start};
use milena::{Client, IsolationLevel, TopicPartition, producer};
use milena_broker::Cluster;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// So many records the embedded broker gets.
const SOME: u64 = 10;

#[derive(Clone, Copy)]
enum Format {
    Tab,
    Json,
    Value,
    None,
}

struct Options {
    bootstrap: Option<String>,
    topic: String,
    partition: Option<i32>,
    from: Start,
    format: Format,
    max: u64,
    exits_at_end: bool,
    tells_progress: bool,
    isolation: IsolationLevel,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("consumer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut options = options()?;
    let mut embedded = None;
    let bootstrap = match &options.bootstrap {
        Some(addresses) => addresses.split(',').map(str::to_owned).collect(),
        None => {
            let cluster = Cluster::builder().start().await?;
            cluster.create_topic(&options.topic, 3, 1)?;
            options.from = Start::Earliest;
            options.exits_at_end = true;
            let addresses = cluster.bootstrap().to_vec();
            embedded = Some(cluster);
            addresses
        }
    };
    let client = Client::builder().bootstrap(bootstrap).build().await?;
    if embedded.is_some() {
        write_some(&client, &options.topic).await?;
    }
    let builder = client.consumer().isolation_level(options.isolation);
    let builder = match options.partition {
        Some(partition) => builder.assign([(&*options.topic, partition, options.from)]),
        None => builder.assign([(&*options.topic, options.from)]),
    };
    let mut consumer = builder.build().await?;
    let control = consumer.control();
    let ends = match options.exits_at_end {
        true => Some(control.end_offsets(control.assignment()).await?),
        false => None,
    };
    let progress = options
        .tells_progress
        .then(|| tokio::spawn(tell(control.clone(), client.clone())));
    let read = read(&mut consumer, &control, &options, ends).await;
    if let Some(progress) = progress {
        progress.abort();
    }
    client.close().await;
    let count = read?;
    let is_all = embedded.is_some() && options.partition.is_none();
    if is_all && count != SOME.min(options.max) {
        return Err(format!("{count} records instead of {SOME}").into());
    }
    Ok(())
}

/// Gives how many records there were.
async fn read(
    consumer: &mut Consumer,
    control: &Control,
    options: &Options,
    mut ends: Option<BTreeMap<TopicPartition, i64>>,
) -> Result<u64> {
    let mut left = options.max;
    while left > 0 {
        if let Some(ends) = &mut ends {
            // What is behind its end already, or was never before it.
            let mut there = Vec::new();
            for (partition, end) in &*ends {
                let is_there = control
                    .position(partition.clone())?
                    .is_some_and(|position| position >= *end);
                if is_there || *end == 0 {
                    there.push(partition.clone());
                }
            }
            ends.retain(|partition, _| !there.contains(partition));
            if ends.is_empty() {
                break;
            }
        }
        let next = consumer.next();
        let batch = match &ends {
            // A partition whose last offsets have no records, such as the end of a transaction, moves on without a batch.
            Some(_) => match tokio::time::timeout(Duration::from_millis(200), next).await {
                Ok(batch) => batch,
                Err(_) => continue,
            },
            None => next.await,
        };
        let Some(batch) = batch.transpose()? else {
            break;
        };
        // One lock and one write for all records of a batch.
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for record in batch.iter().take(usize::try_from(left)?) {
            let end = ends.as_ref().and_then(|ends| end_of(ends, &batch));
            if end.is_some_and(|end| record.offset >= end) {
                break;
            }
            print(&mut out, options.format, &batch, &record)?;
            left -= 1;
        }
        out.flush()?;
    }
    Ok(options.max - left)
}

fn end_of(ends: &BTreeMap<TopicPartition, i64>, batch: &Batch) -> Option<i64> {
    let of = TopicPartition::new(batch.topic(), batch.partition());
    // Whoever is not there has been read to his end.
    Some(ends.get(&of).copied().unwrap_or(0))
}

fn print(
    out: &mut impl Write,
    format: Format,
    batch: &Batch,
    record: &Record<'_>,
) -> std::io::Result<()> {
    let text = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => "null".to_owned(),
    };
    match format {
        Format::None => Ok(()),
        Format::Value => writeln!(out, "{}", text(record.value)),
        Format::Tab => {
            let headers = record
                .headers
                .iter()
                .map(|header| format!("{}={}", header.key(), text(header.value())));
            let headers: Vec<_> = headers.collect();
            writeln!(
                out,
                "{}\t{}\t{}\t{}\t{}\t{}",
                batch.partition(),
                record.offset,
                record.timestamp,
                text(record.key),
                text(record.value),
                headers.join(",")
            )
        }
        Format::Json => {
            let json = |bytes: Option<&[u8]>| match bytes {
                Some(bytes) => serde_json::Value::from(String::from_utf8_lossy(bytes)),
                None => serde_json::Value::Null,
            };
            let headers: Vec<_> = record
                .headers
                .iter()
                .map(|header| serde_json::json!([header.key(), json(header.value())]))
                .collect();
            let line = serde_json::json!({
                "topic": batch.topic(),
                "partition": batch.partition(),
                "offset": record.offset,
                "timestamp": record.timestamp,
                "key": json(record.key),
                "value": json(record.value),
                "headers": headers,
            });
            writeln!(out, "{line}")
        }
    }
}

/// Says every second how far the consumer is.
async fn tell(control: Control, client: Client) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let began = Instant::now();
    let received = || {
        let metrics = client.metrics();
        let brokers = metrics.map(|metrics| metrics.brokers).unwrap_or_default();
        brokers
            .iter()
            .map(|broker| broker.bytes_received)
            .sum::<u64>()
    };
    let mut before = received();
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let now = received();
        let assigned = control.assignment();
        let lags = assigned
            .iter()
            .map(|partition| control.lag(partition.clone()));
        let lag: u64 = lags.filter_map(|lag| lag.ok().flatten()).sum();
        eprintln!(
            "{:4.0} s: {:.1} MiB a second, {} records behind, {:.1} MiB ahead of the caller",
            began.elapsed().as_secs_f64(),
            (now - before) as f64 / f64::from(1 << 20),
            lag,
            control.buffered() as f64 / f64::from(1 << 20)
        );
        before = now;
    }
}

async fn write_some(client: &Client, topic: &str) -> Result<()> {
    let producer = client.producer().build()?;
    for number in 0..SOME {
        let (key, value) = (format!("key-{number}"), format!("value-{number}"));
        let record = producer::Record::to(topic).key(&key).value(&value);
        drop(producer.send(record).await?);
    }
    producer.flush().await;
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        topic: "milena-consumer".to_owned(),
        partition: None,
        from: Start::Latest,
        format: Format::Tab,
        max: u64::MAX,
        exits_at_end: false,
        tells_progress: false,
        isolation: IsolationLevel::ReadUncommitted,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--topic" => options.topic = value()?,
            "--partition" => options.partition = Some(value()?.parse()?),
            "--from" => options.from = start(&value()?)?,
            "--max" => options.max = value()?.parse()?,
            "--exit-at-end" => options.exits_at_end = true,
            "--progress" => options.tells_progress = true,
            "--committed" => options.isolation = IsolationLevel::ReadCommitted,
            "--format" => {
                options.format = match value()?.as_str() {
                    "tab" => Format::Tab,
                    "json" => Format::Json,
                    "value" => Format::Value,
                    "none" => Format::None,
                    other => {
                        return Err(format!("--format {other}: tab, json, value or none").into());
                    }
                }
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

fn start(text: &str) -> Result<Start> {
    let start = match text.split_once(':') {
        None if text == "earliest" => Start::Earliest,
        None if text == "latest" => Start::Latest,
        Some(("offset", offset)) => Start::Offset(offset.parse()?),
        Some(("at", time)) => Start::Timestamp(time.parse()?),
        Some(("ago", time)) => Start::Ago(duration(time)?),
        _ => {
            return Err(
                format!("--from {text}: earliest, latest, offset:N, at:MS or ago:90s").into(),
            );
        }
    };
    Ok(start)
}

fn duration(text: &str) -> Result<Duration> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86400)];
    for (unit, seconds) in units {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(Duration::from_secs(number.parse::<u64>()? * seconds));
        }
    }
    Err(format!("{text} is no time: a number and s, m, h or d").into())
}
