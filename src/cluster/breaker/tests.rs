use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::super::backoff::Backoff;
use super::super::random::Random;
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const SEED: u64 = 42;

/// A breaker and the time of the test.
struct Bench {
    breaker: CircuitBreaker,
    now: Instant,
}

impl Bench {
    fn new(settings: BreakerSettings) -> Self {
        let now = Instant::now();
        let breaker = CircuitBreaker::new(settings, now, SEED).unwrap();
        Self { breaker, now }
    }

    /// One whose circuit is open.
    fn opened(settings: BreakerSettings) -> Self {
        let mut bench = Self::new(settings);
        bench.fail(5);
        assert_eq!(bench.breaker.state(), BreakerState::Open);
        bench
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    /// Until it is time to try the broker.
    fn wait_until_half_open(&mut self) {
        let retry_in = self.refused();
        self.wait(retry_in - Duration::from_nanos(1));
        assert_eq!(self.refused(), Duration::from_nanos(1));
        self.wait(Duration::from_nanos(1));
    }

    fn fail(&mut self, times: usize) -> Option<Transition> {
        for _ in 1..times {
            assert_eq!(self.breaker.failed(self.now), None);
        }
        self.breaker.failed(self.now)
    }

    fn passes(&self) {
        let admission = self.breaker.admit(self.now);
        assert!(matches!(admission, Admission::Pass), "{admission:?}");
        assert!(self.breaker.would_admit(self.now));
    }

    fn probe(&self) -> Probe {
        assert!(self.breaker.would_admit(self.now));
        match self.breaker.admit(self.now) {
            Admission::Probe(probe) => probe,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self) -> Duration {
        assert!(!self.breaker.would_admit(self.now));
        match self.breaker.admit(self.now) {
            Admission::Refused { retry_in } => {
                assert_eq!(retry_in, self.breaker.retry_in(self.now));
                retry_in
            }
            other => panic!("{other:?}"),
        }
    }

    fn causes(&self) -> Vec<TransitionCause> {
        let transitions = self.breaker.transitions();
        transitions.into_iter().map(|made| made.cause).collect()
    }
}

/// Statement 12.
#[test]
fn five_failures_in_a_row_open_it() {
    let mut bench = Bench::new(BreakerSettings::default());
    for _ in 0..100 {
        assert_eq!(bench.fail(4), None);
        bench.passes();
        assert_eq!(bench.breaker.succeeded(bench.now), None);
        // Apart enough to be no rate.
        bench.wait(10 * SECOND);
    }
    assert_eq!(bench.fail(4), None);
    let transition = bench.fail(1).unwrap();
    assert_eq!(transition.at, bench.now);
    assert_eq!(
        (transition.from, transition.to),
        (BreakerState::Closed, BreakerState::Open)
    );
    assert_eq!(transition.cause, TransitionCause::ConsecutiveFailures(5));
    assert_eq!(transition.open_for, Some(bench.refused()));
}

/// Statement 12.
#[test]
fn half_of_twenty_requests_in_ten_seconds_open_it() {
    let mut bench = Bench::new(BreakerSettings::default());
    for pair in 0..9 {
        bench.breaker.succeeded(bench.now);
        assert_eq!(bench.fail(1), None, "{pair}");
        bench.wait(SECOND);
    }
    // The first pair is forgotten: eighteen are left.
    bench.wait(SECOND);
    bench.breaker.succeeded(bench.now);
    assert_eq!(bench.fail(1), None);
    bench.breaker.succeeded(bench.now);
    let transition = bench.fail(1).unwrap();
    let cause = TransitionCause::FailureRate {
        failures: 10,
        requests: 20,
    };
    assert_eq!(
        (transition.to, transition.cause),
        (BreakerState::Open, cause)
    );
}

/// Statement 12.
#[test]
fn a_failure_rate_below_a_half_does_not_open_it() {
    let mut bench = Bench::new(BreakerSettings::default());
    for round in 0..10_000 {
        for _ in 0..5 {
            bench.breaker.succeeded(bench.now);
        }
        assert_eq!(bench.fail(4), None, "{round}");
        bench.wait(SECOND / 7);
    }
    bench.passes();
}

/// Statement 12.
#[test]
fn what_is_older_than_the_window_is_no_part_of_the_rate() {
    let mut bench = Bench::new(BreakerSettings::default());
    for _ in 0..1000 {
        bench.breaker.succeeded(bench.now);
    }
    bench.wait(10 * SECOND);
    for _ in 0..9 {
        bench.breaker.succeeded(bench.now);
        assert_eq!(bench.fail(1), None);
    }
    bench.breaker.succeeded(bench.now);
    assert!(bench.fail(1).is_some());
}

/// Statement 12: 1 s, 2 s, 4 s, 4 s, each spread by a fifth, and anew from 1 s after it was closed.
#[test]
fn the_reset_timeout_doubles_and_is_spread() {
    let mut bench = Bench::opened(BreakerSettings::default());
    let resets = Backoff::new(SECOND, 4 * SECOND);
    let mut random = Random::seeded(SEED);
    let mut expected = |openings| resets.delay(openings, random.number());
    for (openings, middle) in [(0, 1), (1, 2), (2, 4), (3, 4), (4, 4)] {
        let open_for = bench.refused();
        assert_eq!(open_for, expected(openings));
        let spread = SECOND * middle * 4 / 5..=(SECOND * middle * 6 / 5).min(4 * SECOND);
        assert!(spread.contains(&open_for), "{openings}: {open_for:?}");
        bench.wait_until_half_open();
        let probe = bench.probe();
        let transition = probe.failed(bench.now).unwrap();
        assert_eq!(transition.cause, TransitionCause::TrialFailed);
    }
    expected(5);
    bench.wait_until_half_open();
    bench.probe().succeeded(bench.now);
    bench.probe().succeeded(bench.now);
    bench.fail(5);
    assert_eq!(bench.refused(), expected(0));
}

/// Statement 12.
#[test]
fn one_request_at_a_time_tries_the_broker_and_two_answers_close_it() {
    let mut bench = Bench::opened(BreakerSettings::default());
    bench.wait_until_half_open();
    let probe = bench.probe();
    let half_opened = probe.transition().unwrap();
    assert_eq!(half_opened.to, BreakerState::HalfOpen);
    assert_eq!(half_opened.cause, TransitionCause::ResetTimeout);
    assert_eq!(bench.refused(), SECOND / 10);
    assert_eq!(probe.succeeded(bench.now), None);
    assert_eq!(bench.breaker.state(), BreakerState::HalfOpen);
    let probe = bench.probe();
    assert_eq!(probe.transition(), None);
    bench.refused();
    let closed = probe.succeeded(bench.now).unwrap();
    assert_eq!(
        (closed.from, closed.to),
        (BreakerState::HalfOpen, BreakerState::Closed)
    );
    assert_eq!(closed.cause, TransitionCause::Recovered(2));
    bench.passes();
    // What was before is forgotten: it takes five failures again.
    assert_eq!(bench.fail(4), None);
    assert!(bench.fail(1).is_some());
}

/// Statement 12.
#[test]
fn as_many_try_the_broker_as_configured() {
    let settings = BreakerSettings::default();
    let mut bench = Bench::opened(settings.probe_limit(3).success_threshold(4));
    bench.wait_until_half_open();
    let probes = [(); 3].map(|()| bench.probe());
    bench.refused();
    for probe in probes {
        assert_eq!(probe.succeeded(bench.now), None);
    }
    assert!(bench.probe().succeeded(bench.now).is_some());
    bench.passes();
}

/// Statement 12.
#[test]
fn one_failure_of_those_who_try_opens_it() {
    let mut bench = Bench::opened(BreakerSettings::default().probe_limit(2));
    bench.wait_until_half_open();
    let (one, other) = (bench.probe(), bench.probe());
    assert_eq!(one.succeeded(bench.now), None);
    assert!(other.failed(bench.now).is_some());
    assert_eq!(bench.breaker.state(), BreakerState::Open);
    // The answer of before is not counted again.
    bench.wait_until_half_open();
    assert_eq!(bench.probe().succeeded(bench.now), None);
    assert_eq!(bench.breaker.state(), BreakerState::HalfOpen);
}

/// Statement 12: heartbeats and commits do not ask, and tell how it went.
#[test]
fn a_success_on_any_purpose_counts() {
    let bench = Bench::opened(BreakerSettings::default());
    let half_opened = bench.breaker.succeeded(bench.now).unwrap();
    assert_eq!(half_opened.to, BreakerState::HalfOpen);
    assert_eq!(half_opened.cause, TransitionCause::Answered);
    // It took no place from those who try, and is one of the two answers.
    let probe = bench.probe();
    assert!(bench.breaker.succeeded(bench.now).is_some());
    bench.passes();
    // The one who tried is late, and harms nobody.
    assert_eq!(probe.failed(bench.now), None);
    bench.passes();

    let mut bench = Bench::opened(BreakerSettings::default().success_threshold(1));
    bench.wait(SECOND / 10);
    let closed = bench.breaker.succeeded(bench.now).unwrap();
    assert_eq!(
        (closed.from, closed.to),
        (BreakerState::Open, BreakerState::Closed)
    );
}

/// Statement 12.
#[test]
fn failures_while_it_is_open_do_not_keep_it_open() {
    let mut bench = Bench::opened(BreakerSettings::default());
    let open_for = bench.refused();
    for _ in 0..100 {
        assert_eq!(bench.fail(1), None);
        bench.wait(open_for / 100);
    }
    bench.wait(Duration::from_nanos(100));
    drop(bench.probe());
}

/// Statement 13.
#[test]
fn a_dropped_probe_gives_its_place_back() {
    let mut bench = Bench::opened(BreakerSettings::default());
    bench.wait_until_half_open();
    for _ in 0..100 {
        let probe = bench.probe();
        bench.refused();
        drop(probe);
    }
    assert_eq!(bench.breaker.state(), BreakerState::HalfOpen);
    bench.probe().succeeded(bench.now);
    bench.probe().succeeded(bench.now);
    bench.passes();
}

/// Statement 13.
#[test]
fn a_probe_of_an_earlier_trial_has_no_place_to_give_back() {
    let mut bench = Bench::opened(BreakerSettings::default());
    bench.wait_until_half_open();
    let late = bench.probe();
    bench.fail(1);
    bench.wait_until_half_open();
    let probe = bench.probe();
    drop(late);
    bench.refused();
    drop(probe);
    drop(bench.probe());
}

/// Statement 14.
#[test]
fn the_latest_transitions_are_kept() {
    let mut bench = Bench::opened(BreakerSettings::default());
    bench.wait_until_half_open();
    bench.probe().succeeded(bench.now);
    bench.probe().succeeded(bench.now);
    let expected = [
        TransitionCause::ConsecutiveFailures(5),
        TransitionCause::ResetTimeout,
        TransitionCause::Recovered(2),
    ];
    assert_eq!(bench.causes(), expected);
    bench.fail(5);
    for _ in 0..100 {
        bench.wait_until_half_open();
        bench.probe().failed(bench.now);
    }
    assert_eq!(bench.causes().len(), 16);
    let last = bench.breaker.transitions().pop().unwrap();
    assert_eq!(last.at, bench.now);
    let text = last.to_string();
    assert!(
        text.starts_with("half_open -> open: a trial failed; open for "),
        "{text}"
    );
}

/// Statement 14: whatever happens in whatever order, by a seed.
#[test]
fn no_order_of_events_breaks_the_rules() {
    for seed in 0..300 {
        let mut random = Random::seeded(seed);
        let (limit, enough) = (1 + random.number() % 3, 1 + random.number() % 3);
        let settings = BreakerSettings::default();
        let mut bench = Bench::new(settings.probe_limit(limit).success_threshold(enough));
        // Those who try the broker, and how often it was half-open when they began.
        let mut probes: Vec<(Probe, u32)> = Vec::new();
        let mut round = 0;
        let mut all = Vec::new();
        for _ in 0..500 {
            let before = bench.breaker.state();
            let made = match random.number() % 8 {
                0..=2 => bench.breaker.failed(bench.now),
                3 => bench.breaker.succeeded(bench.now),
                4 | 5 => match bench.breaker.admit(bench.now) {
                    Admission::Pass => {
                        assert_eq!(before, BreakerState::Closed);
                        None
                    }
                    Admission::Probe(probe) => {
                        let made = probe.transition().cloned();
                        assert_eq!(made.is_some(), before == BreakerState::Open);
                        probes.push((probe, round + u32::from(made.is_some())));
                        made
                    }
                    Admission::Refused { retry_in } => {
                        assert_ne!(before, BreakerState::Closed);
                        assert!(retry_in > Duration::ZERO && retry_in <= 4 * SECOND);
                        None
                    }
                },
                6 if !probes.is_empty() => {
                    let at = usize::try_from(random.number()).unwrap() % probes.len();
                    let (probe, _) = probes.swap_remove(at);
                    match random.number() % 3 {
                        0 => probe.succeeded(bench.now),
                        1 => probe.failed(bench.now),
                        _ => None,
                    }
                }
                _ => {
                    bench.wait(SECOND / 100 * (random.number() % 100));
                    None
                }
            };
            if let Some(made) = &made {
                assert_eq!(made.from, before);
                assert_ne!(made.from, made.to);
                assert_eq!(made.open_for.is_some(), made.to == BreakerState::Open);
                round += u32::from(made.to == BreakerState::HalfOpen);
                all.push(made.clone());
            } else {
                assert_eq!(bench.breaker.state(), before);
            }
            let trying = probes.iter().filter(|(_, begun)| *begun == round).count();
            assert!(trying <= usize::try_from(limit).unwrap());
        }
        let kept = bench.breaker.transitions();
        assert_eq!(kept, all[all.len().saturating_sub(16)..]);
        assert!(all.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
}

/// Statement 12, with many tasks at once.
#[test]
fn threads_share_the_places_of_those_who_try() {
    let mut bench = Bench::opened(
        BreakerSettings::default()
            .probe_limit(2)
            .success_threshold(1000),
    );
    bench.wait(4 * SECOND);
    let (trying, tried) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while tried.load(Ordering::SeqCst) < 900 {
                    match bench.breaker.admit(bench.now) {
                        Admission::Probe(probe) => {
                            assert!(trying.fetch_add(1, Ordering::SeqCst) < 2);
                            std::thread::yield_now();
                            trying.fetch_sub(1, Ordering::SeqCst);
                            match tried.fetch_add(1, Ordering::SeqCst) % 3 {
                                0 => drop(probe),
                                _ => assert_eq!(probe.succeeded(bench.now), None),
                            }
                        }
                        Admission::Refused { .. } => std::thread::yield_now(),
                        Admission::Pass => panic!("it is not closed"),
                    }
                }
            });
        }
    });
    assert_eq!(bench.breaker.state(), BreakerState::HalfOpen);
}

/// Statement 12: without a failure no success is lost between tasks.
#[test]
fn successes_of_all_threads_are_part_of_the_rate() {
    let settings = BreakerSettings::default().failure_threshold(10_000);
    let mut bench = Bench::new(settings.failure_rate(0.2));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    assert_eq!(bench.breaker.succeeded(bench.now), None);
                }
            });
        }
    });
    assert_eq!(bench.fail(999), None);
    let cause = TransitionCause::FailureRate {
        failures: 1000,
        requests: 5000,
    };
    assert_eq!(bench.fail(1).unwrap().cause, cause);
}

/// Statement 20.
#[test]
fn a_mistake_in_the_settings_names_the_option_and_what_is_allowed() {
    let new = BreakerSettings::default;
    new().validate().unwrap();
    let shortest = Duration::from_millis(1);
    let least = new()
        .failure_threshold(1)
        .failure_rate(0.001)
        .min_requests(1);
    let least = least
        .window(Duration::from_millis(100))
        .reset_timeout(shortest);
    let least = least
        .max_reset_timeout(shortest)
        .probe_limit(1)
        .success_threshold(1);
    least.validate().unwrap();
    for (settings, text) in [
        (
            new().failure_threshold(0),
            "circuit_breaker.failure_threshold: 0: 1 to 10000 is allowed",
        ),
        (
            new().failure_rate(0.0),
            "circuit_breaker.failure_rate: 0: more than 0, up to 1 is allowed",
        ),
        (
            new().failure_rate(f64::NAN),
            "circuit_breaker.failure_rate: NaN: more than 0, up to 1 is allowed",
        ),
        (
            new().failure_rate(1.1),
            "circuit_breaker.failure_rate: 1.1: more than 0, up to 1 is allowed",
        ),
        (
            new().min_requests(0),
            "circuit_breaker.min_requests: 0: 1 to 1000000 is allowed",
        ),
        (
            new().window(Duration::ZERO),
            "circuit_breaker.window: 0ns: 100ms to 1h is allowed",
        ),
        (
            new().reset_timeout(Duration::MAX),
            "circuit_breaker.reset_timeout: 18446744073709551615.999999999s: 1ms to 1h is allowed",
        ),
        (
            new().reset_timeout(5 * SECOND),
            "circuit_breaker.max_reset_timeout: 4s: 5s to 1h is allowed",
        ),
        (
            new().probe_limit(1001),
            "circuit_breaker.probe_limit: 1001: 1 to 1000 is allowed",
        ),
        (
            new().success_threshold(0),
            "circuit_breaker.success_threshold: 0: 1 to 1000 is allowed",
        ),
    ] {
        assert_eq!(settings.validate().unwrap_err().to_string(), text);
        assert!(CircuitBreaker::new(settings, Instant::now(), 0).is_err());
    }
}
