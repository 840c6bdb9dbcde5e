//! What these decisions cost: `cargo test --release -p milena --lib -- --ignored --nocapture cluster::retry::cost`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

use super::super::backoff::Backoff;
use super::{Budget, is_idempotent, reaction, throttles_first};

/// The quickest of some blocks, in nanoseconds for each call: others who use the machine only ever make it slower.
fn cost(what: &str, most: f64, mut call: impl FnMut()) {
    let mut block = || {
        let began = Instant::now();
        for _ in 0..10_000 {
            call();
        }
        began.elapsed().as_secs_f64() * 1e9 / 10_000.0
    };
    let cost = (0..100).map(|_| block()).fold(f64::MAX, f64::min);
    println!("{what}: {cost:.1} ns");
    assert!(cfg!(debug_assertions) || cost <= most, "{what}: {cost} ns");
}

#[test]
#[ignore = "a measurement, for a build with --release"]
fn of_a_request_and_of_a_retry() {
    let start = Instant::now();
    let budget = Budget::new(0.1, 10, start);
    cost("budget: deposit, once for each request", 20.0, || {
        budget.deposit();
    });
    let mut now = start;
    cost("budget: take, once for each retry", 200.0, || {
        now += Duration::from_millis(1);
        budget.turn(black_box(now)).spend();
    });
    cost("back-off", 100.0, || {
        black_box(Backoff::RETRY.delay_within(black_box(3), black_box(77), Duration::MAX));
    });
    let codes = ErrorCode::ALL.iter().cycle();
    let mut codes = codes.zip(ApiKey::ALL.iter().cycle());
    cost("reaction to a code", 100.0, || {
        let (code, api) = codes.next().unwrap();
        black_box(reaction(black_box(*api), black_box(*code)));
    });
    cost("idempotence and throttling of an API", 50.0, || {
        let api = black_box(ApiKey::LIST_OFFSETS);
        black_box((is_idempotent(api), throttles_first(api, black_box(3))));
    });
}
