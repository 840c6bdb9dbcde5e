//! Many requests under way on one connection, beside bare frames that are written and read together.
//!
//! Prints, for each runtime and depth, requests a second, the CPU time of this process for each request, and how many requests one write
//! carried; then how evenly 64 tasks share a connection; then frames of 1 MiB.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

mod support;

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena::Connection;
use milena::wire::codec::Request;
use milena::wire::encode_request;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{FetchRequest, ProduceRequest};
use support::bare::Bare;
use support::chart::{Pair, draw};
use support::stub::{FETCHED, Stub};
use support::{cpu, heartbeat, heartbeat_frame, is_test, median, runtimes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one block showed.
struct Block {
    per_second: f64,
    cpu_nanoseconds: f64,
}

async fn measured(requests: usize, work: impl Future<Output = ()>) -> Block {
    let (began, before) = (Instant::now(), cpu());
    work.await;
    let (time, used) = (began.elapsed(), cpu() - before);
    Block {
        per_second: requests as f64 / time.as_secs_f64(),
        cpu_nanoseconds: used.as_nanos() as f64 / requests as f64,
    }
}

async fn bare(bare: &mut Bare<TcpStream>, depth: usize, requests: usize) -> Block {
    let frames = heartbeat_frame().repeat(depth);
    measured(requests, async {
        for _ in 0..requests / depth {
            bare.write(&frames).await;
            bare.read(depth).await;
        }
    })
    .await
}

async fn milena(connection: &Connection, depth: usize, requests: usize) -> Block {
    let connection = connection.clone();
    measured(requests, async move {
        let mut tasks = JoinSet::new();
        for _ in 0..depth {
            let (connection, request) = (connection.clone(), heartbeat());
            tasks.spawn(async move {
                for _ in 0..requests / depth {
                    connection.send(request.clone()).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    })
    .await
}

/// Counts the writes.
struct Counting(TcpStream, Arc<AtomicUsize>);

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

async fn writes_per_request(stub: &Stub, depth: usize, requests: usize) -> f64 {
    let writes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&writes);
    let connection = Connection::builder()
        .dialer(move |address| {
            let counter = Arc::clone(&counter);
            async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Counting(stream, counter))
            }
        })
        .connect(&stub.address)
        .await
        .unwrap();
    writes.store(0, Ordering::Relaxed);
    milena(&connection, depth, requests).await;
    writes.load(Ordering::Relaxed) as f64 / requests as f64
}

/// The latencies of 64 tasks that share a connection: the middle, and the worst but one in a thousand.
async fn fairness(connection: &Connection, requests: usize) -> (Duration, Duration) {
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let (connection, request) = (connection.clone(), heartbeat());
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(requests / 64);
            for _ in 0..requests / 64 {
                let began = Instant::now();
                connection.send(request.clone()).await.unwrap();
                times.push(began.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 999 / 1000])
}

/// As many requests under way from one task, which waits for all of them before it goes on.
async fn one_task(connection: &Connection, depth: usize, requests: usize) -> Block {
    let request = heartbeat();
    measured(requests, async {
        for _ in 0..requests / depth {
            let mut calls: Vec<_> = (0..depth)
                .map(|_| Some(connection.send(request.clone())))
                .collect();
            poll_fn(|context| {
                for slot in &mut calls {
                    if let Some(call) = slot {
                        if let Poll::Ready(answer) = Pin::new(call).poll(context) {
                            answer.unwrap();
                            *slot = None;
                        }
                    }
                }
                let is_done = calls.iter().all(Option::is_none);
                if is_done {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
    })
    .await
}

/// The frames under way while large ones are moved.
const LARGE_DEPTH: usize = 4;

/// The bytes a second of 1 MiB frames, there (`produce`) or back (`fetch`), by a bare socket.
async fn bare_bulk(bare: &mut Bare<TcpStream>, frame: &[u8], count: usize) -> f64 {
    let began = Instant::now();
    for _ in 0..LARGE_DEPTH {
        bare.write(frame).await;
    }
    for done in 0..count {
        bare.read(1).await;
        if done + LARGE_DEPTH < count {
            bare.write(frame).await;
        }
    }
    (count * FETCHED) as f64 / began.elapsed().as_secs_f64()
}

async fn milena_bulk<R>(connection: &Connection, request: R, count: usize) -> f64
where
    R: Request + Clone + Send + 'static,
    R::Response: Send,
{
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..LARGE_DEPTH {
        let (connection, request) = (connection.clone(), request.clone());
        tasks.spawn(async move {
            for _ in 0..count / LARGE_DEPTH {
                connection.send(request.clone()).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    (count * FETCHED) as f64 / began.elapsed().as_secs_f64()
}

fn large_produce() -> ProduceRequest {
    let data = PartitionProduceData::default().with_records(Bytes::from(vec![7; FETCHED]));
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(1)
        .with_topic_data(vec![topic])
}

fn fetch() -> FetchRequest {
    let topic = FetchTopic::default()
        .with_topic("t")
        .with_partitions(vec![FetchPartition::default()]);
    FetchRequest::default().with_topics(vec![topic])
}

fn encoded<R: Request>(request: &R) -> Vec<u8> {
    let client = "milena".into();
    let frame = encode_request(Vec::new(), request, 12, 7, Some(&client)).unwrap();
    frame.into_bytes().to_vec()
}

async fn bulk(
    name: &str,
    socket: &mut Bare<TcpStream>,
    connection: &Connection,
    rounds: usize,
) -> Vec<Pair> {
    let mut bars = Vec::new();
    let count = if rounds == 1 { 8 } else { 400 };
    let frames = [encoded(&large_produce()), encoded(&fetch())];
    for (direction, frame) in ["there", "back"].into_iter().zip(frames) {
        let mut figures: [Vec<f64>; 3] = Default::default();
        for _ in 0..rounds {
            let bare = bare_bulk(socket, &frame, count).await;
            let milena = match direction {
                "there" => milena_bulk(connection, large_produce(), count).await,
                _ => milena_bulk(connection, fetch(), count).await,
            };
            let row = [bare, milena, milena / bare];
            figures
                .iter_mut()
                .zip(row)
                .for_each(|(all, value)| all.push(value));
        }
        let [bare, milena, ratio] = figures.each_mut().map(|values| median(values));
        println!(
            "{name}: frames of 1 MiB {direction}: bare {:.2} GB/s, milena {:.2} GB/s, {ratio:.2} x",
            bare / 1e9,
            milena / 1e9
        );
        bars.push(Pair {
            name: format!("{name}, {direction}"),
            bare: bare / 1e9,
            milena: milena / 1e9,
        });
    }
    bars
}

fn main() {
    support::stub::serve_if_asked();
    let (rounds, scale) = if is_test() { (1, 50) } else { (15, 1) };
    let stub = Stub::start(false);
    let (mut bars, mut large) = (Vec::new(), Vec::new());
    println!(
        "runtime         depth      bare/s   bare CPU    milena/s milena CPU  ratio of CPU  writes/request"
    );
    for (name, runtime) in runtimes() {
        runtime.block_on(async {
            let stream = TcpStream::connect(&stub.address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut socket = Bare::new(stream);
            let connection = Connection::builder().connect(&stub.address).await.unwrap();
            for (depth, requests) in [(1, 5_000), (10, 40_000), (100, 200_000), (1000, 300_000)] {
                let requests = (requests / scale).max(depth);
                let mut figures: [Vec<f64>; 5] = Default::default();
                for round in 0..rounds {
                    let (one, other);
                    if round % 2 == 0 {
                        one = bare(&mut socket, depth, requests).await;
                        other = milena(&connection, depth, requests).await;
                    } else {
                        other = milena(&connection, depth, requests).await;
                        one = bare(&mut socket, depth, requests).await;
                    }
                    let ratio = other.cpu_nanoseconds / one.cpu_nanoseconds;
                    let row = [
                        one.per_second,
                        one.cpu_nanoseconds,
                        other.per_second,
                        other.cpu_nanoseconds,
                        ratio,
                    ];
                    figures.iter_mut().zip(row).for_each(|(all, value)| all.push(value));
                }
                let writes = writes_per_request(&stub, depth, requests).await;
                let [bare_rate, bare_cpu, rate, cpu, ratio] =
                    figures.each_mut().map(|values| median(values));
                bars.push(Pair {
                    name: format!("{name}, {depth} deep"),
                    bare: bare_cpu,
                    milena: cpu,
                });
                println!(
                    "{name:<15} {depth:>5} {bare_rate:>11.0} {bare_cpu:>7.0} ns {rate:>11.0} {cpu:>7.0} ns {ratio:>12.2} {writes:>15.4}"
                );
            }
            let mut shares = Vec::new();
            for _ in 0..rounds {
                shares.push(fairness(&connection, 128_000 / scale).await);
            }
            shares.sort_by_key(|(_, worst)| *worst);
            let (middle, worst) = shares[shares.len() / 2];
            println!(
                "{name}: 64 tasks on one connection: p50 {middle:?}, p99.9 {worst:?}, {:.1} x",
                worst.as_secs_f64() / middle.as_secs_f64()
            );
            let mut shares = Vec::new();
            for _ in 0..rounds {
                let alone = one_task(&connection, 64, 128_000 / scale).await;
                let shared = milena(&connection, 64, 128_000 / scale).await;
                shares.push(shared.per_second / alone.per_second);
            }
            println!(
                "{name}: 64 tasks on one connection: {:.2} x the requests a second of one task with 64 under way",
                median(&mut shares)
            );
            large.extend(bulk(name, &mut socket, &connection, rounds).await);
        });
    }
    draw(
        "pipelined",
        "Pipelined requests",
        "CPU ns of this process for each",
        &bars,
    );
    draw("pipelined", "Frames of 1 MiB", "GB/s", &large);
}
