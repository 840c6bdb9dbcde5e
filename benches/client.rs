//! What a client adds to a connection: `Client::send` beside `Connection::send`, the same request to the same broker.
//!
//! Prints, for each runtime and number of tasks, the CPU time of this process for each request both ways, and how often the future of a request is
//! polled: a client that passed requests from task to task would show there. The broker is another process.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::future_not_send,
    reason = "a bench"
)]

mod support;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use milena::wire::messages::ListOffsetsRequest;
use milena::wire::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::{Client, Connection};
use support::broker::{Broker, Security, serve_if_asked};
use support::{cpu, is_test, median, runtimes};
use tokio::task::JoinSet;

/// Asks the leader of a partition for its end.
fn request() -> ListOffsetsRequest {
    let partition = ListOffsetsPartition::default()
        .with_partition_index(0)
        .with_timestamp(-1);
    let topic = ListOffsetsTopic::default()
        .with_name("orders")
        .with_partitions(vec![partition]);
    ListOffsetsRequest::default()
        .with_replica_id(-1)
        .with_topics(vec![topic])
}

#[derive(Clone)]
enum Way {
    Connection(Connection),
    Client(Client),
}

impl Way {
    async fn send(&self, request: ListOffsetsRequest) -> i64 {
        let response = match self {
            Self::Connection(connection) => connection.send(request).await,
            Self::Client(client) => client.send(request).await,
        };
        response.unwrap().topics[0].partitions[0].offset
    }
}

/// The CPU time of a request in nanoseconds, and its wall time.
async fn block(way: &Way, tasks: usize, requests: usize) -> (f64, f64) {
    let (began, before) = (Instant::now(), cpu());
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let (way, request) = (way.clone(), request());
        running.spawn(async move {
            for _ in 0..requests / tasks {
                assert_eq!(way.send(request.clone()).await, 0);
            }
        });
    }
    running.join_all().await;
    let used = (cpu() - before).as_nanos() as f64;
    let time = began.elapsed().as_nanos() as f64;
    (used / requests as f64, time / requests as f64)
}

/// How often the future of a request is polled, on the average.
async fn polls(way: &Way, requests: usize) -> f64 {
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..requests {
        let mut sending = pin!(way.send(request()));
        poll_fn(|context| {
            count.fetch_add(1, Ordering::Relaxed);
            sending.as_mut().poll(context)
        })
        .await;
    }
    count.load(Ordering::Relaxed) as f64 / requests as f64
}

fn main() {
    serve_if_asked();
    let broker = Broker::start(Security::Plain);
    let address = format!("127.0.0.1:{}", broker.port);
    let (rounds, requests) = if is_test() { (1, 1000) } else { (15, 50_000) };
    println!("CPU ns a request: over the connection, by the client, what the client adds");
    let mut worst: f64 = 0.0;
    for (name, runtime) in runtimes() {
        runtime.block_on(async {
            let client = Client::builder()
                .bootstrap([address.clone()])
                .build()
                .await
                .unwrap();
            let topic = CreatableTopic::default()
                .with_name("orders")
                .with_num_partitions(1)
                .with_replication_factor(1);
            let create = CreateTopicsRequest::default().with_topics(vec![topic]);
            client.send(create).await.unwrap();
            let connection = Connection::builder().connect(&address).await.unwrap();
            let ways = [Way::Connection(connection), Way::Client(client.clone())];
            for tasks in [1, 100] {
                let requests = if tasks == 1 { requests / 10 } else { requests };
                let mut times = [Vec::new(), Vec::new()];
                for _ in 0..rounds {
                    for (way, times) in ways.iter().zip(&mut times) {
                        times.push(block(way, tasks, requests).await.0);
                    }
                }
                let [bare, ours] = times.each_mut().map(|times| median(times));
                println!(
                    "{name:14} {tasks:4} tasks  {bare:7.0}  {ours:7.0}  {:+7.0}",
                    ours - bare
                );
                if tasks > 1 {
                    worst = worst.max(ours - bare);
                }
            }
            let [bare, ours] = [polls(&ways[0], 1000).await, polls(&ways[1], 1000).await];
            println!("{name:14} polls a request: {bare:.2}, {ours:.2}");
            client.close().await;
        });
    }
    println!("goal: 1000 ns at most with 100 tasks, and no more polls; worst {worst:.0}");
}
