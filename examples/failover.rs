//! Shows what a client does when the broker that leads a partition dies and comes back: what the circuit breaker, the pool and the retries make of it.
//!
//! ```text
//! cargo run --example failover                                       three embedded brokers; the leader is stopped and restarted
//! cargo run --example failover -- --bootstrap localhost:19192        on any Kafka: stop and start its brokers yourself
//! ```
//!
//! More options: `--seconds N` (12), `--topic NAME` (made with three replicas if it is not there).

use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::wire::messages::{CreateTopicsRequest, ListOffsetsRequest};
use milena_broker::{AcceptAction, Cluster, Fault};

type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

struct Options {
    bootstrap: Option<String>,
    topic: String,
    seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failover: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = options()?;
    let mut embedded = None;
    let bootstrap = match &options.bootstrap {
        Some(address) => vec![address.clone()],
        None => {
            let cluster = Cluster::builder().nodes(3).start().await?;
            let addresses = cluster.bootstrap().to_vec();
            embedded = Some(cluster);
            addresses
        }
    };
    let client = Client::builder().bootstrap(bootstrap).build().await?;
    create(&client, &options.topic).await?;
    println!("{}\n", client.describe());

    let began = Instant::now();
    let at = move || format!("{:6.2} s", began.elapsed().as_secs_f64());
    let mut events = client.events();
    let telling = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            println!("{}  {event}", at());
        }
    });
    let end = began + Duration::from_secs(options.seconds);
    let asking = tokio::spawn(ask_until(client.clone(), options.topic.clone(), end));
    if let Some(cluster) = &embedded {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let leader = cluster.leader(&options.topic, 0).ok_or("no leader")?;
        println!(
            "{}  broker {leader}, which leads the partition, is cut off; its cluster has not noticed",
            at()
        );
        let cut_off = cluster.inject(Fault::at_accept(AcceptAction::Close).node(leader));
        cluster.drop_connections(leader);
        tokio::time::sleep(Duration::from_secs(3)).await;
        println!("{}  the cluster notices, and elects another leader", at());
        cluster.stop_node(leader).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        println!("{}  broker {leader} is back, and leads again", at());
        drop(cut_off);
        cluster.restart_node(leader).await?;
        cluster.move_leader(&options.topic, 0, leader)?;
    }
    let seen = asking.await?;
    println!("\n{}", client.describe());
    println!(
        "\nrequests: {}, of which failed: {}",
        seen.asked, seen.failed
    );
    println!("the slowest took {:?}", seen.slowest);
    if let Some(metrics) = client.metrics() {
        for api in metrics.apis.iter().filter(|api| api.requests > 0) {
            println!(
                "  {}: {} requests, {} retries",
                api.name(),
                api.requests,
                api.retries
            );
        }
    }
    client.close().await;
    telling.abort();
    if seen.failed > 0 && embedded.is_some() {
        return Err("requests failed although a leader was there within their deadline".into());
    }
    Ok(())
}

#[derive(Default)]
struct Seen {
    asked: u64,
    failed: u64,
    slowest: Duration,
}

/// Asks the leader of the partition for its end, a hundred times a second.
async fn ask_until(client: Client, topic: String, end: Instant) -> Seen {
    let mut seen = Seen::default();
    while Instant::now() < end {
        let partition = ListOffsetsPartition::default()
            .with_partition_index(0)
            .with_timestamp(-1);
        let topic = ListOffsetsTopic::default()
            .with_name(&*topic)
            .with_partitions(vec![partition]);
        let request = ListOffsetsRequest::default()
            .with_replica_id(-1)
            .with_topics(vec![topic]);
        let began = Instant::now();
        let answer = client.send(request).deadline(Duration::from_secs(10)).await;
        seen.asked += 1;
        seen.slowest = seen.slowest.max(began.elapsed());
        let code = answer.map(|answer| {
            let partition = answer
                .topics
                .first()
                .and_then(|topic| topic.partitions.first());
            partition.map_or(ErrorCode::UNKNOWN_SERVER_ERROR, |found| found.error_code)
        });
        match code {
            Ok(ErrorCode::NONE) => {}
            Ok(code) => {
                seen.failed += 1;
                println!("          failed: {code}");
            }
            Err(error) => {
                seen.failed += 1;
                println!("          failed: {error}");
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    seen
}

async fn create(client: &Client, topic: &str) -> Result<()> {
    let topic = CreatableTopic::default()
        .with_name(topic)
        .with_num_partitions(1)
        .with_replication_factor(3);
    let request = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(10_000);
    for topic in client.send(request).await?.topics {
        match topic.error_code {
            ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => {}
            code => return Err(format!("CreateTopics: {code}: {:?}", topic.error_message).into()),
        }
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        bootstrap: None,
        topic: "milena-failover".to_owned(),
        seconds: 12,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bootstrap" => options.bootstrap = Some(value()?),
            "--topic" => options.topic = value()?,
            "--seconds" => options.seconds = value()?.parse()?,
            _ => {
                return Err(format!(
                    "unknown argument {argument}; known: --bootstrap HOST:PORT, --topic NAME, --seconds N"
                )
                .into());
            }
        }
    }
    Ok(options)
}
