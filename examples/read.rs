//! Prints the records of a topic, from the beginning to where it ends now.
//!
//! ```text
//! cargo run --example read -- --bootstrap localhost:9092 --topic orders [--max 10]
//! ```
//!
//! One record a line: partition, offset, timestamp, key, value, headers, with tabs between; `null` where there is none.

mod topic;

use std::io::Write as _;
use std::process::ExitCode;

use milena::Connection;
use milena::wire::records::Record;

use topic::{EARLIEST, LATEST, Result};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("read: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let (bootstrap, topic, max) = arguments()?;
    let connection = Connection::builder().connect(&bootstrap).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let mut left = max;
    for partition in topic::partitions(&connection, &topic).await? {
        if left == 0 {
            break;
        }
        let from = topic::offset(&partition, &topic, EARLIEST).await?;
        let to = topic::offset(&partition, &topic, LATEST).await?;
        let index = partition.index;
        topic::read(&partition, &topic, from, to, |record| {
            if left > 0 {
                left -= 1;
                writeln!(out, "{index}\t{}", line(record)?)?;
            }
            Ok(())
        })
        .await?;
    }
    out.flush()?;
    Ok(())
}

/// The broker's address, the topic, and how many records to print at most.
fn arguments() -> Result<(String, String, i64)> {
    let (mut bootstrap, mut topic, mut max) = (None, None, i64::MAX);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .ok_or(format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--bootstrap" => bootstrap = Some(value),
            "--topic" => topic = Some(value),
            "--max" => max = value.parse()?,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let bootstrap = bootstrap.ok_or("--bootstrap HOST:PORT is missing")?;
    let topic = topic.ok_or("--topic NAME is missing")?;
    Ok((bootstrap, topic, max))
}

fn line(record: &Record<'_>) -> Result<String> {
    let mut headers = Vec::new();
    for header in record.headers.iter() {
        headers.push(format!("{}={}", header.key(), text(header.value())));
    }
    let (key, value) = (text(record.key), text(record.value));
    Ok(format!(
        "{}\t{}\t{key}\t{value}\t{}",
        record.offset,
        record.timestamp,
        headers.join(",")
    ))
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or("null".to_owned(), |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })
}
