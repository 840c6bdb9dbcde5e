//! Writes numbered records by a producer and reads from many tasks, whatever happens to the brokers meanwhile, and then holds what was acknowledged against
//! what is there.
//!
//! ```text
//! cargo run --example endure                                             three embedded brokers, of which one after the other is stopped and restarted
//! cargo run --example endure -- --bootstrap localhost:19192 --seconds 120    on any Kafka: stop and kill its brokers while this runs
//! ```
//!
//! More options: `--records N` (100000; at least so many are written), `--rate N` (10000 records a second, all tasks together), `--size BYTES` of a value (100),
//! `--tasks N` that write (64), `--partitions N` (6), `--codec NAME` (none), `--topic NAME` (made if it is not there), `--delivery MS` that a record may take
//! (120000), `--answer MS` that a broker may take for a batch (5000), `--deadline MS` of every other call (10000), and `--until-eof`: it goes on until its
//! standard input ends, each line of which names what is done to the brokers now, so that the report tells them apart.
//!
//! It fails if a record that was acknowledged is not where it was said to be, or is there twice, or behind one that its task sent later; if a record is
//! there that was said not to be; or if anything ends later than a second after its deadline.

mod leaders;
mod ledger;
mod load;
mod options;
mod requests;
mod unrest;

use std::error::Error as StdError;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::api_key::ApiKey;
use milena_broker::Cluster;

use leaders::Leaders;
use ledger::{Calls, Ledger, Verdict};
use options::Options;
use unrest::End;

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

/// How much later than its deadline anything may end.
const GRACE: Duration = Duration::from_secs(1);

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
    let options = Arc::new(Options::of_arguments()?);
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
    let producer = client
        .producer()
        .delivery_timeout(options.delivery)
        .request_timeout(options.answer)
        .max_block(options.delivery)
        .compression(options.compression)
        .build()?;

    let calls = Arc::new(Calls::default());
    let end = End::new(options.seconds, options.until_eof);
    let leaders = Arc::new(Leaders::new(options.partitions, end.phase()));
    let watching = tokio::spawn(leaders::watch(
        Arc::clone(&leaders),
        client.clone(),
        options.topic.clone(),
        end.clone(),
    ));
    let unrest = embedded
        .clone()
        .map(|cluster| tokio::spawn(unrest::restart_one_after_the_other(cluster, end.clone())));
    let began = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..options.tasks {
        let load = load::Load {
            client: client.clone(),
            options: Arc::clone(&options),
            number,
            calls: Arc::clone(&calls),
            leaders: Arc::clone(&leaders),
        };
        if number % 4 == 0 {
            tokio::spawn(load.clone().read(end.clone()));
        }
        writers.spawn(load.write(producer.clone(), end.clone()));
    }
    let pages = writers.join_all().await;
    let took = began.elapsed();
    watching.await?;
    if let Some(unrest) = unrest {
        unrest.await??;
    }
    // All deliveries are known by now.
    let is_closed = producer.close(GRACE).await;

    let mut ledger = Ledger::new(pages, options.partitions);
    requests::read_all(
        &client,
        &options.topic,
        options.partitions,
        |place, note| {
            ledger.found(place, note);
        },
    )
    .await?;
    let verdict = ledger.verdict();
    report(&client, &calls, &leaders, &verdict, took);
    let is_good = verdict.is_good() && calls.latest() <= GRACE && is_closed;
    client.close().await;
    println!("{}", if is_good { "held" } else { "NOT HELD" });
    Ok(is_good)
}

fn report(client: &Client, calls: &Calls, leaders: &Leaders, verdict: &Verdict, took: Duration) {
    println!("{}", client.describe());
    let (mut requests, mut retried, mut throttled) = (0, 0, 0);
    if let Some(metrics) = client.metrics() {
        for api in &metrics.apis {
            requests += api.requests;
            retried += api.retries;
            throttled += api.throttles;
            let errors = api.errors.iter().filter(|(_, count)| *count > 0);
            let errors: Vec<_> = errors
                .map(|(class, count)| format!("{class} {count}"))
                .collect();
            println!(
                "  {:24} {:9} requests, {:6} retries, p50 {:?}, p99 {:?}, slowest {:?}; errors: {}",
                api.api.unwrap_or(ApiKey(-1)).to_string(),
                api.requests,
                api.retries,
                api.request.p50(),
                api.request.p99(),
                api.request.max(),
                if errors.is_empty() {
                    "none".to_owned()
                } else {
                    errors.join(", ")
                },
            );
        }
    }
    println!("requests: {requests}, retries: {retried}, throttled: {throttled}");
    println!("failed by kind: {}", calls.failures());
    println!(
        "slowest delivery: {:?}; slowest call: {:?}; latest after its deadline: {:?}",
        calls.slowest_delivery(),
        calls.slowest(),
        calls.latest()
    );
    for (phase, moved, slowest) in leaders.recoveries() {
        println!(
            "  {phase}: leaders moved: {moved}, longest from a new leader to a record delivered: {slowest:?}"
        );
    }
    println!(
        "leaders moved: {}; longest from a new leader to a write acknowledged by it: {:?}; longest without any: {:?}",
        leaders.moved(),
        leaders.slowest_recovery(),
        leaders.longest_outage(),
    );
    println!("written and delivered in {took:?}");
    println!("{verdict}");
}
