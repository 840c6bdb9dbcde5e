//! confluent-kafka (the Java client translated): the zero-copy `send(&[u8], callback)`;
//! `--api future` keeps the returned KafkaFutures instead of a callback.
use confluent_kafka::admin::{AdminClient, AdminClientConfig, NewTopic};
use confluent_kafka::common::TopicPartition;
use confluent_kafka::common::serialization::{ByteArraySerializer, BytesDeserializer};
use confluent_kafka::consumer::{Consumer, ConsumerConfig, KafkaConsumer};
use confluent_kafka::producer::{
    Callback, KafkaProducer, ProducerConfig, ProducerRecord, RecordMetadata,
};
use measure::{Ages, Cfg, Keys, Meter, Pace, Payloads, Res, exists_ok, stamp};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn props(c: &Cfg, more: &[(&str, String)]) -> HashMap<String, String> {
    let mut m = HashMap::from([("bootstrap.servers".to_string(), c.bootstrap.clone())]);
    m.extend(more.iter().map(|(k, v)| (k.to_string(), v.clone())));
    m
}

async fn create(c: &Cfg) -> Res<()> {
    let a = AdminClient::create(AdminClientConfig::new(&props(c, &[]))?)?;
    let t = NewTopic::with_num_partitions_replication_factor(&c.topic, Some(c.partitions), Some(1));
    exists_ok(a.create_topics(&[t]).all().get().await)?;
    a.close().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

fn producer(c: &Cfg) -> Res<KafkaProducer<Vec<u8>, Vec<u8>>> {
    let p = props(
        c,
        &[
            ("acks", c.acks.clone()),
            ("enable.idempotence", c.idempotent.to_string()),
            ("linger.ms", c.linger_ms.to_string()),
            ("batch.size", c.batch_bytes.to_string()),
            ("buffer.memory", c.buffer_bytes.to_string()),
            ("compression.type", c.compression.clone()),
        ],
    );
    Ok(KafkaProducer::new(
        ProducerConfig::new(&p)?,
        ByteArraySerializer::default(),
        ByteArraySerializer::default(),
    )?)
}

struct Count(Arc<(AtomicU64, AtomicU64)>);
impl Callback for Count {
    fn on_completion(
        self: Box<Self>,
        _: Option<&RecordMetadata>,
        e: Option<&confluent_kafka::common::Error>,
    ) {
        (if e.is_none() { &self.0.0 } else { &self.0.1 }).fetch_add(1, Relaxed);
    }
}

fn record<'a>(c: &Cfg, v: &'a [u8]) -> ProducerRecord<&'a [u8], &'a [u8]> {
    ProducerRecord::new(c.topic.clone(), Some(v))
}

async fn produce(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c)?;
    s.send(record(&c, p.get(0)), None).await?.get().await?; // warm
    if c.api == "future" {
        let mut q = VecDeque::new();
        let mut n = 0u64;
        let m = Meter::start();
        for i in 0..c.records {
            q.push_back(s.send(record(&c, p.get(i)), None).await?);
            if q.len() >= c.window || i % 1024 == 0 {
                while q.front().is_some_and(|f| f.is_done()) || q.len() >= c.window {
                    q.pop_front().expect("not empty").get().await?;
                    n += 1;
                }
            }
        }
        for f in q {
            f.get().await?;
            n += 1;
        }
        m.done("confluent-future", &c, n);
        return Ok(());
    }
    let n = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let keys = Keys::wanted(&c);
    let mut pace = Pace::new(c.rate);
    let m = Meter::start();
    for i in 0..c.records {
        pace.wait(i).await;
        let r = match Keys::of(&keys, i) {
            Some(key) => ProducerRecord::with_key(c.topic.clone(), Some(key), Some(p.get(i))),
            None => record(&c, p.get(i)),
        };
        let _ = s.send(r, Some(Box::new(Count(Arc::clone(&n))))).await?;
    }
    while n.0.load(Relaxed) + n.1.load(Relaxed) < c.records {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    if n.1.load(Relaxed) > 0 {
        return Err(format!("{} records failed", n.1.load(Relaxed)).into());
    }
    m.done("confluent", &c, n.0.load(Relaxed));
    Ok(())
}

async fn latency(c: Cfg) -> Res<()> {
    create(&c).await?;
    let p = Payloads::new(c.size);
    let s = producer(&c)?;
    for i in 0..100 {
        s.send(record(&c, p.get(i)), None).await?.get().await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        s.send(record(&c, p.get(i)), None).await?.get().await?;
        m.lap(t);
    }
    m.done("confluent", &c, c.records);
    Ok(())
}

async fn consume(c: Cfg) -> Res<()> {
    let mut more = vec![
        ("auto.offset.reset", "earliest".to_string()),
        ("enable.auto.commit", "false".to_string()),
        ("group.protocol", "consumer".to_string()),
        ("max.poll.records", c.extra("max-poll", "500")),
    ];
    if let Some(g) = &c.group {
        more.push(("group.id", g.clone()));
    }
    let mut s = KafkaConsumer::new(
        ConsumerConfig::new(&props(&c, &more))?,
        BytesDeserializer::default(),
        BytesDeserializer::default(),
    )?;
    let mut m = Meter::start();
    if c.group.is_some() {
        s.subscribe_with_topics(vec![c.topic.clone()]).await?;
    } else {
        s.assign(
            (0..c.partitions)
                .map(|p| TopicPartition::new(c.topic.as_str(), p))
                .collect(),
        )
        .await?;
    }
    let (mut n, mut bytes, mut idle) = (0u64, 0u64, 0);
    while n < c.records {
        let rs = s.poll(Duration::from_secs(1)).await?;
        idle = if rs.is_empty() { idle + 1 } else { 0 };
        if idle > 10 {
            return Err(format!("nothing for 10 s after {n} records").into());
        }
        for r in &rs {
            bytes += r.value().map_or(0, |v| v.len()) as u64;
        }
        n += rs.count() as u64;
        m.seen(n);
    }
    m.done("confluent", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// How old records are when they come, under a steady rate.
async fn end_to_end(c: Cfg) -> Res<()> {
    create(&c).await?;
    let s = producer(&c)?;
    let more = [
        ("auto.offset.reset", "earliest".to_string()),
        ("enable.auto.commit", "false".to_string()),
        ("group.protocol", "consumer".to_string()),
    ];
    let mut r = KafkaConsumer::new(
        ConsumerConfig::new(&props(&c, &more))?,
        BytesDeserializer::default(),
        BytesDeserializer::default(),
    )?;
    r.assign(
        (0..c.partitions)
            .map(|p| TopicPartition::new(c.topic.as_str(), p))
            .collect(),
    )
    .await?;
    let sends = c.clone();
    let warm = c.rate;
    let sender = tokio::spawn(async move {
        let mut pace = Pace::new(sends.rate);
        for i in 0..warm + sends.records {
            pace.wait(i).await;
            let value = stamp(sends.size, i >= warm);
            let _ = s.send(record(&sends, &value), None).await?;
        }
        Res::Ok(s)
    });
    let mut ages = Ages::new(&c);
    while !ages.is_over() {
        for r in &r.poll(Duration::from_secs(1)).await? {
            ages.came(r.value().map(|v| &v[..]));
        }
    }
    drop(sender.await??);
    ages.done("confluent", &c);
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
