//! Writes and reads from many tasks for a while, whatever happens to the brokers meanwhile, and then holds what was acknowledged against what is there.
//!
//! ```text
//! cargo run --example endure                                             three embedded brokers, of which one after the other is stopped and restarted
//! cargo run --example endure -- --bootstrap localhost:19192 --seconds 120    on any Kafka: stop and kill its brokers while this runs
//! ```
//!
//! More options: `--until-eof` (goes on after the seconds until its standard input ends), `--tasks N` (64), `--partitions N` (6), `--deadline MS` of each call (10000), `--topic NAME` (made if it is not there).
//!
//! It fails if a call ends later than a second after its deadline, or a record that was acknowledged is not where it was said to be, or is there twice.

mod leaders;
mod ledger;
mod load;
mod requests;

use std::error::Error as StdError;
use std::io::Read as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::api_key::ApiKey;
use milena_broker::Cluster;

use leaders::Leaders;
use ledger::Ledger;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// When it is enough.
#[derive(Clone)]
pub(crate) struct End {
    at: Instant,
    /// Whether standard input has ended, if that is waited for.
    is_told: Arc<AtomicBool>,
}

impl End {
    fn new(after: Duration, until_eof: bool) -> Self {
        let is_told = Arc::new(AtomicBool::new(!until_eof));
        if until_eof {
            let told = Arc::clone(&is_told);
            std::thread::spawn(move || {
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                told.store(true, Ordering::Relaxed);
            });
        }
        let at = Instant::now() + after;
        Self { at, is_told }
    }

    pub(crate) fn has_come(&self) -> bool {
        Instant::now() >= self.at && self.is_told.load(Ordering::Relaxed)
    }
}

/// How much later than its deadline a call may end.
const GRACE: Duration = Duration::from_secs(1);

struct Options {
    bootstrap: Option<String>,
    topic: String,
    tasks: usize,
    partitions: i32,
    seconds: u64,
    until_eof: bool,
    deadline: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("endure: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let options = options()?;
    let mut embedded = None;
    let bootstrap = match &options.bootstrap {
        Some(address) => vec![address.clone()],
        None => {
            let cluster = Cluster::builder().nodes(3).start().await?;
            let addresses = cluster.bootstrap().to_vec();
            embedded = Some(Arc::new(cluster));
            addresses
        }
    };
    let client = Client::builder().bootstrap(bootstrap).build().await?;
    requests::create_topic(&client, &options.topic, options.partitions).await?;
    println!("{}", client.describe());

    let ledger = Arc::new(Ledger::default());
    let leaders = Arc::new(Leaders::new(options.partitions));
    let end = End::new(Duration::from_secs(options.seconds), options.until_eof);
    let watching = tokio::spawn(leaders::watch(
        Arc::clone(&leaders),
        client.clone(),
        options.topic.clone(),
        end.clone(),
    ));
    let unrest = embedded
        .clone()
        .map(|cluster| tokio::spawn(restart_one_after_the_other(cluster, end.clone())));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..options.tasks {
        let load = load::Load {
            client: client.clone(),
            topic: options.topic.clone(),
            partitions: options.partitions,
            number,
            deadline: options.deadline,
            ledger: Arc::clone(&ledger),
            leaders: Arc::clone(&leaders),
        };
        tasks.spawn(load.run(end.clone()));
    }
    tasks.join_all().await;
    watching.await?;
    if let Some(unrest) = unrest {
        unrest.await??;
    }

    let found = requests::read_all(&client, &options.topic, options.partitions).await?;
    let verdict = ledger.verdict(&found);
    report(&client, &ledger, &leaders, &verdict);
    let latest = ledger.latest();
    let is_good = verdict.is_good() && latest <= GRACE && ledger.acknowledged() > 0;
    client.close().await;
    println!("{}", if is_good { "held" } else { "NOT HELD" });
    Ok(is_good)
}

/// Each node in turn is gone for a second.
async fn restart_one_after_the_other(cluster: Arc<Cluster>, end: End) -> Result<()> {
    loop {
        for node in cluster.nodes() {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if end.has_come() {
                return Ok(());
            }
            cluster.stop_node(node.id).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            cluster.restart_node(node.id).await?;
        }
    }
}

fn report(client: &Client, ledger: &Ledger, leaders: &Leaders, verdict: &ledger::Verdict) {
    println!("{}", client.describe());
    let (mut calls, mut retried, mut throttled) = (0, 0, 0);
    if let Some(metrics) = client.metrics() {
        for api in &metrics.apis {
            calls += api.requests;
            retried += api.retries;
            throttled += api.throttles;
            println!(
                "  {:24} {:9} calls, {:6} retries, {:6} failed, p50 {:?}, p99 {:?}, slowest {:?}",
                api.api.unwrap_or(ApiKey(-1)).to_string(),
                api.requests,
                api.retries,
                api.failed(),
                api.request.p50(),
                api.request.p99(),
                api.request.max(),
            );
        }
    }
    println!("calls: {calls}, retries: {retried}, throttled: {throttled}");
    println!("failed by kind: {}", ledger.failures());
    println!(
        "slowest call: {:?}; latest after its deadline: {:?}",
        ledger.slowest(),
        ledger.latest()
    );
    println!(
        "leaders moved: {}; longest from a new leader to a write acknowledged by it: {:?}; longest without any: {:?}",
        leaders.moved(),
        leaders.slowest_recovery(),
        leaders.longest_outage(),
    );
    println!("{verdict}");
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        topic: "milena-endure".to_owned(),
        tasks: 64,
        partitions: 6,
        seconds: 10,
        until_eof: false,
        deadline: Duration::from_secs(10),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--topic" => options.topic = value()?,
            "--tasks" => options.tasks = value()?.parse()?,
            "--partitions" => options.partitions = value()?.parse()?,
            "--seconds" => options.seconds = value()?.parse()?,
            "--until-eof" => options.until_eof = true,
            "--deadline" => options.deadline = Duration::from_millis(value()?.parse()?),
            _ => {
                return Err(format!(
                    "unknown argument {argument}; known: --bootstrap, --topic, --tasks, --partitions, --seconds, --deadline"
                )
                .into());
            }
        }
    }
    Ok(options)
}
