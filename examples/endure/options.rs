//! What was asked for.

use std::time::Duration;

use milena::wire::compression::{Codec, Compression};

use crate::Result;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bootstrap: Option<String>,
    pub(crate) topic: String,
    pub(crate) partitions: i32,
    /// How many write.
    pub(crate) tasks: u32,
    /// How many records are written at least.
    pub(crate) records: u64,
    /// In a second, by all together.
    pub(crate) rate: u64,
    /// Bytes of a value.
    pub(crate) size: usize,
    pub(crate) compression: Compression,
    pub(crate) seconds: Duration,
    pub(crate) until_eof: bool,
    /// Of a record.
    pub(crate) delivery: Duration,
    /// That a broker may take for a batch.
    pub(crate) answer: Duration,
    /// Of every other call.
    pub(crate) deadline: Duration,
}

impl Options {
    pub(crate) fn of_arguments() -> Result<Self> {
        let mut options = Self {
            bootstrap: None,
            topic: "milena-endure".to_owned(),
            partitions: 6,
            tasks: 64,
            records: 100_000,
            rate: 10_000,
            size: 100,
            compression: Compression::None,
            seconds: Duration::from_secs(10),
            until_eof: false,
            delivery: Duration::from_secs(120),
            answer: Duration::from_secs(5),
            deadline: Duration::from_secs(10),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--bootstrap" => options.bootstrap = Some(value()?),
                "--topic" => options.topic = value()?,
                "--partitions" => options.partitions = value()?.parse()?,
                "--tasks" => options.tasks = value()?.parse()?,
                "--records" => options.records = value()?.parse()?,
                "--rate" => options.rate = value()?.parse()?,
                "--size" => options.size = value()?.parse()?,
                "--codec" => options.compression = codec(&value()?)?,
                "--seconds" => options.seconds = Duration::from_secs(value()?.parse()?),
                "--until-eof" => options.until_eof = true,
                "--delivery" => options.delivery = milliseconds(&value()?)?,
                "--answer" => options.answer = milliseconds(&value()?)?,
                "--deadline" => options.deadline = milliseconds(&value()?)?,
                _ => {
                    return Err(format!(
                        "unknown argument {argument}: see the head of examples/endure/main.rs"
                    )
                    .into());
                }
            }
        }
        if options.tasks == 0 || options.rate == 0 || options.partitions < 1 {
            return Err("--tasks, --rate and --partitions must be 1 or more".into());
        }
        Ok(options)
    }
}

fn milliseconds(text: &str) -> Result<Duration> {
    Ok(Duration::from_millis(text.parse()?))
}

fn codec(name: &str) -> Result<Compression> {
    let codec = Codec::from_name(name).ok_or(format!("there is no codec {name}"))?;
    Ok(codec.into())
}
