//! One request and its answer, beside a bare socket that does the same with bytes that were made beforehand.
//!
//! Both go to the same stub in another process. Blocks alternate; each pair gives a ratio, and the middle one is printed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use milena::Connection;
use milena::tls::Tls;
use support::bare::Bare;
use support::chart::{Pair, draw};
use support::stub::Stub;
use support::{heartbeat, heartbeat_frame, is_test, median, runtimes, tls_stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The two who are compared.
struct Contestants {
    bare: Mutex<Bare<Box<dyn Stream>>>,
    connection: Connection,
}

impl Contestants {
    async fn meet(stub: &Stub) -> Arc<Self> {
        let stream = TcpStream::connect(&stub.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut builder = Connection::builder();
        let stream: Box<dyn Stream> = match &stub.ca {
            None => Box::new(stream),
            Some(ca) => {
                builder = builder.tls(Tls::from_pem(ca.as_bytes()).unwrap());
                Box::new(tls_stream(ca, stream).await)
            }
        };
        Arc::new(Self {
            bare: Mutex::new(Bare::new(stream)),
            connection: builder.connect(&stub.address).await.unwrap(),
        })
    }

    async fn bare(self: Arc<Self>, count: u64) -> Duration {
        let frame = heartbeat_frame();
        let mut bare = self.bare.lock().await;
        let began = Instant::now();
        for _ in 0..count {
            bare.round_trip(&frame).await;
        }
        began.elapsed()
    }

    async fn milena(self: Arc<Self>, count: u64) -> Duration {
        let request = heartbeat();
        let began = Instant::now();
        for _ in 0..count {
            self.connection.send(request.clone()).await.unwrap();
        }
        began.elapsed()
    }
}

/// As a task of its own, which is where programs do such things.
fn run(runtime: &Runtime, block: impl Future<Output = Duration> + Send + 'static) -> Duration {
    let task = runtime.spawn(block);
    runtime.block_on(task).unwrap()
}

fn main() {
    support::stub::serve_if_asked();
    let (pairs, block) = if is_test() { (2, 10) } else { (41, 1000) };
    // Criterion's own arguments are not for here.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let (mut lines, mut bars) = (Vec::new(), Vec::new());
    for (kind, tls) in [("", false), ("tls/", true)] {
        let stub = Stub::start(tls);
        for (name, runtime) in runtimes() {
            let both = runtime.block_on(Contestants::meet(&stub));
            let mut group = criterion.benchmark_group(format!("round_trip/{kind}{name}"));
            group.bench_function("bare", |bencher| {
                bencher.iter_custom(|count| run(&runtime, both.clone().bare(count)));
            });
            group.bench_function("milena", |bencher| {
                bencher.iter_custom(|count| run(&runtime, both.clone().milena(count)));
            });
            group.finish();
            let mut ratios = Vec::new();
            let (mut bares, mut milenas) = (Vec::new(), Vec::new());
            for pair in 0..pairs {
                let (bare, milena) = if pair % 2 == 0 {
                    let bare = run(&runtime, both.clone().bare(block));
                    (bare, run(&runtime, both.clone().milena(block)))
                } else {
                    let milena = run(&runtime, both.clone().milena(block));
                    (run(&runtime, both.clone().bare(block)), milena)
                };
                ratios.push(milena.as_secs_f64() / bare.as_secs_f64());
                bares.push(bare.as_secs_f64() / block as f64 * 1e6);
                milenas.push(milena.as_secs_f64() / block as f64 * 1e6);
            }
            let (ratio, bare, milena) = (
                median(&mut ratios),
                median(&mut bares),
                median(&mut milenas),
            );
            lines.push(format!(
                "round_trip/{kind}{name} ratio {ratio:.2} ({pairs} pairs; bare {bare:.1} us, milena {milena:.1} us)"
            ));
            bars.push(Pair {
                name: format!("{kind}{name}"),
                bare,
                milena,
            });
        }
    }
    criterion.final_summary();
    draw("round_trip", "Round trip", "us, the middle one", &bars);
    for line in lines {
        println!("{line}");
    }
}
