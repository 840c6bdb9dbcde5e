//! How old records are when they come, under a steady rate: one task sends, one reads.

use measure::{Ages, Cfg, Pace, Res, stamp};
use milena::consumer::Start;
use milena::producer::Record;

pub async fn end_to_end(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    crate::create(&c, &k).await?;
    let s = crate::producer(&c, &k)?;
    let mut r = k
        .consumer()
        .assign([(c.topic.as_str(), Start::Earliest)])
        .build()
        .await?;
    // Of the first second nothing is measured.
    let warm = c.rate;
    let (topic, size, rate, records) = (c.topic.clone(), c.size, c.rate, c.records);
    let sender = tokio::spawn(async move {
        let mut pace = Pace::new(rate);
        for i in 0..warm + records {
            pace.wait(i).await;
            drop(
                s.send(Record::to(&topic).value(&stamp(size, i >= warm)))
                    .await?,
            );
        }
        s.flush().await;
        Res::Ok(())
    });
    let mut ages = Ages::new(&c);
    while !ages.is_over() {
        let batch = r.next().await.ok_or("the consumer ended")??;
        for r in &batch {
            ages.came(r.value);
        }
    }
    sender.await??;
    ages.done("milena", &c);
    Ok(())
}
