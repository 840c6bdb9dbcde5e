//! Fetch, with nothing done but checking.

use crate::link::Link;
use bytes::Bytes;
use measure::{Cfg, Meter, Res, num};
use milena_wire::codec::Message;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{FetchPartition, FetchTopic};
use milena_wire::messages::{FetchRequest, FetchResponse};
use milena_wire::records::{Batch, Batches};

/// The last version that knows topics by name.
const VERSION: i16 = 12;

/// One Fetch under way: the next one is written as soon as the headers have told where it begins, before the checksums are checked.
pub async fn consume(c: Cfg) -> Res<()> {
    let mut link = Link::open(&c.bootstrap).await?;
    let max_bytes: i32 = num(&c.extra("fetch-bytes", "52428800"));
    let partition_bytes: i32 = num(&c.extra("partition-bytes", "1048576"));
    let mut offsets = vec![0i64; usize::try_from(c.partitions)?];
    let mut m = Meter::start();
    let (mut records, mut bytes, mut batch_bytes) = (0u64, 0u64, 0u64);
    link.write(&frame(&c, &offsets, max_bytes, partition_bytes)?)
        .await?;
    while records < c.records {
        let answer = link.read().await?;
        let batches = headers(&answer, &mut offsets)?;
        records += batches
            .iter()
            .map(|batch| u64::from(batch.record_count().unwrap_or(0)))
            .sum::<u64>();
        batch_bytes += batches
            .iter()
            .map(|batch| batch.bytes().len() as u64)
            .sum::<u64>();
        bytes += answer.len() as u64 + 4;
        m.seen(records);
        if records < c.records {
            link.write(&frame(&c, &offsets, max_bytes, partition_bytes)?)
                .await?;
        }
        for batch in &batches {
            batch.verify_checksum()?;
        }
        drop(batches);
        link.recycle(answer);
    }
    m.fetched(bytes, batch_bytes);
    m.done("base", &c, records);
    Ok(())
}

fn frame(c: &Cfg, offsets: &[i64], max_bytes: i32, partition_bytes: i32) -> Res<Bytes> {
    let partitions = offsets.iter().enumerate().map(|(index, offset)| {
        FetchPartition::default()
            .with_partition(index as i32)
            .with_fetch_offset(*offset)
            .with_partition_max_bytes(partition_bytes)
    });
    let topic = FetchTopic::default()
        .with_topic(c.topic.as_str())
        .with_partitions(partitions.collect::<Vec<_>>());
    let request = FetchRequest::default()
        .with_max_wait_ms(500)
        .with_min_bytes(1)
        .with_max_bytes(max_bytes)
        .with_session_epoch(-1)
        .with_topics(vec![topic]);
    Ok(milena_wire::encode_request(Vec::new(), &request, VERSION, 0, None)?.into_bytes())
}

/// The batches, and the offsets after them.
fn headers(answer: &Bytes, offsets: &mut [i64]) -> Res<Vec<Batch>> {
    let (_, body) = milena_wire::split_response::<FetchResponse>(answer.clone(), VERSION)?;
    let answer = FetchResponse::decode(&body, VERSION)?;
    let mut batches = Vec::new();
    for p in answer.responses.into_iter().flat_map(|t| t.partitions) {
        if p.error_code != ErrorCode::NONE {
            return Err(format!("not read: {:?}", p.error_code).into());
        }
        for batch in Batches::new(p.records.unwrap_or_default()) {
            let batch = batch?;
            offsets[usize::try_from(p.partition_index)?] = batch.last_offset() + 1;
            batches.push(batch);
        }
    }
    Ok(batches)
}
