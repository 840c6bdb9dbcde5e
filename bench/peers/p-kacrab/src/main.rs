//! kacrab: synchronous `send`, then the delivery futures. `--api callback` is `send_with_callback`; 0.4.0 registers
//! a callback only after the record is in the batch, so one is lost now and then: run.sh leaves it out.
//! Its `send` spins on the caller's thread while buffer.memory is full, up to max.block.ms: inside a Tokio worker
//! that can keep the sender task in the same worker's slot from running, so the records in flight are bounded
//! here to half the buffer (and a multi-threaded runtime is needed).
use bytes::Bytes;
use kacrab::admin::{AdminClient, CreateTopicsOptions, NewTopic};
use kacrab::common::TopicPartition;
use kacrab::consumer::Consumer;
use kacrab::producer::{Producer, ProducerRecord};
use measure::{Ages, Cfg, Keys, Meter, Pace, Payloads, Res, Window, exists_ok, stamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

async fn create(c: &Cfg) -> Res<()> {
    let a = AdminClient::from_map([("bootstrap.servers", c.bootstrap.as_str())]).await?;
    exists_ok(
        a.create_topics(
            vec![NewTopic::new(&c.topic, c.partitions, 1)],
            CreateTopicsOptions::default(),
        )
        .await,
    )?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

async fn producer(c: &Cfg) -> Res<Producer> {
    Ok(Producer::builder()
        .set("bootstrap.servers", c.bootstrap.as_str())
        .set("acks", c.acks.as_str())
        .set(
            "enable.idempotence",
            if c.idempotent { "true" } else { "false" },
        )
        .set("linger.ms", c.linger_ms.to_string().as_str())
        .set("batch.size", c.batch_bytes.to_string().as_str())
        .set("buffer.memory", c.buffer_bytes.to_string().as_str())
        // 1 MiB by default; a request carries one batch per partition.
        .set(
            "max.request.size",
            c.batch_bytes.max(1 << 20).to_string().as_str(),
        )
        .set("compression.type", c.compression.as_str())
        .build()
        .await?)
}

async fn produce(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c).await?;
    let topic: Arc<str> = Arc::from(c.topic.as_str());
    let keys = Keys::wanted(&c);
    let rec = |i: u64| match Keys::of(&keys, i) {
        Some(key) => ProducerRecord::topic_key_value(
            Arc::clone(&topic),
            Bytes::from_static(key),
            Bytes::from_static(p.get(i)),
        ),
        None => ProducerRecord::topic_value(Arc::clone(&topic), Bytes::from_static(p.get(i))),
    };
    s.send(rec(0))?.await?; // warm
    let window = c.window.min(c.buffer_bytes / 2 / (c.size + 20)).max(1);
    if c.api == "callback" {
        let n = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let m = Meter::start();
        for i in 0..c.records {
            let k = Arc::clone(&n);
            let _ = s.send_with_callback(rec(i), move |r| {
                (if r.is_ok() { &k.0 } else { &k.1 }).fetch_add(1, Relaxed);
            })?;
            if i % 256 == 255 {
                tokio::task::yield_now().await;
                let t = Instant::now();
                while i + 1 - n.0.load(Relaxed) - n.1.load(Relaxed) > window as u64 {
                    tokio::time::sleep(Duration::from_micros(200)).await;
                    if t.elapsed() > Duration::from_secs(10) {
                        let (ok, bad) = (n.0.load(Relaxed), n.1.load(Relaxed));
                        return Err(
                            format!("stuck: {i} sent, {ok} acknowledged, {bad} failed").into()
                        );
                    }
                }
            }
        }
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let k = n.0.load(Relaxed) + n.1.load(Relaxed);
            if k >= c.records {
                break;
            }
            if k > last {
                (last, since) = (k, Instant::now());
            } else if since.elapsed() > Duration::from_secs(10) {
                return Err(
                    format!("sent all, but only {k} of {} callbacks came", c.records).into(),
                );
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        if n.1.load(Relaxed) > 0 {
            return Err("some records failed".into());
        }
        m.done("kacrab-callback", &c, n.0.load(Relaxed));
        return Ok(());
    }
    let mut w = Window::new(window);
    let m = Meter::start();
    let mut pace = Pace::new(c.rate);
    for i in 0..c.records {
        pace.wait(i).await;
        w.push(s.send(rec(i))?).await?;
    }
    w.drain().await?;
    m.done("kacrab", &c, w.acked);
    Ok(())
}

async fn latency(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c).await?;
    let topic: Arc<str> = Arc::from(c.topic.as_str());
    let rec =
        |i: u64| ProducerRecord::topic_value(Arc::clone(&topic), Bytes::from_static(p.get(i)));
    for i in 0..100 {
        s.send(rec(i))?.await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        s.send(rec(i))?.await?;
        m.lap(t);
    }
    m.done("kacrab", &c, c.records);
    Ok(())
}

async fn consume(c: Cfg) -> Res<()> {
    let mut k = vec![
        ("bootstrap.servers", c.bootstrap.clone()),
        ("auto.offset.reset", "earliest".into()),
        ("enable.auto.commit", "false".into()),
        ("max.poll.records", c.extra("max-poll", "500")),
    ];
    if let Some(g) = &c.group {
        k.push(("group.id", g.clone()));
    }
    let mut s = Consumer::from_map(k).await?;
    let mut m = Meter::start();
    if c.group.is_some() {
        s.subscribe([c.topic.as_str()])?;
    } else {
        s.assign((0..c.partitions).map(|p| TopicPartition::new(&c.topic, p)))?;
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
        n += rs.count() as u64;
        m.seen(n);
    }
    m.done("kacrab", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// How old records are when they come, under a steady rate.
async fn end_to_end(c: Cfg) -> Res<()> {
    create(&c).await?;
    let s = producer(&c).await?;
    let k = [
        ("bootstrap.servers", c.bootstrap.as_str()),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
    ];
    let mut r = Consumer::from_map(k).await?;
    r.assign((0..c.partitions).map(|p| TopicPartition::new(&c.topic, p)))?;
    let topic: Arc<str> = Arc::from(c.topic.as_str());
    let (size, rate, records) = (c.size, c.rate, c.records);
    let warm = rate;
    let sender = tokio::spawn(async move {
        let mut w = Window::new(100_000);
        let mut pace = Pace::new(rate);
        for i in 0..warm + records {
            pace.wait(i).await;
            w.push(s.send(ProducerRecord::topic_value(
                Arc::clone(&topic),
                stamp(size, i >= warm),
            ))?)
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
    ages.done("kacrab", &c);
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
