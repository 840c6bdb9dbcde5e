//! Makes load on a cluster, and serves to Prometheus what the client counts of it.
//!
//! ```text
//! cargo run --example metrics                                   on three embedded brokers, in this process
//! cargo run --example metrics -- --bootstrap localhost:9092     on any Kafka
//! ```
//!
//! Then `http://localhost:9464/metrics` is the text for Prometheus, and `http://localhost:9464/` a table for people. `docker compose up` beside it
//! starts a Prometheus that reads it, with alerts, and a Grafana with a dashboard.
//!
//! More options: `--listen ADDRESS` (default `127.0.0.1:9464`; Prometheus in a container needs `0.0.0.0:9464`), `--rate N`, how many requests a second
//! (default 200), `--topic NAME` (default `milena-metrics`), `--deadline MS`, how long each may take (default 5000), `--seconds N`, after which it
//! prints the table and ends (default: never).

mod load;
mod serve;

use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::Duration;

use milena::Client;
use milena_broker::Cluster;
use tokio::net::TcpListener;

/// Examples fail with one line of text, whatever went wrong.
type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

struct Options {
    bootstrap: Option<String>,
    listen: String,
    topic: String,
    rate: u32,
    deadline: Duration,
    time: Option<Duration>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("metrics: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = options()?;
    // The embedded brokers live as long as this variable.
    let mut embedded = None;
    let bootstrap = match options.bootstrap {
        Some(addresses) => addresses.split(',').map(str::to_owned).collect(),
        None => {
            let cluster = Cluster::builder().nodes(3).start().await?;
            let addresses = cluster.bootstrap().to_vec();
            println!("three embedded brokers: {}", addresses.join(", "));
            embedded = Some(cluster);
            addresses
        }
    };
    let client = Client::builder()
        .bootstrap(bootstrap)
        .client_id("metrics-example")
        .deadline(options.deadline)
        .build()
        .await?;
    load::create_topic(&client, &options.topic).await?;
    let listener = TcpListener::bind(&options.listen).await?;
    println!("listening on http://{}/metrics", listener.local_addr()?);

    let serving = serve::serve(listener, client.clone());
    let loading = load::load(&client, &options.topic, options.rate);
    let both = async { tokio::join!(serving, loading) };
    if let Some(time) = options.time {
        let _ = tokio::time::timeout(time, both).await;
    } else {
        both.await;
    }
    if let Some(snapshot) = client.metrics() {
        print!("{snapshot}");
    }
    client.close().await;
    drop(embedded);
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        listen: "127.0.0.1:9464".to_owned(),
        topic: "milena-metrics".to_owned(),
        rate: 200,
        deadline: Duration::from_secs(5),
        time: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--listen" => options.listen = value()?,
            "--topic" => options.topic = value()?,
            "--rate" => options.rate = value()?.parse::<u32>()?.clamp(1, 100_000),
            "--deadline" => options.deadline = Duration::from_millis(value()?.parse()?),
            "--seconds" => options.time = Some(Duration::from_secs(value()?.parse()?)),
            _ => {
                return Err(format!(
                    "unknown argument {argument}; known: --bootstrap HOST:PORT,..., --listen ADDRESS:PORT, --topic NAME, --rate N, --deadline MS, --seconds N"
                )
                .into());
            }
        }
    }
    Ok(options)
}
