//! What a checkout costs.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use milena_broker::Cluster;
use tokio::task::JoinSet;

use crate::Client;
use crate::cluster::pool::Pick;
use crate::cluster::purpose::Purpose;

/// Statement 8: 200 ns at most, over blocks of a thousand, by sixteen tasks; no connection is made for it. The time is held to its goal in builds
/// with --release.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkout_of_a_live_connection_is_cheap() {
    let cluster = Cluster::builder().start().await.unwrap();
    let bootstrap = cluster.bootstrap().to_vec();
    let client = Client::builder()
        .bootstrap(bootstrap)
        .build()
        .await
        .unwrap();
    assert_eq!(client.warm_up(1).await, 1);
    let before = cluster.connection_counts().accepted;
    let node = client.core().exchange.nodes.by_id(1).unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let node = Arc::clone(&node);
        tasks.spawn(async move {
            let mut blocks = Vec::new();
            for _ in 0..50 {
                let began = Instant::now();
                for _ in 0..1000 {
                    assert!(black_box(node.lease(Purpose::General, Pick::Any)).is_some());
                }
                blocks.push(began.elapsed().as_nanos() / 1000);
                tokio::task::yield_now().await;
            }
            blocks
        });
    }
    let mut blocks: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    blocks.sort_unstable();
    let median = blocks[blocks.len() / 2];
    println!(
        "a checkout: {median} ns, the median of {} blocks",
        blocks.len()
    );
    assert_eq!(cluster.connection_counts().accepted, before);
    assert!(cfg!(debug_assertions) || median <= 200, "{median} ns");
}
