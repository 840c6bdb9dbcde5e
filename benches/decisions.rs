//! What a decision costs: whether a broker may be asked, and which one it is.
//!
//! `cargo bench --bench decisions`. The time is told to whoever decides, so that a clock is read once for a request, by the caller; what that
//! costs stands beside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

mod support;

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use milena::cluster::breaker::{Admission, BreakerSettings, CircuitBreaker};
use milena::cluster::selection::{
    BrokerSelection, Candidate, ConsistentHash, LeastLoaded, Load, NearestRack, RoundRobin,
    SelectionContext, SourceHash, Sticky, Weighted,
};
use milena::wire::api_key::ApiKey;
use peak_alloc::PeakAlloc;
use support::{is_test, median};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const KEYS: usize = 1000;

/// The middle of many blocks, in nanoseconds for each call.
fn cost(mut call: impl FnMut()) -> f64 {
    let (blocks, calls) = if is_test() { (3, 10) } else { (101, 10_000) };
    let mut block = || {
        let began = Instant::now();
        for _ in 0..calls {
            call();
        }
        began.elapsed().as_nanos() as f64 / f64::from(calls)
    };
    block();
    let mut costs: Vec<_> = (0..blocks).map(|_| block()).collect();
    median(&mut costs)
}

fn row(what: &str, cost: f64, goal: &str) {
    println!("| {what} | {cost:.1} ns | {goal} |");
}

fn closed_breaker(now: Instant) -> CircuitBreaker {
    CircuitBreaker::new(BreakerSettings::default(), now, 1).unwrap()
}

fn admit_and_succeed(breaker: &CircuitBreaker, now: Instant) {
    assert!(matches!(breaker.admit(black_box(now)), Admission::Pass));
    assert!(breaker.succeeded(black_box(now)).is_none());
}

fn breakers(now: Instant) {
    let breaker = closed_breaker(now);
    let closed = cost(|| admit_and_succeed(&breaker, now));
    row("breaker, closed: admit and succeeded", closed, "<= 20 ns");

    let is_on = AtomicBool::new(true);
    let contended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while is_on.load(Ordering::Relaxed) {
                admit_and_succeed(&breaker, now);
            }
        });
        let contended = cost(|| admit_and_succeed(&breaker, now));
        is_on.store(false, Ordering::Relaxed);
        contended
    });
    row(
        "the same beside another thread that does nothing else",
        contended,
        "",
    );

    for _ in 0..5 {
        breaker.failed(now);
    }
    let open = cost(|| {
        let admission = breaker.admit(black_box(now));
        assert!(matches!(admission, Admission::Refused { .. }));
    });
    row("breaker, open: admit", open, "");
}

fn loads(now: Instant) {
    let load = Load::new(now);
    let latency = Duration::from_micros(700);
    let counted = cost(|| {
        load.begin();
        load.end();
        load.sample(black_box(latency), black_box(now));
    });
    row("load: begin, end and sample", counted, "");
    let read = cost(|| {
        black_box((load.in_flight(), load.latency(black_box(now))));
    });
    row("load: read", read, "");
}

fn policies(now: Instant) {
    let keys: Vec<_> = (0..KEYS).map(|key| format!("customer-{key}")).collect();
    let next = AtomicUsize::new(0);
    let racks = ["east", "west"];
    let policies: [Box<dyn BrokerSelection>; 7] = [
        Box::new(LeastLoaded::new()),
        Box::new(RoundRobin::new()),
        Box::new(Weighted::new([(0, 4), (1, 2)])),
        Box::new(ConsistentHash::new([(0, 4), (1, 2)])),
        Box::new(SourceHash::new()),
        Box::new(Sticky::new()),
        Box::new(NearestRack::new()),
    ];
    for policy in policies {
        for count in [3_u16, 100] {
            let candidates: Vec<_> = (0..count)
                .map(|id| {
                    Candidate::new(i32::from(id))
                        .with_rack(racks[usize::from(id) % 2])
                        .with_in_flight(u32::from(id) % 4)
                        .with_latency(Duration::from_micros(700 + u64::from(id) % 5))
                })
                .collect();
            let context = SelectionContext::new(ApiKey::METADATA, now)
                .with_client_rack("west")
                .with_local_address(IpAddr::from([10, 0, 0, 7]));
            let choose = || {
                let key = &keys[next.fetch_add(1, Ordering::Relaxed) % KEYS];
                let context = context.with_key(key.as_bytes());
                let chosen = policy.choose(black_box(&candidates), black_box(&context));
                assert!(black_box(chosen).is_some());
            };
            // Once it has seen the brokers and the keys, it allocates nothing.
            (0..2 * KEYS).for_each(|_| choose());
            HEAP.reset_peak_usage();
            let before = HEAP.current_usage();
            (0..2 * KEYS).for_each(|_| choose());
            assert_eq!(HEAP.peak_usage(), before, "{policy:?} allocates");
            let name = format!("{policy:?}");
            let name = name.split([' ', '{']).next().unwrap();
            row(&format!("{name}, {count} brokers"), cost(choose), "");
        }
    }
}

fn main() {
    let now = Instant::now();
    println!("| decision | cost | goal |\n|---|---|---|");
    row(
        "reading the clock",
        cost(|| {
            black_box(Instant::now());
        }),
        "",
    );
    breakers(now);
    loads(now);
    policies(now);
}
