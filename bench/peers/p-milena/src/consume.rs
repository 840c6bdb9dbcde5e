//! Records as fast as they come.

use measure::{Cfg, Meter, Res, num};
use milena::Client;
use milena::consumer::{Consumer, Start};

async fn consumer(c: &Cfg, k: &Client) -> Res<Consumer> {
    let b = k.consumer().assign([(c.topic.as_str(), Start::Earliest)]);
    Ok(
        b.prefetch(num(&c.extra("prefetch", &c.buffer_bytes.to_string())))
            .build()
            .await?,
    )
}

/// Batches, whose records borrow from what was fetched.
pub async fn batches(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    let mut m = Meter::start();
    let mut s = consumer(&c, &k).await?;
    let mut order = Order::new(&c);
    let (mut n, mut bytes, mut batch_bytes) = (0u64, 0u64, 0u64);
    while n < c.records {
        let batch = s.next().await.ok_or("the consumer ended")??;
        for r in &batch {
            bytes += r.value.map_or(0, <[u8]>::len) as u64;
        }
        n += batch.len() as u64;
        batch_bytes += batch.size() as u64;
        order.check(batch.partition(), batch.base_offset(), batch.next_offset())?;
        m.seen(n);
    }
    m.fetched(received(&k)?, batch_bytes);
    m.done("milena", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// Records that can be kept, one by one.
pub async fn records(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    let mut m = Meter::start();
    let mut s = consumer(&c, &k).await?.records();
    let mut order = Order::new(&c);
    let (mut n, mut bytes) = (0u64, 0u64);
    while n < c.records {
        let r = s.next().await.ok_or("the consumer ended")??;
        bytes += r.value().map_or(0, <[u8]>::len) as u64;
        order.check(r.partition(), r.offset(), r.offset() + 1)?;
        n += 1;
        m.seen(n);
    }
    m.done("milena-records", &c, n);
    eprintln!("{bytes} bytes");
    Ok(())
}

/// That each offset comes once, and in its turn.
struct Order(Vec<i64>);

impl Order {
    fn new(c: &Cfg) -> Order {
        Order(vec![0; c.partitions as usize])
    }
    #[inline]
    fn check(&mut self, partition: i32, first: i64, next: i64) -> Res<()> {
        let expected = self
            .0
            .get_mut(partition as usize)
            .ok_or("a partition that was not asked for")?;
        if first != *expected {
            return Err(format!(
                "offset {first} of partition {partition} came instead of {expected}"
            )
            .into());
        }
        *expected = next;
        Ok(())
    }
}

/// All bytes that came from brokers.
fn received(k: &Client) -> Res<u64> {
    let snapshot = k.metrics().ok_or("nothing is counted")?;
    Ok(snapshot
        .brokers
        .iter()
        .map(|broker| broker.bytes_received)
        .sum())
}
