//! rdkafka (librdkafka). produce `--api threaded` (default), `base`, `future`; consume `--api tuned` fetches on
//! without the second's pause that fetch.queue.backoff.ms is by default.
use measure::{Ages, Cfg, Keys, Meter, Pace, Payloads, Res, Window, exists_ok, stamp};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{
    BaseProducer, BaseRecord, FutureProducer, FutureRecord, ProducerContext, ThreadedProducer,
};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

#[derive(Clone, Default)]
struct Count(Arc<(AtomicU64, AtomicU64)>);
impl ClientContext for Count {}
impl ProducerContext for Count {
    type DeliveryOpaque = ();
    fn delivery(&self, r: &DeliveryResult<'_>, _: ()) {
        let n = if r.is_ok() { &self.0.0 } else { &self.0.1 };
        n.store(n.load(Relaxed) + 1, Relaxed); // one polling thread
    }
}

fn config(c: &Cfg) -> ClientConfig {
    let mut k = ClientConfig::new();
    k.set("bootstrap.servers", &c.bootstrap);
    k
}

fn producer_config(c: &Cfg) -> ClientConfig {
    let mut k = config(c);
    k.set("linger.ms", c.linger_ms.to_string())
        .set("acks", &c.acks)
        .set("enable.idempotence", c.idempotent.to_string())
        .set("max.in.flight.requests.per.connection", "5")
        .set("compression.type", &c.compression)
        // librdkafka closes a batch at batch.num.messages (10,000) too: lifted, so that bytes decide.
        .set("batch.size", c.batch_bytes.to_string())
        .set("batch.num.messages", "1000000")
        .set("queue.buffering.max.messages", c.window.to_string())
        .set(
            "queue.buffering.max.kbytes",
            (c.buffer_bytes / 1024).to_string(),
        )
        .set("sticky.partitioning.linger.ms", c.extra("sticky-ms", "10"));
    k
}

async fn create(c: &Cfg) -> Res<()> {
    let a: AdminClient<_> = config(c).create()?;
    let t = NewTopic::new(&c.topic, c.partitions, TopicReplication::Fixed(1));
    for r in a.create_topics([&t], &AdminOptions::new()).await? {
        exists_ok(r)?;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

fn full(e: &KafkaError) -> bool {
    matches!(
        e,
        KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)
    )
}

fn produce_cb(c: &Cfg) -> Res<()> {
    let p = Payloads::new(c.size);
    let n = Count::default();
    let k = producer_config(c);
    let threaded = c.api != "base";
    let (t, b): (Option<ThreadedProducer<Count>>, Option<BaseProducer<Count>>) = if threaded {
        (Some(k.create_with_context(n.clone())?), None)
    } else {
        (None, Some(k.create_with_context(n.clone())?))
    };
    // One record first (connections, metadata, producer id), as for every peer.
    match (&t, &b) {
        (Some(t), _) => t
            .send(BaseRecord::<(), [u8]>::to(&c.topic).payload(p.get(0)))
            .map_err(|e| e.0)?,
        (_, Some(b)) => b
            .send(BaseRecord::<(), [u8]>::to(&c.topic).payload(p.get(0)))
            .map_err(|e| e.0)?,
        _ => unreachable!(),
    }
    while n.0.0.load(Relaxed) + n.0.1.load(Relaxed) < 1 {
        match &b {
            Some(b) => b.poll(Duration::from_millis(10)),
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    n.0.0.store(0, Relaxed);
    let keys = Keys::wanted(c);
    let mut pace = Pace::new(c.rate);
    let m = Meter::start();
    for i in 0..c.records {
        pace.block(i);
        let mut r = BaseRecord::<[u8], [u8]>::to(&c.topic).payload(p.get(i));
        if let Some(key) = Keys::of(&keys, i) {
            r = r.key(key);
        }
        loop {
            let e = match (&t, &b) {
                (Some(t), _) => t.send(r),
                (_, Some(b)) => b.send(r),
                _ => unreachable!(),
            };
            match e {
                Ok(()) => break,
                Err((e, back)) if full(&e) => {
                    r = back;
                    match &b {
                        Some(b) => b.poll(Duration::from_millis(10)),
                        None => std::thread::sleep(Duration::from_micros(500)),
                    }
                }
                Err((e, _)) => return Err(e.into()),
            }
        }
        if let Some(b) = &b {
            if i % 1024 == 0 {
                b.poll(Duration::ZERO);
            }
        }
    }
    // No flush(): it would end the linger early for the last batches. Wait for the reports.
    while n.0.0.load(Relaxed) + n.0.1.load(Relaxed) < c.records {
        match &b {
            Some(b) => b.poll(Duration::from_millis(10)),
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    let (ok, bad) = (n.0.0.load(Relaxed), n.0.1.load(Relaxed));
    if bad > 0 {
        return Err(format!("{bad} records failed").into());
    }
    m.done(if threaded { "rdkafka" } else { "rdkafka-base" }, c, ok);
    Ok(())
}

async fn produce_future(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let f: FutureProducer = producer_config(&c).create()?;
    let mut w = Window::new(c.window);
    let one = FutureRecord::<(), [u8]>::to(&c.topic).payload(p.get(0));
    f.send(one, Duration::from_secs(30))
        .await
        .map_err(|(e, _)| e)?; // warm
    let m = Meter::start();
    for i in 0..c.records {
        let mut r = FutureRecord::<(), [u8]>::to(&c.topic).payload(p.get(i));
        loop {
            match f.send_result(r) {
                Ok(h) => {
                    w.push(Flat(h)).await?;
                    break;
                }
                Err((e, back)) if full(&e) => {
                    r = back;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err((e, _)) => return Err(e.into()),
            }
        }
    }
    w.drain().await?;
    m.done("rdkafka-future", &c, w.acked);
    Ok(())
}

/// DeliveryFuture's two layers of Result as one.
struct Flat(rdkafka::producer::DeliveryFuture);
impl Future for Flat {
    type Output = Result<(), KafkaError>;
    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(cx).map(|r| match r {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((e, _))) => Err(e),
            Err(_) => Err(KafkaError::Canceled),
        })
    }
}

async fn latency(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let f: FutureProducer = producer_config(&c).create()?;
    let send = |i: u64| {
        let f = &f;
        let c = &c;
        let v = p.get(i);
        async move {
            f.send(
                FutureRecord::<(), [u8]>::to(&c.topic).payload(v),
                Duration::from_secs(30),
            )
            .await
            .map_err(|(e, _)| e)
        }
    };
    for i in 0..100 {
        send(i).await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        send(i).await?;
        m.lap(t);
    }
    m.done("rdkafka-future", &c, c.records);
    Ok(())
}

fn consume(c: &Cfg) -> Res<()> {
    let mut k = config(c);
    k.set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("check.crcs", c.extra("check-crcs", "false"))
        // Its defaults unless asked for; when 100,000 messages are queued it fetches nothing for a second.
        .set("queued.min.messages", c.extra("queued-min", "100000"))
        .set(
            "fetch.queue.backoff.ms",
            c.extra(
                "queue-backoff-ms",
                if c.api == "tuned" { "5" } else { "1000" },
            ),
        )
        .set(
            "group.id",
            c.group.clone().unwrap_or_else(|| "peers-unused".into()),
        );
    let s: BaseConsumer = k.create()?;
    let mut m = Meter::start();
    if c.group.is_some() {
        s.subscribe(&[&c.topic])?;
    } else {
        let mut l = TopicPartitionList::new();
        for p in 0..c.partitions {
            l.add_partition_offset(&c.topic, p, Offset::Beginning)?;
        }
        s.assign(&l)?;
    }
    let (mut n, mut bytes) = (0u64, 0u64);
    while n < c.records {
        match s.poll(Duration::from_secs(10)) {
            Some(r) => {
                bytes += r?.payload().map_or(0, <[u8]>::len) as u64;
                n += 1;
                m.seen(n);
            }
            None => return Err(format!("nothing for 10 s after {n} records").into()),
        }
    }
    m.done(
        if c.api == "tuned" {
            "rdkafka-tuned"
        } else {
            "rdkafka"
        },
        c,
        n,
    );
    eprintln!("{bytes} bytes");
    Ok(())
}

/// How old records are when they come, under a steady rate: a thread that sends, one that polls.
fn end_to_end(c: &Cfg) -> Res<()> {
    let s: ThreadedProducer<Count> = producer_config(c).create_with_context(Count::default())?;
    let r: BaseConsumer = config(c)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("group.id", "peers-unused")
        .create()?;
    let mut l = TopicPartitionList::new();
    for p in 0..c.partitions {
        l.add_partition_offset(&c.topic, p, Offset::Beginning)?;
    }
    r.assign(&l)?;
    let warm = c.rate;
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| -> Res<()> {
            let mut pace = Pace::new(c.rate);
            for i in 0..warm + c.records {
                pace.block(i);
                let value = stamp(c.size, i >= warm);
                s.send(BaseRecord::<(), [u8]>::to(&c.topic).payload(&value))
                    .map_err(|e| e.0)?;
            }
            Ok(())
        });
        let mut ages = Ages::new(c);
        while !ages.is_over() {
            let r = r
                .poll(Duration::from_secs(10))
                .ok_or("nothing for 10 s")??;
            ages.came(r.payload());
        }
        sender.join().map_err(|_| "the sender panicked")??;
        ages.done("rdkafka", c);
        Ok(())
    })
}

fn main() {
    let c = Cfg::parse();
    measure::run(c.threads, async move {
        match (c.op.as_str(), c.api.as_str()) {
            ("produce", "future") => produce_future(c).await,
            ("produce", _) => {
                create(&c).await?;
                tokio::task::spawn_blocking(move || produce_cb(&c)).await?
            }
            ("consume", _) => tokio::task::spawn_blocking(move || consume(&c)).await?,
            ("latency", _) => latency(c).await,
            ("e2e", _) => {
                create(&c).await?;
                tokio::task::spawn_blocking(move || end_to_end(&c)).await?
            }
            (o, _) => Err(format!("unknown operation {o}").into()),
        }
    })
}
