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

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use milena::Connection;
use support::bare::Bare;
use support::stub::Stub;
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

fn main() {
    support::stub::serve_if_asked();
    let (rounds, scale) = if is_test() { (1, 50) } else { (15, 1) };
    let stub = Stub::start(false);
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
        });
    }
}
