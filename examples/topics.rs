//! Lists, makes, describes and deletes topics.
//!
//! ```text
//! cargo run --example topics                                    all of it, on three embedded brokers, in this process
//! cargo run --example topics -- --bootstrap localhost:9092      all of it, on any Kafka, with a topic that is deleted in the end
//! cargo run --example topics -- --bootstrap localhost:9092 list
//! cargo run --example topics -- --bootstrap localhost:9092 create orders --partitions 12 --replicas 3 --config retention.ms=3600000
//! cargo run --example topics -- --bootstrap localhost:9092 describe orders customers
//! cargo run --example topics -- --bootstrap localhost:9092 delete orders
//! ```

use std::error::Error as StdError;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use milena::Client;
use milena::admin::{Admin, ConfigResource, NewTopic, TopicDescription};
use milena_broker::Cluster;

/// Examples fail with one line of text, whatever went wrong.
type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

enum Command {
    All,
    List,
    Create(NewTopic),
    Describe(Vec<String>),
    Delete(Vec<String>),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("topics: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let (bootstrap, command) = arguments()?;
    // The embedded brokers live as long as this variable.
    let mut embedded = None;
    let bootstrap = match bootstrap {
        Some(addresses) => addresses.split(',').map(str::to_owned).collect(),
        None => {
            let cluster = Cluster::builder().nodes(3).start().await?;
            let addresses = cluster.bootstrap().to_vec();
            println!("three embedded brokers: {}", addresses.join(", "));
            embedded = Some(cluster);
            addresses
        }
    };
    let client = Client::builder().bootstrap(bootstrap).build().await?;
    let admin = client.admin();
    match command {
        Command::All => all(&admin).await?,
        Command::List => list(&admin).await?,
        Command::Create(topic) => create(&admin, topic).await?,
        Command::Describe(topics) => describe(&admin, topics).await?,
        Command::Delete(topics) => delete(&admin, topics).await?,
    }
    client.close().await;
    drop(embedded);
    Ok(())
}

/// The life of a topic.
async fn all(admin: &Admin) -> Result<()> {
    let name = format!(
        "milena-topics-{}",
        SystemTime::UNIX_EPOCH.elapsed()?.as_millis()
    );
    let topic = NewTopic::new(&*name).partitions(3);
    create(admin, topic.config("retention.ms", "3600000")).await?;
    // Not every broker knows it at once.
    let mut tries = 50;
    while admin.describe_topic(&*name).await.is_err() && tries > 0 {
        tries -= 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    list(admin).await?;
    describe(admin, vec![name.clone()]).await?;
    delete(admin, vec![name]).await
}

async fn list(admin: &Admin) -> Result<()> {
    let topics = admin.list_topics().await?;
    println!("{} topics", topics.len());
    for topic in topics {
        match topic.topic_id {
            Some(id) => println!("  {}  {id}", topic.name),
            None => println!("  {}", topic.name),
        }
    }
    Ok(())
}

async fn create(admin: &Admin, topic: NewTopic) -> Result<()> {
    let created = admin.create_topic(topic).await?;
    match (created.partitions, created.replication_factor) {
        (Some(partitions), Some(replicas)) => {
            println!("made, with {partitions} partitions of {replicas} replicas");
        }
        _ => println!("made"),
    }
    Ok(())
}

async fn describe(admin: &Admin, topics: Vec<String>) -> Result<()> {
    let described = admin.describe_topics(topics).await;
    for (_, topic) in described.successes() {
        print_topic(topic);
        let configs = admin
            .describe_config(ConfigResource::topic(&*topic.name))
            .await?;
        for config in configs.values().filter(|config| !config.is_default()) {
            let value = config.value.as_deref().unwrap_or("(not told)");
            println!("  {} = {value}", config.name);
        }
    }
    // What is wrong with one topic does not hide the others.
    for (topic, error) in described.failures() {
        println!("{topic}: {error}");
    }
    described.all()?;
    Ok(())
}

fn print_topic(topic: &TopicDescription) {
    println!("{}, {} partitions", topic.name, topic.partitions.len());
    for partition in &topic.partitions {
        let leader = match partition.leader {
            Some(leader) => format!("leader {leader}"),
            None => "no leader".to_owned(),
        };
        println!(
            "  {:>3}: {leader}, replicas {:?}, in sync {:?}",
            partition.partition, partition.replicas, partition.in_sync_replicas
        );
    }
}

async fn delete(admin: &Admin, topics: Vec<String>) -> Result<()> {
    let deleted = admin.delete_topics(topics).await;
    for (topic, ()) in deleted.successes() {
        println!("{topic} is deleted");
    }
    for (topic, error) in deleted.failures() {
        println!("{topic}: {error}");
    }
    deleted.all()?;
    Ok(())
}

fn arguments() -> Result<(Option<String>, Command)> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut bootstrap = None;
    if arguments.next_if(|word| word == "--bootstrap").is_some() {
        bootstrap = Some(arguments.next().ok_or("--bootstrap needs an address")?);
    }
    let command = match arguments.next().as_deref() {
        None => return Ok((bootstrap, Command::All)),
        Some("list") => Command::List,
        Some("describe") => Command::Describe(arguments.by_ref().collect()),
        Some("delete") => Command::Delete(arguments.by_ref().collect()),
        Some("create") => {
            let name = arguments.next().ok_or("create needs a name")?;
            let mut topic = NewTopic::new(name);
            while let Some(option) = arguments.next() {
                let value = arguments.next().ok_or(format!("{option} needs a value"))?;
                topic = match option.as_str() {
                    "--partitions" => topic.partitions(value.parse()?),
                    "--replicas" => topic.replication_factor(value.parse()?),
                    "--config" => {
                        let (name, value) = value.split_once('=').ok_or("--config NAME=VALUE")?;
                        topic.config(name, value)
                    }
                    _ => return Err(format!("there is no option {option}").into()),
                };
            }
            Command::Create(topic)
        }
        Some(other) => return Err(format!("there is no command {other}").into()),
    };
    match arguments.next() {
        None => Ok((bootstrap, command)),
        Some(word) => Err(format!("{word}: too many words").into()),
    }
}
