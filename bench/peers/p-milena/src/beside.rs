//! How long a small request takes beside a producer that never waits and a Fetch that does: as small as a heartbeat, and to the group's coordinator, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use measure::{Cfg, Meter, Payloads, Res};
use milena::consumer::Start;
use milena::producer::Record;
use milena::wire::messages::DescribeGroupsRequest;

/// `--records` of them, one each 5 ms or when the one before is answered.
pub async fn beside(c: Cfg) -> Res<()> {
    let k = crate::client(&c).await?;
    crate::create(&c, &k).await?;
    let mut empty = c.clone();
    empty.topic.push_str("-empty");
    crate::create(&empty, &k).await?;
    let over = Arc::new(AtomicBool::new(false));
    let producing = {
        let (s, over, c) = (crate::producer(&c, &k)?, Arc::clone(&over), c.clone());
        tokio::spawn(async move {
            let values = Payloads::new(c.size);
            let mut sent = 0;
            while !over.load(Relaxed) {
                drop(s.send(Record::to(&c.topic).value(values.get(sent))).await?);
                sent += 1;
            }
            s.flush().await;
            Res::Ok(sent)
        })
    };
    let mut waiting = k
        .consumer()
        .assign([(empty.topic.as_str(), Start::Earliest)])
        .build()
        .await?;
    let waiting = tokio::spawn(async move { waiting.next().await.is_some() });
    // Until the producer is under way, and the coordinator is known.
    for _ in 0..20 {
        ask(&k).await?;
    }
    let mut m = Meter::start_with(c.records as usize);
    for _ in 0..c.records {
        let t = Instant::now();
        ask(&k).await?;
        m.lap(t);
        tokio::time::sleep(Duration::from_millis(5).saturating_sub(t.elapsed())).await;
    }
    m.done("milena", &c, c.records);
    over.store(true, Relaxed);
    if waiting.is_finished() {
        return Err("the Fetch did not wait".into());
    }
    waiting.abort();
    if producing.await?? == 0 {
        return Err("nothing was sent beside".into());
    }
    k.admin().delete_topic(empty.topic).await?;
    Ok(())
}

/// What goes to a group's coordinator, as heartbeats do, and is as small; the embedded broker knows no members that could send one.
async fn ask(k: &milena::Client) -> Res<()> {
    let request = DescribeGroupsRequest::default().with_groups(vec!["bench".into()]);
    k.send(request).await?;
    Ok(())
}
