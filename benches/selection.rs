//! A classic experiment: 10,000 requests to three brokers, of which the second has half and the third a quarter of the capacity of the first.
//!
//! The brokers are simulated and time is virtual, so that a run takes a moment and comes out the same each time; the choices are made by the
//! policies themselves, which see what a client would see: requests in flight, and the smoothed latency of the answers that came. Requests come
//! at random (Poisson) and take an exponential time each; a broker answers them one after the other. The rate was chosen so that round
//! robin and weighted come out where the published figures are; how well least loaded does beside them is what is measured.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

mod support;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::cluster::selection::{
    BrokerSelection, Candidate, LeastLoaded, Load, RoundRobin, SelectionContext, Weighted,
};
use milena::wire::api_key::ApiKey;
use support::chart::{Chart, Pair};
use support::is_test;

const REQUESTS: usize = 10_000;
/// Requests that the fastest broker can answer in a second.
const FASTEST: f64 = 1.7;
/// And each of the three.
const CAPACITIES: [f64; 3] = [FASTEST, FASTEST / 2.0, FASTEST / 4.0];
/// Requests that come in a second: 30 % of what the three can answer together.
const ARRIVALS: f64 = 0.52 * FASTEST;

/// A policy, and what was published of it: the mean response in seconds, and the requests that each broker got.
struct Contestant {
    name: &'static str,
    make: fn() -> Box<dyn BrokerSelection>,
    /// Whether it is told latencies.
    sees_latencies: bool,
    published: Option<(f64, &'static str)>,
}

const CONTESTANTS: [Contestant; 4] = [
    Contestant {
        name: "RoundRobin",
        make: || Box::new(RoundRobin::new()),
        sees_latencies: false,
        published: Some((2.5, "")),
    },
    Contestant {
        name: "Weighted 4:2:1",
        make: || Box::new(Weighted::new([(0, 4), (1, 2), (2, 1)])),
        sees_latencies: false,
        published: Some((1.2, "5714/2857/1429")),
    },
    Contestant {
        name: "LeastLoaded",
        make: || Box::new(LeastLoaded::new()),
        sees_latencies: true,
        published: Some((1.1, "")),
    },
    // What the latencies are good for.
    Contestant {
        name: "LeastLoaded, blind",
        make: || Box::new(LeastLoaded::new()),
        sees_latencies: false,
        published: None,
    },
];

/// What came out of the runs of one policy.
#[derive(Default)]
struct Outcome {
    responses: Vec<f64>,
    counts: [usize; 3],
}

impl Outcome {
    fn mean(&self) -> f64 {
        self.responses.iter().sum::<f64>() / self.responses.len() as f64
    }

    fn p99(&self) -> f64 {
        let mut responses = self.responses.clone();
        responses.sort_by(f64::total_cmp);
        responses[responses.len() * 99 / 100]
    }

    /// Of one run.
    fn counts(&self) -> String {
        let runs = self.responses.len() as f64 / REQUESTS as f64;
        let counts = self
            .counts
            .map(|count| format!("{:.0}", count as f64 / runs));
        counts.join("/")
    }
}

/// A broker that answers one request after the other.
struct Broker {
    load: Load,
    /// When it will have answered all that it has.
    free_at: f64,
}

/// Numbers that are the same in each run: `SplitMix64`.
struct Chance(u64);

impl Chance {
    /// Between 0 and 1, without both.
    fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Exponential, with this mean.
    fn time(&mut self, mean: f64) -> f64 {
        -mean * self.number().ln()
    }
}

/// A run of 10,000 requests.
fn run(contestant: &Contestant, seed: u64, outcome: &mut Outcome) {
    let start = Instant::now();
    let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
    let policy = (contestant.make)();
    let mut chance = Chance(seed);
    let mut brokers = CAPACITIES.map(|_| Broker {
        load: Load::new(start),
        free_at: 0.0,
    });
    // The answers that are still to come: when, of whom, and after how long.
    let mut answers: BinaryHeap<Reverse<(Instant, usize, Duration)>> = BinaryHeap::new();
    let mut now = 0.0;
    for _ in 0..REQUESTS {
        // Drawn in the same order whatever the policy, so that all meet the same requests.
        now += chance.time(1.0 / ARRIVALS);
        let work = chance.time(1.0);
        while let Some(Reverse((time, broker, response))) = answers.pop() {
            if time > at(now) {
                answers.push(Reverse((time, broker, response)));
                break;
            }
            let load = &brokers[broker].load;
            load.end();
            load.sample(response, time);
        }
        let candidates = [0, 1, 2].map(|index| {
            let load = &brokers[index].load;
            let latency = load.latency(at(now)).filter(|_| contestant.sees_latencies);
            Candidate::new(i32::try_from(index).unwrap())
                .with_in_flight(load.in_flight())
                .with_latency(latency)
        });
        let context = SelectionContext::new(ApiKey::METADATA, at(now));
        let chosen = policy.choose(&candidates, &context).unwrap();
        let broker = &mut brokers[chosen];
        broker.load.begin();
        broker.free_at = broker.free_at.max(now) + work / CAPACITIES[chosen];
        let response = broker.free_at - now;
        let answer = (
            at(broker.free_at),
            chosen,
            Duration::from_secs_f64(response),
        );
        answers.push(Reverse(answer));
        outcome.responses.push(response);
        outcome.counts[chosen] += 1;
    }
}

fn main() -> ExitCode {
    let runs = if is_test() { 5 } else { 100 };
    println!("10,000 requests, brokers of capacity 100/50/25 %; mean of {runs} runs");
    println!(
        "| policy | mean response | published | p99 | requests | published | better than round robin |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut means = Vec::new();
    let mut bars = Vec::new();
    for contestant in CONTESTANTS {
        let mut outcome = Outcome::default();
        for seed in 0..runs {
            run(&contestant, seed, &mut outcome);
        }
        let mean = outcome.mean();
        means.push(mean);
        let (time, requests) = contestant.published.unwrap_or((f64::NAN, ""));
        let published = if time.is_nan() {
            String::new()
        } else {
            format!("{time:.1} s")
        };
        println!(
            "| {} | {mean:.2} s | {published} | {:.2} s | {} | {requests} | {:.0} % |",
            contestant.name,
            outcome.p99(),
            outcome.counts(),
            100.0 * (1.0 - mean / means[0]),
        );
        bars.push(Pair {
            name: contestant.name.to_owned(),
            bare: time,
            milena: mean,
        });
    }
    let chart = Chart {
        bench: "selection",
        file: "selection",
        title: "Choice of broker: mean response of brokers of capacity 100/50/25 %",
        unit: "s",
        legend: "grey: published, blue: milena's policies, simulated",
    };
    chart.draw(&bars);
    let [round_robin, weighted, least_loaded, _] = means[..] else {
        unreachable!("there are four contestants")
    };
    let mut is_as_promised = true;
    for (what, is_so) in [
        (
            "weighted is 50 % better than round robin",
            weighted <= 0.5 * round_robin,
        ),
        ("least loaded is better still", least_loaded < weighted),
    ] {
        println!("{what}: {}", if is_so { "yes" } else { "NO" });
        is_as_promised &= is_so;
    }
    if is_as_promised {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
