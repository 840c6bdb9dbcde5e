//! milena.
//! produce: `send`, whose delivery is dropped at once; after `flush` the offsets of the log tell how many records are in it. `--api keep`
//! keeps every delivery and awaits it, as the peers with futures do.
//! consume: batches that borrow; `--api records` gives owned records, one by one.
//! e2e: how old records are when they come.
//! beside: how long a small request takes beside a full producer and a Fetch that waits; `--api bare` sends it over a bare socket.
//! delete: the topic. tidy: has brokers remove deleted topics from the disk after a second, not a minute.
//! latency: a send and its delivery, one after the other; `--api raw` is a Produce request with one record over `Connection`.

mod beside;
mod consume;
mod end_to_end;
mod latency;
mod produce;

use measure::{Cfg, Res, exists_ok};
use milena::Client;
use milena::admin::{ConfigChange, ConfigResource, NewTopic};
use milena::producer::{Acks, Producer};
use milena::wire::compression::{Codec, Compression};
use std::time::Duration;

async fn client(c: &Cfg) -> Res<Client> {
    Ok(Client::builder()
        .bootstrap(c.bootstrap.split(','))
        .build()
        .await?)
}

async fn create(c: &Cfg, k: &Client) -> Res<()> {
    let topic = NewTopic::new(&c.topic)
        .partitions(c.partitions)
        .replication_factor(1);
    exists_ok(k.admin().create_topic(topic).await)?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

fn compression(c: &Cfg) -> Res<Compression> {
    let name = &c.compression;
    let codec = Codec::from_name(name).ok_or(format!("unknown codec {name}"))?;
    Ok(codec.into())
}

fn producer(c: &Cfg, k: &Client) -> Res<Producer> {
    let acks = match c.acks.as_str() {
        "all" => Acks::All,
        "1" => Acks::Leader,
        _ => Acks::None,
    };
    Ok(k.producer()
        .acks(acks)
        .idempotence(c.idempotent)
        .linger(Duration::from_millis(c.linger_ms))
        .batch_size(c.batch_bytes)
        .buffer_memory(c.buffer_bytes)
        .compression(compression(c)?)
        .build()?)
}

fn main() {
    let c = Cfg::parse();
    measure::run(c.threads, async move {
        match c.op.as_str() {
            "produce" => produce::produce(c).await,
            "tidy" => {
                let changes = vec![("log.segment.delete.delay.ms", ConfigChange::set("1000"))];
                let k = client(&c).await?;
                k.admin()
                    .incremental_alter_configs([(ConfigResource::AllBrokers, changes)])
                    .await
                    .all()?;
                Ok(())
            }
            "delete" => {
                client(&c).await?.admin().delete_topic(&c.topic).await?;
                Ok(())
            }
            "consume" if c.api == "records" => consume::records(c).await,
            "consume" => consume::batches(c).await,
            "beside" => beside::beside(c).await,
            "e2e" => end_to_end::end_to_end(c).await,
            "latency" if c.api == "raw" => latency::raw(c).await,
            "latency" => latency::latency(c).await,
            o => Err(format!("unknown operation {o}").into()),
        }
    })
}
