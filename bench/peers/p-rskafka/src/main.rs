//! rskafka: no idempotence, no keyless partitioner, no groups: one PartitionClient per partition.
//! produce: `BatchProducer` + `RecordAggregator` per partition, as its docs say, futures kept in flight by one task;
//! records go round the partitions in runs of a batch (`--api raw`: whole batches to `PartitionClient::produce`).
use futures::stream::{FuturesUnordered, SelectAll, StreamExt};
use measure::{Ages, Cfg, Meter, Pace, Payloads, Res, exists_ok, stamp};
use rskafka::client::consumer::{StartOffset, StreamConsumerBuilder};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::producer::{BatchProducerBuilder, aggregator::RecordAggregator};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn client(c: &Cfg) -> Res<Client> {
    Ok(ClientBuilder::new(vec![c.bootstrap.clone()])
        .build()
        .await?)
}

async fn create(c: &Cfg, k: &Client) -> Res<()> {
    exists_ok(
        k.controller_client()?
            .create_topic(c.topic.clone(), c.partitions, 1, 5000)
            .await,
    )?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

async fn partitions(c: &Cfg, k: &Client) -> Res<Vec<Arc<PartitionClient>>> {
    let mut v = Vec::new();
    for p in 0..c.partitions {
        v.push(Arc::new(
            k.partition_client(c.topic.clone(), p, UnknownTopicHandling::Retry)
                .await?,
        ));
    }
    Ok(v)
}

fn compression(c: &Cfg) -> Compression {
    match c.compression.as_str() {
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::NoCompression,
    }
}

fn record(v: &[u8]) -> Record {
    Record {
        key: None,
        value: Some(v.to_vec()),
        headers: BTreeMap::new(),
        timestamp: chrono::Utc::now(),
    }
}

async fn produce(c: Cfg) -> Res<()> {
    let k = client(&c).await?;
    create(&c, &k).await?;
    let ps = partitions(&c, &k).await?;
    let p = Payloads::new(c.size);
    // Its aggregator counts the values only, not the ~10 bytes a record adds: without the room for those a full
    // batch of small records passes the broker's max.message.bytes (1,048,588) and is refused.
    let per = (c.batch_bytes / (c.size + 12)).max(1) as u64; // records a batch takes
    let mut acked = 0u64;
    ps[0]
        .produce(vec![record(p.get(0))], Compression::NoCompression)
        .await?; // warm
    if c.api == "raw" {
        let z = compression(&c);
        let most = (c.buffer_bytes / c.batch_bytes).clamp(1, 16);
        let mut q = FuturesUnordered::new();
        let m = Meter::start();
        let (mut i, mut turn) = (0u64, 0usize);
        while i < c.records {
            let n = per.min(c.records - i);
            let batch: Vec<Record> = (i..i + n).map(|i| record(p.get(i))).collect();
            let client = Arc::clone(&ps[turn % ps.len()]);
            q.push(async move { client.produce(batch, z).await.map(|o| o.len() as u64) });
            (i, turn) = (i + n, turn + 1);
            while q.len() >= most {
                acked += q.next().await.expect("not empty")?;
            }
        }
        while let Some(r) = q.next().await {
            acked += r?;
        }
        m.done("rskafka-raw", &c, acked);
        return Ok(());
    }
    let bs: Vec<_> = ps
        .into_iter()
        .map(|p| {
            BatchProducerBuilder::new(p)
                .with_linger(Duration::from_millis(c.linger_ms))
                .with_compression(compression(&c))
                .build(RecordAggregator::new(per as usize * c.size))
        })
        .collect();
    // Bytes bound as for the other peers: it has no buffer bound of its own.
    let most = c.window.min(c.buffer_bytes / c.size.max(1)).max(1);
    let mut q = FuturesUnordered::new();
    let m = Meter::start();
    for i in 0..c.records {
        q.push(bs[(i / per) as usize % bs.len()].produce(record(p.get(i))));
        // A future does nothing until it is polled: let the set run now and then.
        if i % 256 == 255 {
            while let std::task::Poll::Ready(Some(r)) = futures::poll!(q.next()) {
                r?;
                acked += 1;
            }
        }
        while q.len() >= most {
            q.next().await.expect("not empty")?;
            acked += 1;
        }
    }
    while let Some(r) = q.next().await {
        r?;
        acked += 1;
    }
    m.done("rskafka", &c, acked);
    Ok(())
}

async fn latency(c: Cfg) -> Res<()> {
    let k = client(&c).await?;
    create(&c, &k).await?;
    let ps = partitions(&c, &k).await?;
    let p = Payloads::new(c.size);
    let z = compression(&c);
    for i in 0..100u64 {
        ps[0].produce(vec![record(p.get(i))], z).await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        ps[i as usize % ps.len()]
            .produce(vec![record(p.get(i))], z)
            .await?;
        m.lap(t);
    }
    m.done("rskafka", &c, c.records);
    Ok(())
}

async fn consume(c: Cfg) -> Res<()> {
    if c.group.is_some() {
        return Err("no consumer groups".into());
    }
    let k = client(&c).await?;
    let ps = partitions(&c, &k).await?;
    let mut m = Meter::start();
    let mut s: SelectAll<_> = ps
        .into_iter()
        .map(|p| StreamConsumerBuilder::new(p, StartOffset::Earliest).build())
        .collect();
    let (mut n, mut bytes) = (0u64, 0u64);
    while n < c.records {
        let (r, _) = s.next().await.ok_or("the stream ended")??;
        bytes += r.record.value.as_ref().map_or(0, Vec::len) as u64;
        n += 1;
        m.seen(n);
    }
    m.done("rskafka", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// How old records are when they come, under a steady rate.
async fn end_to_end(c: Cfg) -> Res<()> {
    let k = client(&c).await?;
    create(&c, &k).await?;
    let ps = partitions(&c, &k).await?;
    // A client of its own: over one connection, what is sent would wait behind a Fetch that waits.
    let reading = partitions(&c, &client(&c).await?).await?;
    let mut s: SelectAll<_> = reading
        .into_iter()
        .map(|p| StreamConsumerBuilder::new(p, StartOffset::Earliest).build())
        .collect();
    let bs: Vec<_> = ps
        .into_iter()
        .map(|p| {
            BatchProducerBuilder::new(p)
                .with_linger(Duration::from_millis(c.linger_ms))
                .build(RecordAggregator::new(
                    c.batch_bytes / (c.size + 12) * c.size,
                ))
        })
        .collect();
    let (size, rate, records) = (c.size, c.rate, c.records);
    let warm = rate;
    let sender = tokio::spawn(async move {
        let mut q = FuturesUnordered::new();
        let mut pace = Pace::new(rate);
        for i in 0..warm + records {
            pace.wait(i).await;
            q.push(bs[i as usize % bs.len()].produce(record(&stamp(size, i >= warm))));
            // Once, so that it is sent; those that are done are taken off.
            while let std::task::Poll::Ready(Some(r)) = futures::poll!(q.next()) {
                r?;
            }
        }
        while let Some(r) = q.next().await {
            r?;
        }
        Res::Ok(())
    });
    let mut ages = Ages::new(&c);
    while !ages.is_over() {
        let (r, _) = s.next().await.ok_or("the stream ended")??;
        ages.came(r.record.value.as_deref());
    }
    sender.await??;
    ages.done("rskafka", &c);
    Ok(())
}

fn main() {
    let mut c = Cfg::parse();
    c.idempotent = false; // it has none
    measure::run(c.threads, async move {
        match c.op.as_str() {
            "produce" => produce(c).await,
            "consume" => consume(c).await,
            "latency" => latency(c).await,
            "e2e" => end_to_end(c).await,
            o => Err(format!("unknown operation {o}").into()),
        }
    })
}
