//! Writes records: the lines of its input, or as many as it is told of a given size; and says every second how it goes.
//!
//! ```text
//! cargo run --release --example producer                                              1,000,000 records to the embedded broker
//! cargo run --release --example producer -- --bootstrap localhost:9092 --records 5000000 --size 100
//! generate | cargo run --example producer -- --bootstrap localhost:9092 --topic orders --lines --key-separator :
//! ```
//!
//! More options: `--topic NAME` (default `milena-producer`; made with `--partitions N`, 12, if it is not there), `--compression CODEC`,
//! `--acks none|leader|all`, `--linger-ms N`, `--rate N` (records a second at most).

use std::error::Error as StdError;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

use milena::Client;
use milena::admin::NewTopic;
use milena::producer::{Acks, Producer, Record};
use milena::wire::compression::{Codec, Compression};
use milena::wire::error_code::ErrorCode;
use milena_broker::Cluster;
use tokio::io::{AsyncBufReadExt, BufReader};

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

struct Options {
    bootstrap: Option<String>,
    topic: String,
    partitions: i32,
    records: u64,
    size: usize,
    rate: Option<u32>,
    is_lines: bool,
    key_separator: Option<String>,
    compression: Compression,
    acks: Acks,
    linger: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("producer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = options()?;
    let mut embedded = None;
    let bootstrap = match &options.bootstrap {
        Some(addresses) => addresses.split(',').map(str::to_owned).collect(),
        None => {
            let cluster = Cluster::builder().discard(true).start().await?;
            let addresses = cluster.bootstrap().to_vec();
            eprintln!(
                "embedded broker, which keeps nothing: {}",
                addresses.join(", ")
            );
            embedded = Some(cluster);
            addresses
        }
    };
    let client = Client::builder().bootstrap(bootstrap).build().await?;
    let topic = NewTopic::new(&*options.topic).partitions(options.partitions);
    match client.admin().create_topic(topic).await {
        Err(error) if error.broker_code() != Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
            return Err(error.into());
        }
        _ => {}
    }
    let producer = client
        .producer()
        .compression(options.compression)
        .acks(options.acks)
        .linger(options.linger)
        .build()?;

    let began = Instant::now();
    let progress = tokio::spawn(tell(client.clone(), began));
    let sent = if options.is_lines {
        send_lines(&producer, &options).await
    } else {
        send_made_up(&producer, &options, began).await
    };
    // Whatever was sent is settled before the program ends, even if something went wrong on the way.
    let is_settled = producer.close(Duration::from_secs(60)).await;
    progress.abort();
    let sent = sent?;
    let metrics = client.metrics().map(|metrics| metrics.producer);
    let metrics = metrics.unwrap_or_default();
    let took = began.elapsed();
    println!(
        "{sent} records sent, {} written, {} failed, in {took:.2?}: {:.0} a second; {:.0} in a batch, p99 of a batch {:.1?}",
        metrics.records,
        metrics.record_errors,
        metrics.records as f64 / took.as_secs_f64(),
        metrics.records_per_batch().unwrap_or_default(),
        metrics.delivery.quantile(0.99)
    );
    client.close().await;
    drop(embedded);
    if !is_settled || metrics.record_errors > 0 {
        return Err("not all records were written".into());
    }
    Ok(())
}

/// Records of a size, as fast as there is room for them or at a rate.
async fn send_made_up(producer: &Producer, options: &Options, began: Instant) -> Result<u64> {
    let mut value = vec![b'.'; options.size];
    for number in 0..options.records {
        if let Some(rate) = options.rate {
            let due = Duration::from_secs_f64(number as f64 / f64::from(rate));
            if due > began.elapsed() {
                tokio::time::sleep_until((began + due).into()).await;
            }
        }
        for (place, digit) in value.iter_mut().zip(number.to_string().bytes()) {
            *place = digit;
        }
        let record = Record::to(&options.topic).value(&value);
        // What becomes of each record is not looked at here but in the metrics: the delivery is dropped, the record is not.
        drop(producer.send(record).await?);
    }
    Ok(options.records)
}

/// The lines of the input, each a record.
async fn send_lines(producer: &Producer, options: &Options) -> Result<u64> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut sent = 0;
    while let Some(line) = lines.next_line().await? {
        let separator = options.key_separator.as_deref();
        let record = Record::to(&options.topic);
        let split = separator.and_then(|separator| line.split_once(separator));
        let record = match split {
            Some((key, value)) => record.key(key).value(value),
            None => record.value(&line),
        };
        drop(producer.send(record).await?);
        sent += 1;
    }
    Ok(sent)
}

async fn tell(client: Client, began: Instant) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    let mut before = 0;
    loop {
        ticks.tick().await;
        let Some(metrics) = client.metrics().map(|metrics| metrics.producer) else {
            return;
        };
        eprintln!(
            "{:4.0} s: {} written, {} a second, {} failed, {} batches sent again, {:.1} MiB buffered",
            began.elapsed().as_secs_f64(),
            metrics.records,
            metrics.records - before,
            metrics.record_errors,
            metrics.retries,
            metrics.buffered as f64 / f64::from(1 << 20)
        );
        before = metrics.records;
    }
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        topic: "milena-producer".to_owned(),
        partitions: 12,
        records: 1_000_000,
        size: 100,
        rate: None,
        is_lines: false,
        key_separator: None,
        compression: Compression::None,
        acks: Acks::All,
        linger: Duration::from_millis(5),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--topic" => options.topic = value()?,
            "--partitions" => options.partitions = number(&value()?)?,
            "--records" => options.records = number(&value()?)?,
            "--size" => options.size = number(&value()?)?,
            "--rate" => options.rate = Some(number(&value()?)?),
            "--lines" => options.is_lines = true,
            "--key-separator" => options.key_separator = Some(value()?),
            "--linger-ms" => options.linger = Duration::from_millis(number(&value()?)?),
            "--acks" => {
                options.acks = match value()?.as_str() {
                    "none" => Acks::None,
                    "leader" => Acks::Leader,
                    "all" => Acks::All,
                    other => return Err(format!("--acks {other}: none, leader or all").into()),
                }
            }
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

fn number<N: FromStr>(text: &str) -> Result<N> {
    text.parse()
        .map_err(|_| format!("{text} is not a number that fits").into())
}
