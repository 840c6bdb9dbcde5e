//! Many callers against brokers that misbehave at random, for a while; nothing hangs, and nothing is left behind.
//!
//! `MILENA_SOAK_SECONDS` says for how long (default: 5), `MILENA_SOAK_SEED` makes the choices those of an earlier run. Threads and sockets
//! still have their own minds, so the same seed is the same mix and not the same order.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod client;
mod ledger;
mod peer;
mod random;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use peak_alloc::PeakAlloc;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::ledger::Ledger;
use crate::peer::Peers;
use crate::random::Random;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// How many callers there are at once.
const CALLERS: u64 = 24;

/// Long enough that every thread has got the buffers that it keeps.
const WARM_UP: Duration = Duration::from_secs(2);

/// What the heap may have more after all is over: the threads keep a few buffers of up to 64 KiB.
const MORE: usize = 256 << 10;

/// How much later than its deadline a call may end, on a machine that may have something else to do.
const LATE: Duration = Duration::from_secs(2);

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// What this process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    tasks: usize,
    descriptors: usize,
    heap: usize,
}

impl Held {
    fn now(runtime: &Runtime) -> Self {
        Self {
            tasks: runtime.metrics().num_alive_tasks(),
            // Where there is no such directory, it stays 0.
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            heap: HEAP.current_usage(),
        }
    }
}

/// Lets everybody work for a time, and waits until both sides have let go of everything.
fn round(
    runtime: &Runtime,
    peers: &Peers,
    ledger: &Arc<Ledger>,
    seed: u64,
    time: Duration,
) -> Held {
    let address: Arc<str> = peers.address().into();
    let end = Instant::now() + time;
    runtime.block_on(async {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let random = Random::new(seed, 2 * caller + 1);
            callers.spawn(client::work(
                random,
                Arc::clone(&address),
                Arc::clone(ledger),
                end,
            ));
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap();
        }
        let given_up = Instant::now() + Duration::from_secs(10);
        let metrics = runtime.metrics();
        while metrics.num_alive_tasks() > 0 || peers.open() > 0 {
            assert!(
                Instant::now() < given_up,
                "{} tasks and {} connections are left",
                metrics.num_alive_tasks(),
                peers.open()
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    Held::now(runtime)
}

/// Statements 2, 4, 5, 16 and 17, and the figures to reach: every call ends in time, and tasks, sockets and memory are given back.
#[test]
fn nothing_hangs_and_nothing_leaks_whatever_the_peers_do() {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed =
        number("MILENA_SOAK_SEED").unwrap_or_else(|| u64::from(clock.unwrap().subsec_nanos()));
    let time = Duration::from_secs(number("MILENA_SOAK_SECONDS").unwrap_or(5));
    println!(
        "MILENA_SOAK_SEED={seed} MILENA_SOAK_SECONDS={}",
        time.as_secs()
    );

    let ledger = Arc::new(Ledger::default());
    let peers = Peers::start(seed, Arc::clone(&ledger));
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let before = round(&runtime, &peers, &ledger, seed, WARM_UP);
    HEAP.reset_peak_usage();
    let after = round(&runtime, &peers, &ledger, !seed, time);
    let peak = HEAP.peak_usage();
    let (begun, ended) = ledger.totals();
    println!(
        "{ledger}{begun} begun, {ended} ended, the latest {:?} late",
        ledger.latest()
    );
    println!("before: {before:?}\nafter:  {after:?}, {peak} at the peak");

    assert_eq!(begun, ended);
    for what in ["connect", "call", "closed()"] {
        assert_eq!(ledger.of(what, "HUNG"), 0, "{what}");
    }
    assert!(ledger.latest() <= LATE, "{:?} late", ledger.latest());
    for (what, outcome) in [
        ("connect", "ok"),
        ("metadata", "ok"),
        ("produce", "ok"),
        ("oneway", "ok"),
    ] {
        assert!(ledger.of(what, outcome) > 0, "no {what} went well");
    }
    assert_eq!(after.tasks, before.tasks);
    assert_eq!(after.descriptors, before.descriptors);
    assert!(
        after.heap <= before.heap + MORE,
        "{} bytes more on the heap",
        after.heap - before.heap
    );
    peers.stop();
}
