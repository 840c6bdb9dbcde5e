//! Ten thousand connections, and a steady rate over five thousand.
//!
//! `cargo bench --bench load` runs all of it; `-- connections 10000` or `-- rate 5000 10000 30` a part: how many connections, how many
//! requests a second, how many seconds. Each prints a line of JSON, with bare sockets measured in the same run. The embedded broker runs in
//! a process of its own.

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

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use milena::connection::ConnectionBuilder;
use milena::sasl::ScramSha256;
use milena::tls::Tls;
use milena::wire::encode_request;
use milena::wire::messages::ApiVersionsRequest;
use milena::{CloseReason, Connection};
use peak_alloc::PeakAlloc;
use support::bare::Bare;
use support::broker::{Broker, Security};
use support::chart::{Pair, draw};
use support::{cpu, is_test, median, raise_file_limit, resident, tls_config};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::ServerName;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// How many connections are opened at a time.
const AT_A_TIME: usize = 100;

/// With four addresses of the loopback interface, ports that wait for stragglers of the round before do not run out.
fn address(broker: &Broker, number: usize) -> String {
    format!("127.0.0.{}:{}", number % 4 + 1, broker.port)
}

/// Opens `count` of something; gives them and the time it took.
async fn open<T, F, Fut>(count: usize, one: F) -> (Vec<T>, Duration)
where
    T: Send + 'static,
    F: Fn(usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = T> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let began = Instant::now();
    for _ in 0..AT_A_TIME {
        let (next, one) = (Arc::clone(&next), one.clone());
        tasks.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return opened;
                }
                opened.push(one(number).await);
            }
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(opened) = tasks.join_next().await {
        all.extend(opened.unwrap());
    }
    (all, began.elapsed())
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

fn versions_frame() -> Vec<u8> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name("bare")
        .with_client_software_version("1");
    let client = "bare".into();
    let frame = encode_request(Vec::new(), &request, 4, 1, Some(&client)).unwrap();
    frame.into_bytes().to_vec()
}

/// A bare socket, with TLS if that is asked for, over which versions were asked.
async fn bare(address: String, tls: Option<Arc<ClientConfig>>) -> Box<dyn Stream> {
    let stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(config) => {
            let host = address.split(':').next().unwrap().to_owned();
            let name = ServerName::try_from(host).unwrap();
            Box::new(
                TlsConnector::from(config)
                    .connect(name, stream)
                    .await
                    .unwrap(),
            )
        }
    };
    let mut bare = Bare::with_buffer(&mut stream, 4 << 10);
    bare.round_trip(&versions_frame()).await;
    stream
}

struct Bares {
    per_second: f64,
    heap_each: f64,
}

async fn bares(broker: &Broker, count: usize, tls: Option<Arc<ClientConfig>>) -> Bares {
    let before = HEAP.current_usage();
    let addresses: Arc<Vec<String>> = Arc::new((0..4).map(|n| address(broker, n)).collect());
    let (sockets, time) = open(count, move |number| {
        bare(addresses[number % 4].clone(), tls.clone())
    })
    .await;
    Bares {
        per_second: count as f64 / time.as_secs_f64(),
        heap_each: (HEAP.current_usage().saturating_sub(before)) as f64 / sockets.len() as f64,
    }
}

struct Round {
    per_second: f64,
    heap_each: f64,
    asked_per_second: f64,
    dropped_in: Duration,
    errors: usize,
    before: usize,
    left: f64,
}

async fn round(broker: &Broker, count: usize, builder: ConnectionBuilder, idle: Duration) -> Round {
    let before = HEAP.current_usage();
    let addresses: Arc<Vec<String>> = Arc::new((0..4).map(|n| address(broker, n)).collect());
    let builder = builder
        .connections_max_idle(idle)
        .connect_timeout(Duration::from_secs(60));
    let (opened, time) = open(count, move |number| {
        let (builder, addresses) = (builder.clone(), Arc::clone(&addresses));
        async move { builder.connect(&addresses[number % 4]).await }
    })
    .await;
    let (good, bad): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    let mut errors = bad.len();
    let connections: Vec<Connection> = good.into_iter().map(Result::unwrap).collect();
    let heap_each =
        HEAP.current_usage().saturating_sub(before) as f64 / connections.len().max(1) as f64;
    let connections = Arc::new(connections);
    let asked = Instant::now();
    let asking = Arc::clone(&connections);
    let (answers, _) = open(connections.len(), move |number| {
        let connections = Arc::clone(&asking);
        async move {
            connections[number]
                .send(ApiVersionsRequest::default())
                .await
                .is_ok()
        }
    })
    .await;
    let asked = asked.elapsed();
    errors += answers.iter().filter(|good| !**good).count();
    let waiting = Instant::now();
    for connection in connections.iter() {
        if !matches!(connection.closed().await, CloseReason::IdleDrop) {
            errors += 1;
        }
    }
    let dropped_in = waiting.elapsed();
    drop(connections);
    // What the tasks held goes with them.
    while Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
    Round {
        per_second: count as f64 / time.as_secs_f64(),
        heap_each,
        asked_per_second: count as f64 / asked.as_secs_f64(),
        dropped_in,
        errors,
        before,
        left: HEAP.current_usage() as f64 / before as f64,
    }
}

fn connections(runtime: &Runtime, count: usize, kind: &str, rounds: usize) -> Option<Pair> {
    let mut figures: [Vec<f64>; 2] = Default::default();
    let (security, resumption) = match kind {
        "plain" => (Security::Plain, false),
        "tls" => (Security::Tls, true),
        "tls, no resumption" => (Security::Tls, false),
        _ => (Security::Scram, false),
    };
    let broker = Broker::start(security);
    let tls = broker.ca.as_ref().map(|ca| {
        let mut config = ClientConfig::clone(&tls_config(ca));
        if !resumption {
            config.resumption = Resumption::disabled();
        }
        Arc::new(config)
    });
    let mut builder = Connection::builder();
    if let Some(config) = &tls {
        builder = builder.tls(Tls::from_config(Arc::clone(config)));
    }
    if security == Security::Scram {
        builder = builder.sasl(ScramSha256::new("alice", "alice-secret"));
    }
    for number in 1..=rounds {
        runtime.block_on(async {
            // What is made once and kept, by the runtime above all, is not a connection's.
            if number == 1 {
                let idle = Duration::from_millis(100);
                round(&broker, count.min(1000), builder.clone(), idle).await;
            }
            let bares = match security {
                // There is nothing bare to log in with: the same without it is measured by `plain`.
                Security::Scram => None,
                _ => Some(bares(&broker, count, tls.clone()).await),
            };
            // Nobody is to be idle before the last one is open and was asked.
            let idle = bares.as_ref().map_or(Duration::from_secs(6), |bares| {
                Duration::from_secs_f64(2.0 + 3.0 * count as f64 / bares.per_second)
            });
            let round = round(&broker, count, builder.clone(), idle).await;
            if let Some(bares) = &bares {
                figures[0].push(bares.per_second);
                figures[1].push(round.per_second);
            }
            let (bare_rate, bare_heap) = bares
                .as_ref()
                .map_or((f64::NAN, f64::NAN), |bares| (bares.per_second, bares.heap_each));
            println!(
                "{{\"load\":\"connections\",\"kind\":\"{kind}\",\"round\":{number},\"count\":{count},\"bare_per_second\":{},\"milena_per_second\":{:.0},\
                 \"ratio\":{},\"bare_heap_each\":{},\"milena_heap_each\":{:.0},\"asked_per_second\":{:.0},\"idle_ms\":{},\"dropped_after_ms\":{},\
                 \"errors\":{},\"heap_before\":{},\"heap_after_over_before\":{:.3},\"resident_mib\":{:.0}}}",
                number_or_null(bare_rate),
                round.per_second,
                if bare_rate.is_nan() { "null".to_owned() } else { format!("{:.2}", round.per_second / bare_rate) },
                number_or_null(bare_heap),
                round.heap_each,
                round.asked_per_second,
                idle.as_millis(),
                round.dropped_in.as_millis(),
                round.errors,
                round.before,
                round.left,
                resident() / 1_048_576.0,
            );
        });
    }
    let [mut bare, mut milena] = figures;
    (!bare.is_empty()).then(|| Pair {
        name: kind.to_owned(),
        bare: median(&mut bare),
        milena: median(&mut milena),
    })
}

fn number_or_null(value: f64) -> String {
    if value.is_nan() {
        "null".to_owned()
    } else {
        format!("{value:.0}")
    }
}

/// So many requests a second, spread evenly over the connections and over time.
fn rate(runtime: &Runtime, count: usize, per_second: usize, seconds: u64) {
    let broker = Broker::start(Security::Plain);
    runtime.block_on(async {
        let addresses: Arc<Vec<String>> = Arc::new((0..4).map(|n| address(&broker, n)).collect());
        let (connections, _) = open(count, move |number| {
            let addresses = Arc::clone(&addresses);
            async move { Connection::builder().connect(&addresses[number % 4]).await.unwrap() }
        })
        .await;
        let interval = Duration::from_secs_f64(count as f64 / per_second as f64);
        let (began, before) = (Instant::now(), cpu());
        let end = began + Duration::from_secs(seconds);
        let mut tasks = JoinSet::new();
        for (number, connection) in connections.into_iter().enumerate() {
            tasks.spawn(async move {
                let mut times = Vec::with_capacity(seconds as usize * 4);
                let mut errors = 0usize;
                let mut due = began + interval.mul_f64(number as f64 / count as f64);
                while due < end {
                    tokio::time::sleep_until(due.into()).await;
                    match connection.send(ApiVersionsRequest::default()).await {
                        // From when it was due: who is late because of others is late.
                        Ok(_) => times.push(due.elapsed()),
                        Err(_) => errors += 1,
                    }
                    due += interval;
                }
                (times, errors)
            });
        }
        let (mut times, mut errors) = (Vec::new(), 0);
        while let Some(done) = tasks.join_next().await {
            let (some, failed) = done.unwrap();
            times.extend(some);
            errors += failed;
        }
        let (time, used) = (began.elapsed(), cpu() - before);
        times.sort_unstable();
        let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        let cores = std::thread::available_parallelism().unwrap().get() as f64;
        println!(
            "{{\"load\":\"rate\",\"connections\":{count},\"asked_per_second\":{per_second},\"seconds\":{seconds},\"answered_per_second\":{:.0},\
             \"p50_ms\":{:.2},\"p95_ms\":{:.2},\"p99_ms\":{:.2},\"max_ms\":{:.2},\"errors\":{errors},\"resident_mib\":{:.0},\"percent_of_machine\":{:.1}}}",
            times.len() as f64 / time.as_secs_f64(),
            at(0.5),
            at(0.95),
            at(0.99),
            times.last().unwrap().as_secs_f64() * 1e3,
            resident() / 1_048_576.0,
            100.0 * used.as_secs_f64() / time.as_secs_f64() / cores,
        );
    });
}

fn main() {
    support::broker::serve_if_asked();
    raise_file_limit();
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let number = |place: usize, default: usize| {
        arguments
            .get(place)
            .map_or(default, |word| word.parse().unwrap())
    };
    let all = arguments.is_empty();
    let (count, rounds, seconds) = if is_test() {
        (50, 1, 1)
    } else {
        (10_000, 3, 30)
    };
    if all || arguments[0] == "connections" {
        let kinds = ["plain", "tls", "tls, no resumption", "scram"];
        let pairs: Vec<Pair> = kinds
            .into_iter()
            .filter_map(|kind| connections(&runtime, number(1, count), kind, rounds))
            .collect();
        draw("load", "Connections opened", "a second", &pairs);
    }
    if all || arguments[0] == "rate" {
        rate(
            &runtime,
            number(1, count / 2),
            number(2, count),
            number(3, seconds) as u64,
        );
    }
}
