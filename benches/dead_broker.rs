//! What one dead broker of three does to the requests for the other two.
//!
//! `cargo bench --bench dead_broker`: a thousand tasks ask the leaders of partitions of their offsets, at a rate that the machine holds with ease. First all
//! three brokers answer and a third of the tasks ask each; then one of them accepts and never answers; then it refuses. Each line of JSON has the times of
//! those whose broker is well, and how they compare with the same tasks' when all were; and the CPU time of both, which shows a storm of attempts on a
//! machine that is too busy for the times to say much. The embedded brokers run in the same process.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench"
)]

mod support;

use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::messages::ListOffsetsRequest;
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena_broker::{AcceptAction, Action, Cluster, Fault, Requests};
use support::{cpu, is_test, median, raise_file_limit};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

/// The broker that dies.
const DEAD: i32 = 3;

fn ends(partition: i32) -> ListOffsetsRequest {
    let partition = ListOffsetsPartition::default()
        .with_partition_index(partition)
        .with_timestamp(-1);
    let topic = ListOffsetsTopic::default()
        .with_name("t")
        .with_partitions(vec![partition]);
    ListOffsetsRequest::default().with_topics(vec![topic])
}

/// The times of one run.
struct Run {
    /// Of those whose broker is well, in milliseconds, ascending.
    times: Vec<f64>,
    /// Requests to these that failed.
    errors: usize,
    /// Requests to the dead one that failed.
    failed: usize,
    /// CPU time of the whole process.
    cpu: Duration,
}

impl Run {
    fn at(&self, share: f64) -> f64 {
        self.times[(self.times.len() as f64 * share) as usize]
    }
}

/// `tasks` tasks ask once in `interval`, each the leader of the partition that is its own.
async fn run(
    client: &Client,
    cluster: &Cluster,
    tasks: usize,
    interval: Duration,
    time: Duration,
) -> Run {
    let mut set = JoinSet::new();
    let before = cpu();
    let began = Instant::now() + Duration::from_millis(10);
    for task in 0..tasks {
        let client = client.clone();
        let partition = (task % 3) as i32;
        let is_well = cluster.leader("t", partition) != Some(DEAD);
        set.spawn(async move {
            let (mut times, mut errors) = (Vec::new(), 0);
            let mut due = began + interval.mul_f64(task as f64 / tasks as f64);
            while due < began + time {
                tokio::time::sleep_until(due.into()).await;
                let call = client
                    .send(ends(partition))
                    .deadline(Duration::from_secs(2));
                match call.await {
                    // From when it was due: who is late because of others is late.
                    Ok(_) => times.push(due.elapsed().as_secs_f64() * 1e3),
                    Err(_) => errors += 1,
                }
                due += interval;
            }
            (is_well, times, errors)
        });
    }
    let mut run = Run {
        times: Vec::new(),
        errors: 0,
        failed: 0,
        cpu: Duration::ZERO,
    };
    while let Some(done) = set.join_next().await {
        let (is_well, times, errors) = done.unwrap();
        if is_well {
            run.times.extend(times);
            run.errors += errors;
        } else {
            run.failed += errors;
        }
    }
    run.cpu = cpu() - before;
    run.times.sort_unstable_by(f64::total_cmp);
    run
}

fn main() {
    raise_file_limit();
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let (tasks, interval, time, rounds) = if is_test() {
        (30, Duration::from_millis(20), Duration::from_millis(300), 1)
    } else {
        (1000, Duration::from_millis(200), Duration::from_secs(10), 3)
    };
    runtime.block_on(async {
        let cluster = Cluster::builder().nodes(3).start().await.unwrap();
        cluster.create_topic("t", 3, 1).unwrap();
        for kind in ["accepts and never answers", "refuses"] {
            let mut ratios = Vec::new();
            for round in 1..=rounds {
                let client = Client::builder()
                    .bootstrap(cluster.bootstrap().to_vec())
                    .request_timeout(Duration::from_secs(1))
                    .connect_timeout(Duration::from_secs(1))
                    .build()
                    .await
                    .unwrap();
                // Connections are there, and everything is warm.
                run(&client, &cluster, tasks, interval, time / 5).await;
                let well = run(&client, &cluster, tasks, interval, time).await;
                let accept = match kind {
                    "refuses" => AcceptAction::Close,
                    _ => AcceptAction::Stall,
                };
                let faults = (
                    cluster.inject(Fault::at_accept(accept).node(DEAD)),
                    cluster.inject(Fault::on(Requests::any().node(DEAD), Action::Silence)),
                );
                if kind == "refuses" {
                    cluster.drop_connections(DEAD);
                }
                let dead = run(&client, &cluster, tasks, interval, time).await;
                drop(faults);
                cluster.drop_connections(DEAD);
                let ratio = dead.at(0.99) / well.at(0.99);
                ratios.push(ratio);
                println!(
                    "{{\"load\":\"dead_broker\",\"dead\":\"{kind}\",\"round\":{round},\"tasks\":{tasks},\"answered\":{},\"p50_ms\":{:.3},\"p99_ms\":{:.3},\
                     \"dead_answered\":{},\"dead_p50_ms\":{:.3},\"dead_p99_ms\":{:.3},\"p99_ratio\":{ratio:.2},\"cpu_ms\":{},\"dead_cpu_ms\":{},\"errors\":{},\"failed_at_the_dead\":{}}}",
                    well.times.len(),
                    well.at(0.5),
                    well.at(0.99),
                    dead.times.len(),
                    dead.at(0.5),
                    dead.at(0.99),
                    well.cpu.as_millis(),
                    dead.cpu.as_millis(),
                    well.errors + dead.errors,
                    dead.failed,
                );
                assert_eq!(well.errors + dead.errors, 0, "whose broker is well is answered");
                client.close().await;
            }
            println!(
                "{{\"load\":\"dead_broker\",\"dead\":\"{kind}\",\"median_p99_ratio\":{:.2},\"goal\":1.2}}",
                median(&mut ratios)
            );
        }
    });
}
