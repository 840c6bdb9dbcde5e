//! Produce, with nothing left to do but to write.

use crate::batches::{batches, compression};
use crate::link::Link;
use bytes::Bytes;
use measure::{Cfg, Meter, Res};
use milena_wire::codec::Message;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_topics::CreatableTopic;
use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena_wire::messages::{CreateTopicsRequest, ProduceRequest, ProduceResponse};
use std::collections::VecDeque;
use std::time::Duration;

/// The last version that knows topics by name.
const VERSION: i16 = 12;
/// Different batches: more than the cache of second level has.
const BATCHES: usize = 16;

struct Ready {
    frame: Vec<u8>,
    records: u64,
}

pub async fn produce(mut c: Cfg, depth: usize) -> Res<()> {
    let mut link = Link::open(&c.bootstrap).await?;
    create(&c, &mut link).await?;
    let mut frames = Vec::new();
    // A partition's batches come round like those of a producer that fills one after the other.
    let partitions = usize::try_from(c.partitions)?;
    for (n, (batch, records)) in
        batches(&c, BATCHES.next_multiple_of(partitions), compression(&c)?)?
            .into_iter()
            .enumerate()
    {
        frames.push(Ready {
            frame: frame(&c, (n % partitions) as i32, batch)?,
            records,
        });
    }
    link.write(&frames[0].frame).await?;
    check(link.read().await?)?; // warm
    let mut m = Meter::start();
    let (mut acked, mut sent, mut bytes) = (0, 0, 0);
    let mut under_way = VecDeque::new();
    let mut turn = Round {
        items: &mut frames,
        at: 0,
    };
    while acked < c.records {
        while sent < c.records && under_way.len() < depth {
            let ready = turn.next();
            ready.frame[8..12].copy_from_slice(&(under_way.len() as i32).to_be_bytes());
            link.write(&ready.frame).await?;
            bytes += ready.frame.len() as u64;
            sent += ready.records;
            under_way.push_back(ready.records);
        }
        let answer = link.read().await?;
        check(answer.clone())?;
        link.recycle(answer);
        acked += under_way.pop_front().ok_or("an answer too many")?;
    }
    c.records = acked;
    m.bytes(bytes);
    m.done("base", &c, acked);
    Ok(())
}

fn frame(c: &Cfg, partition: i32, batch: Bytes) -> Res<Vec<u8>> {
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(batch);
    let topic = TopicProduceData::default()
        .with_name(c.topic.as_str())
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(30_000)
        .with_topic_data(vec![topic]);
    Ok(
        milena_wire::encode_request(Vec::new(), &request, VERSION, 0, None)?
            .into_bytes()
            .to_vec(),
    )
}

fn check(answer: Bytes) -> Res<()> {
    let (_, body) = milena_wire::split_response::<ProduceResponse>(answer, VERSION)?;
    let answer = ProduceResponse::decode(&body, VERSION)?;
    match answer
        .responses
        .iter()
        .flat_map(|t| &t.partition_responses)
        .find(|p| p.error_code != ErrorCode::NONE)
    {
        Some(p) => Err(format!("not written: {:?}", p.error_code).into()),
        None => Ok(()),
    }
}

async fn create(c: &Cfg, link: &mut Link) -> Res<()> {
    let topic = CreatableTopic::default()
        .with_name(c.topic.as_str())
        .with_num_partitions(c.partitions)
        .with_replication_factor(1);
    let answer = link
        .call(
            &CreateTopicsRequest::default()
                .with_topics(vec![topic])
                .with_timeout_ms(30_000),
            5,
        )
        .await?;
    let code = answer
        .topics
        .first()
        .ok_or("no answer about the topic")?
        .error_code;
    if code != ErrorCode::NONE && code != ErrorCode::TOPIC_ALREADY_EXISTS {
        return Err(format!("no topic: {code:?}").into());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

/// Round and round.
struct Round<'a, T> {
    items: &'a mut [T],
    at: usize,
}

impl<T> Round<'_, T> {
    fn next(&mut self) -> &mut T {
        let at = self.at;
        self.at = (at + 1) % self.items.len();
        &mut self.items[at]
    }
}
