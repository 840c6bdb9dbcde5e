//! krafka: `enqueue` and delivery handles; `consumer_without_group` + `assign` + `poll`.
use bytes::Bytes;
use krafka::admin::{CreateTopicsOptions, NewTopic};
use krafka::consumer::AutoOffsetReset;
use krafka::producer::{Acks, Producer};
use krafka::{Compression, Kafka, Record};
use measure::{Ages, Cfg, Keys, Meter, Pace, Payloads, Res, Window, exists_ok, stamp};
use std::time::{Duration, Instant};

async fn connect(c: &Cfg) -> Res<Kafka> {
    Ok(Kafka::builder(c.bootstrap.clone()).connect().await?)
}

async fn create(c: &Cfg, k: &Kafka) -> Res<()> {
    let a = k.admin();
    for (_, r) in a
        .create_topics(
            [NewTopic::new(&c.topic, c.partitions, 1)?],
            CreateTopicsOptions::default(),
        )
        .await?
    {
        exists_ok(r)?;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

async fn producer(c: &Cfg, k: &Kafka) -> Res<Producer> {
    Ok(k.producer()
        .acks(match c.acks.as_str() {
            "all" | "-1" => Acks::All,
            "1" => Acks::Leader,
            _ => Acks::None,
        })
        .idempotent(c.idempotent)
        .linger(Duration::from_millis(c.linger_ms))
        .batch_size(c.batch_bytes)
        .buffer_memory(c.buffer_bytes)
        .compression(match c.compression.as_str() {
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::None,
        })
        .build()
        .await?)
}

async fn produce(c: Cfg) -> Res<()> {
    let k = connect(&c).await?;
    create(&c, &k).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c, &k).await?;
    let keys = Keys::wanted(&c);
    let mut w = Window::new(c.window);
    let _ = s
        .send(Record::new(c.topic.as_str(), Bytes::from_static(p.get(0))))
        .await?; // warm
    let m = Meter::start();
    let mut pace = Pace::new(c.rate);
    for i in 0..c.records {
        pace.wait(i).await;
        let mut r = Record::new(c.topic.as_str(), Bytes::from_static(p.get(i)));
        if let Some(key) = Keys::of(&keys, i) {
            r = r.key(Bytes::from_static(key));
        }
        let h = s.enqueue(r).await?;
        w.push(h).await?;
    }
    w.drain().await?;
    m.done("krafka", &c, w.acked);
    Ok(())
}

async fn latency(c: Cfg) -> Res<()> {
    let k = connect(&c).await?;
    create(&c, &k).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c, &k).await?;
    for i in 0..100 {
        let _ = s
            .send(Record::new(c.topic.as_str(), Bytes::from_static(p.get(i))))
            .await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        let _ = s
            .send(Record::new(c.topic.as_str(), Bytes::from_static(p.get(i))))
            .await?;
        m.lap(t);
    }
    m.done("krafka", &c, c.records);
    Ok(())
}

async fn consume(c: Cfg) -> Res<()> {
    let k = connect(&c).await?;
    let b = match &c.group {
        Some(g) => k.consumer(g.clone()),
        None => k.consumer_without_group(),
    };
    let mut b = b
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .enable_auto_commit(false);
    // Not the defaults (500, 500): its performance page says to raise the second for throughput.
    b = b.max_poll_records(measure::num(&c.extra("max-poll", "2000")));
    b = b.max_buffered_records(measure::num(&c.extra("max-buffered", "20000")));
    let s = b.build().await?;
    let mut m = Meter::start();
    if c.group.is_some() {
        s.subscribe([c.topic.as_str()]).await?;
    } else {
        s.assign(&c.topic, (0..c.partitions).collect()).await?;
    }
    let (mut n, mut bytes, mut idle) = (0u64, 0u64, 0);
    while n < c.records {
        let rs = s.poll(Duration::from_secs(1)).await?;
        idle = if rs.is_empty() { idle + 1 } else { 0 };
        if idle > 10 {
            return Err(format!("nothing for 10 s after {n} records").into());
        }
        for r in &rs {
            bytes += r.value.as_ref().map_or(0, |v| v.len()) as u64;
        }
        n += rs.len() as u64;
        m.seen(n);
    }
    m.done("krafka", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// How old records are when they come, under a steady rate.
async fn end_to_end(c: Cfg) -> Res<()> {
    let k = connect(&c).await?;
    create(&c, &k).await?;
    let s = producer(&c, &k).await?;
    // Of its own: over one connection, what is sent would wait behind a Fetch that waits.
    let k = connect(&c).await?;
    let r = k
        .consumer_without_group()
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .enable_auto_commit(false)
        .build()
        .await?;
    r.assign(&c.topic, (0..c.partitions).collect()).await?;
    let (topic, size, rate, records) = (c.topic.clone(), c.size, c.rate, c.records);
    let warm = rate;
    let sender = tokio::spawn(async move {
        let mut w = Window::new(200_000);
        let mut pace = Pace::new(rate);
        for i in 0..warm + records {
            pace.wait(i).await;
            w.push(
                s.enqueue(Record::new(topic.as_str(), stamp(size, i >= warm)))
                    .await?,
            )
            .await?;
        }
        w.drain().await
    });
    let mut ages = Ages::new(&c);
    while !ages.is_over() {
        for r in &r.poll(Duration::from_secs(1)).await? {
            ages.came(r.value.as_deref());
        }
    }
    sender.await??;
    ages.done("krafka", &c);
    Ok(())
}

fn main() {
    let c = Cfg::parse();
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
