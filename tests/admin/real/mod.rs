//! Every operation, against a real cluster of three nodes: `scripts/kafka.sh cluster secure`, and then
//!
//! ```sh
//! MILENA_ADMIN_BOOTSTRAP=localhost:19192,localhost:19292,localhost:19392 MILENA_ADMIN_SASL=localhost:19194 \
//!     cargo test --test admin -- --ignored
//! ```
//!
//! Without `MILENA_ADMIN_SASL`, whose user is alice, delegation tokens are refused, and nothing more is tried of them.

mod cluster;
mod configs;
mod groups;
mod members;
mod security;
mod topics;
mod transactions;

use std::future::Future;
use std::time::{Duration, Instant};

use milena::admin::{Admin, NewTopic};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::MetadataRequest;
use milena::wire::messages::metadata::MetadataRequestTopic;
use milena::{Client, Error};

/// A client of the cluster.
async fn client() -> Client {
    let bootstrap = std::env::var("MILENA_ADMIN_BOOTSTRAP").expect("MILENA_ADMIN_BOOTSTRAP");
    let client = Client::builder()
        .bootstrap(bootstrap.split(','))
        .deadline(Duration::from_secs(30));
    client.build().await.unwrap()
}

/// A name that nobody had before.
fn unique(name: &str) -> String {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    format!("{name}-{}", now.as_nanos())
}

/// Makes a topic of three partitions with three replicas, and waits until all brokers know it.
async fn topic(admin: &Admin, name: &str) -> String {
    let name = unique(name);
    let new = NewTopic::new(&*name).partitions(3).replication_factor(3);
    admin.create_topic(new).await.unwrap();
    let client = client().await;
    for broker in [1, 2, 3] {
        until("the topic is known", || async {
            let topic = MetadataRequestTopic::default().with_name(name.clone());
            let request = MetadataRequest::default().with_topics(vec![topic]);
            let answer = client.send_to(broker, request).await.unwrap();
            let topic = &answer.topics[0];
            let mut partitions = topic.partitions.iter();
            topic.error_code == ErrorCode::NONE
                && partitions.all(|one| one.leader_id >= 0 && one.isr_nodes.len() == 3)
        })
        .await;
    }
    name
}

/// Waits until all brokers know everything that was changed so far: they learn it in its order, so what is changed now they know last. Twice, as a
/// broker tells of topics before it is done with all that it learned together with them.
async fn settle(admin: &Admin) {
    for _ in 0..2 {
        let fence = topic(admin, "fence").await;
        admin.delete_topic(fence).await.unwrap();
    }
}

/// Waits until it is so: a cluster takes a moment to agree.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < end, "not in 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    let error = result.expect_err("an error code");
    error.broker_code().unwrap_or_else(|| panic!("{error}"))
}
