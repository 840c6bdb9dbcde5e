//! Records as fast as they go, or at a steady rate.

use measure::{Cfg, Keys, Meter, Pace, Payloads, Res, Window, num};
use milena::Client;
use milena::producer::Record;
use milena::wire::messages::ListOffsetsRequest;
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};

/// `--run N` names the partition of each record: N to one, then N to the next.
pub async fn produce(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    crate::create(&c, &k).await?;
    let values = Payloads::new(c.size);
    let keys = Keys::wanted(&c);
    let run: u64 = num(&c.extra("run", "0"));
    let s = crate::producer(&c, &k)?;
    s.send(Record::to(&c.topic).value(values.get(0)))
        .await?
        .await?; // warm
    let before = written(&c, &k).await?;
    let partitions = u64::try_from(c.partitions)?;
    let topic = c.topic.as_str();
    let partition = |i: u64| (run > 0).then(|| (i / run % partitions) as i32);
    let mut pace = Pace::new(c.rate);
    let m = Meter::start();
    if c.api == "keep" {
        let mut w = Window::new(c.window);
        for i in 0..c.records {
            pace.wait(i).await;
            let record = record(topic, values.get(i), Keys::of(&keys, i), partition(i));
            w.push(s.send(record).await?).await?;
        }
        w.drain().await?;
        m.done("milena-keep", &c, w.acked);
        return Ok(());
    }
    for i in 0..c.records {
        pace.wait(i).await;
        let record = record(topic, values.get(i), Keys::of(&keys, i), partition(i));
        drop(s.send(record).await?);
    }
    s.flush().await;
    // The clock has stopped when this is known.
    m.stop_and_check("milena", &c, async { Ok(written(&c, &k).await? - before) })
        .await
}

// As it would be if it were written where it is sent.
#[inline(always)]
fn record<'a>(
    topic: &'a str,
    value: &'a [u8],
    key: Option<&'a [u8]>,
    partition: Option<i32>,
) -> Record<'a> {
    let mut record = Record::to(topic).value(value);
    if let Some(key) = key {
        record = record.key(key);
    }
    if let Some(partition) = partition {
        record = record.partition(partition);
    }
    record
}

/// How many records there are in the topic.
async fn written(c: &Cfg, k: &Client) -> Res<u64> {
    let partitions = (0..c.partitions).map(|p| {
        ListOffsetsPartition::default()
            .with_partition_index(p)
            .with_timestamp(-1)
    });
    let topic = ListOffsetsTopic::default()
        .with_name(c.topic.as_str())
        .with_partitions(partitions.collect::<Vec<_>>());
    let answer = k
        .send(
            ListOffsetsRequest::default()
                .with_replica_id(-1)
                .with_topics(vec![topic]),
        )
        .await?;
    let mut sum = 0;
    for p in answer.topics.iter().flat_map(|t| &t.partitions) {
        if p.offset < 0 {
            return Err(format!(
                "no end offset of partition {}: {:?}",
                p.partition_index, p.error_code
            )
            .into());
        }
        sum += p.offset as u64;
    }
    Ok(sum)
}
