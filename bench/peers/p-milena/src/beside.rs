//! How long a small request takes beside a producer that never waits and a Fetch that does: as small as a heartbeat, and to the group's coordinator, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use measure::{Cfg, Meter, Payloads, Res};
use milena::consumer::Start;
use milena::producer::Record;
use milena::wire::encode_request;
use milena::wire::messages::{ApiVersionsRequest, DescribeGroupsRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// `--records` of them, one each 5 ms or when the one before is answered. `--api bare` asks from a thread of its own, over a bare socket: what machine and
/// broker take beside the same load.
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
    let (peer, m) = if c.api == "bare" {
        let (address, records) = (c.bootstrap.clone(), c.records);
        let asking = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let bare = TcpStream::connect(address).await?;
                bare.set_nodelay(true)?;
                ask_often(&mut Asker::Bare(bare), records).await
            })
        });
        ("base", asking.await??)
    } else {
        let asker = &mut Asker::Client(k.clone());
        ("milena", ask_often(asker, c.records).await?)
    };
    m.done(peer, &c, c.records);
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

async fn ask_often(asker: &mut Asker, records: u64) -> Res<Meter> {
    // Until the producer is under way, and the coordinator is known.
    for _ in 0..20 {
        asker.ask().await?;
    }
    let mut m = Meter::start_with(records as usize);
    for _ in 0..records {
        let t = Instant::now();
        asker.ask().await?;
        m.lap(t);
        tokio::time::sleep(Duration::from_millis(5).saturating_sub(t.elapsed())).await;
    }
    Ok(m)
}

enum Asker {
    Client(milena::Client),
    Bare(TcpStream),
}

impl Asker {
    async fn ask(&mut self) -> Res<()> {
        match self {
            // What goes to a group's coordinator, as heartbeats do, and is as small; the embedded broker knows no members that could send one.
            Asker::Client(k) => {
                let request = DescribeGroupsRequest::default().with_groups(vec!["bench".into()]);
                k.send(request).await?;
            }
            Asker::Bare(socket) => {
                let frame = encode_request(Vec::new(), &ApiVersionsRequest::default(), 0, 1, None)?;
                socket.write_all(&frame.into_bytes()).await?;
                let size = socket.read_u32().await?;
                let mut answer = vec![0; size as usize];
                socket.read_exact(&mut answer).await?;
            }
        }
        Ok(())
    }
}
