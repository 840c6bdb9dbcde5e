//! One record at a time.

use measure::{Cfg, Meter, Payloads, Res};
use milena::Connection;
use milena::producer::Record;
use milena::wire::compression::Compressor;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::ProduceRequest;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::records::BatchBuilder;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub async fn latency(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    crate::create(&c, &k).await?;
    let p = Payloads::new(c.size);
    let s = crate::producer(&c, &k)?;
    for i in 0..100 {
        s.send(Record::to(&c.topic).value(p.get(i))).await?.await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for i in 0..c.records {
        let t = Instant::now();
        s.send(Record::to(&c.topic).value(p.get(i))).await?.await?;
        m.lap(t);
    }
    m.done("milena", &c, c.records);
    Ok(())
}

/// What the protocol costs without a producer: the batch is built and sent as it would be, by the same connection. Not idempotent.
pub async fn raw(mut c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    crate::create(&c, &k).await?;
    let connection = Connection::builder().connect(&c.bootstrap).await?;
    let p = Payloads::new(c.size);
    let mut builder = BatchBuilder::new();
    let mut compressor = Compressor::new();
    let mut m = Meter::start();
    for i in 0..c.records + 100 {
        if i == 100 {
            m = Meter::start_with(c.records as usize);
        }
        let t = Instant::now();
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        builder.append(now, None, Some(p.get(i)), [])?;
        let data = PartitionProduceData::default()
            .with_index(0)
            .with_records(builder.seal(&mut compressor)?);
        let topic = TopicProduceData::default()
            .with_name(c.topic.as_str())
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(vec![topic]);
        // The last version that knows topics by name.
        let answer = connection.send(request).max_version(12).await?;
        let code = answer
            .responses
            .first()
            .and_then(|t| t.partition_responses.first())
            .map(|p| p.error_code);
        if code != Some(ErrorCode::NONE) {
            return Err(format!("not written: {code:?}").into());
        }
        m.lap(t);
    }
    c.idempotent = false;
    m.done("milena-raw", &c, c.records);
    Ok(())
}
