//! What the metadata of a large cluster costs: 10,000 topics of 10 partitions with 3 replicas on 100 brokers.
//!
//! Prints each figure beside its goal, and fails if one is missed by more than twice. Look-ups of all topics in random order are shown
//! beside the goal and not held against it: they measure how long the processor waits for memory. `-- --test` does it with a hundred topics
//! and holds only the memory against its goal.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a bench"
)]

mod support;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use milena::bytes::Bytes;
use milena::cluster::metadata::{Asked, AskedTopics, LeaderHint, Metadata, TopicKey};
use milena::wire::codec::Message as _;
use milena::wire::messages::MetadataResponse;
use milena::wire::messages::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use peak_alloc::PeakAlloc;
use support::{cpu, is_test, median};
use uuid::Uuid;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const VERSION: i16 = 13;
const PARTITIONS: usize = 10;
const BROKERS: usize = 100;
/// Lookups that are timed together.
const BLOCK: usize = 1000;

fn name(number: usize) -> String {
    format!("team-{}.orders-{number}.events", number % 37)
}

fn id(number: usize) -> Uuid {
    // As random as the ids that brokers give.
    let mixed = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Uuid::from_u128(mixed)
}

/// What a broker answers, as it comes over the wire.
fn answer(topics: usize) -> Bytes {
    let mut answer = MetadataResponse::default()
        .with_cluster_id("5L6g3nShT-eMCtK--X86sw")
        .with_controller_id(0);
    answer.brokers = (0..BROKERS)
        .map(|id| {
            MetadataResponseBroker::default()
                .with_node_id(id as i32)
                .with_host(format!("kafka-{id}.kafka.svc.cluster.local"))
                .with_port(9092)
                .with_rack(format!("eu-central-1{}", ["a", "b", "c"][id % 3]))
        })
        .collect();
    answer.topics = (0..topics).map(topic).collect();
    answer.encode(VERSION).unwrap().into_bytes()
}

fn topic(number: usize) -> MetadataResponseTopic {
    let mut topic = MetadataResponseTopic::default()
        .with_name(name(number))
        .with_topic_id(id(number));
    topic.partitions = (0..PARTITIONS)
        .map(|index| {
            let broker = |replica| ((number + index + replica) % BROKERS) as i32;
            let replicas = [broker(0), broker(1), broker(2)];
            let mut partition = MetadataResponsePartition::default()
                .with_partition_index(index as i32)
                .with_leader_id(replicas[0])
                .with_leader_epoch(7);
            partition.replica_nodes = replicas.into_iter().collect();
            partition.isr_nodes = replicas.into_iter().collect();
            partition
        })
        .collect();
    topic
}

fn refresh(metadata: &Metadata, body: &Bytes) -> Metadata {
    let asked = Asked::new(metadata.generation().next(), AskedTopics::All);
    let answer = MetadataResponse::decode(body, VERSION).unwrap();
    let (metadata, changes) = metadata
        .apply(&answer, &asked, VERSION, Instant::now())
        .unwrap();
    assert!(changes.left_out.is_empty() && changes.unsettled.is_empty());
    metadata
}

/// The middle one of several blocks, in nanoseconds for each.
fn time(rounds: usize, block: usize, mut one: impl FnMut(usize)) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|round| {
            let began = Instant::now();
            for number in 0..block {
                one(round * block + number);
            }
            began.elapsed().as_nanos() as f64 / block as f64
        })
        .collect();
    median(&mut times)
}

struct Figure {
    what: &'static str,
    value: f64,
    goal: f64,
    unit: &'static str,
    held: Held,
}

/// Whether the figure is held against its goal.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Always,
    /// Unless it is a test, in which nothing is fast.
    Timed,
    Never,
}

fn main() -> ExitCode {
    let (topics, rounds, blocks) = if is_test() {
        (100, 2, 2)
    } else {
        (10_000, 15, 501)
    };
    let mut figures = Vec::new();
    let mut figure = |what, value, goal, unit, held| {
        figures.push(Figure {
            what,
            value,
            goal,
            unit,
            held,
        });
    };

    let body = answer(topics);
    let before = HEAP.current_usage();
    let metadata = refresh(&Metadata::new(), &body);
    let used = HEAP.current_usage() - before;
    let partitions = topics * PARTITIONS;
    figure(
        "memory a partition",
        used as f64 / partitions as f64,
        150.0,
        "bytes",
        Held::Always,
    );

    let mut first = Vec::new();
    let mut again = Vec::new();
    for _ in 0..rounds {
        let began = cpu();
        let metadata = refresh(&Metadata::new(), &body);
        first.push((cpu() - began).as_secs_f64() * 1e3);
        let began = cpu();
        let metadata = refresh(&metadata, &body);
        again.push((cpu() - began).as_secs_f64() * 1e3);
        drop(metadata);
    }
    figure(
        "first answer, decoded and applied, CPU",
        median(&mut first),
        50.0,
        "ms",
        Held::Timed,
    );
    figure(
        "refresh, decoded and applied, CPU",
        median(&mut again),
        50.0,
        "ms",
        Held::Timed,
    );

    // An answer with one topic, and the hint of one new leader, in the midst of all others.
    let names: Vec<Arc<str>> = (0..topics).map(|number| name(number).into()).collect();
    let mut one = MetadataResponse::decode(&body, VERSION).unwrap();
    one.topics = vec![topic(topics / 2)];
    let wanted = AskedTopics::These {
        names: [Arc::clone(&names[topics / 2])].into(),
        ids: [].into(),
    };
    let asked = Asked::new(metadata.generation().next(), wanted);
    let partial = time(rounds, BLOCK, |_| {
        let now = Instant::now();
        black_box(metadata.apply(&one, &asked, VERSION, now).unwrap());
    });
    figure(
        "answer with one topic",
        partial / 1e3,
        1000.0,
        "us",
        Held::Timed,
    );
    let hint = LeaderHint {
        topic: TopicKey::Id(id(topics / 2)),
        partition: 3,
        leader: 5,
        epoch: 8,
    };
    let hinted = time(rounds, BLOCK, |_| {
        black_box(
            metadata
                .apply_leaders(std::slice::from_ref(&hint), &[])
                .unwrap(),
        );
    });
    figure(
        "hint of a new leader",
        hinted / 1e3,
        1000.0,
        "us",
        Held::Timed,
    );

    let current = ArcSwap::from_pointee(metadata);
    // What the callers hold, side by side: the misses of their own are not for here.
    let text = names.concat();
    let mut rest = text.as_str();
    let names: Vec<&str> = names
        .iter()
        .map(|name| {
            let (name, behind) = rest.split_at(name.len());
            rest = behind;
            name
        })
        .collect();
    let ids: Vec<Uuid> = (0..topics).map(id).collect();
    for (what_name, what_id, what_touch, in_use, held) in [
        (
            "leader by name, 1,000 topics in use",
            "leader by id, 1,000 topics in use",
            "leader by name and touched, 1,000 topics in use",
            topics.min(1000),
            Held::Timed,
        ),
        (
            "leader by name, all in random order",
            "leader by id, all in random order",
            "leader by name and touched, all in random order",
            topics,
            Held::Never,
        ),
    ] {
        let next = |number: usize| number.wrapping_mul(7919) % in_use;
        let partition = |number: usize| (number % PARTITIONS) as i32;
        let by_name = time(blocks, BLOCK, |number| {
            let metadata = current.load();
            let leader = metadata.leader(black_box(names[next(number)]), partition(number));
            assert!(black_box(leader).is_some());
        });
        figure(what_name, by_name, 50.0, "ns", held);
        let by_id = time(blocks, BLOCK, |number| {
            let metadata = current.load();
            let leader = metadata.leader_by_id(black_box(ids[next(number)]), partition(number));
            assert!(black_box(leader).is_some());
        });
        figure(what_id, by_id, 50.0, "ns", held);
        let touched = time(blocks, BLOCK, |number| {
            let metadata = current.load();
            let topic = metadata.topic(black_box(names[next(number)])).unwrap();
            topic.touch();
            assert!(black_box(topic.leader(partition(number))).is_some());
        });
        figure(what_touch, touched, 50.0, "ns", held);
    }

    let mut missed = false;
    println!("metadata of {topics} topics x {PARTITIONS} partitions x {BROKERS} brokers");
    for figure in figures {
        let Figure {
            what,
            value,
            goal,
            unit,
            held,
        } = figure;
        let verdict = if value <= goal { "" } else { " MISSED" };
        println!("metadata/{what}: {value:.1} {unit} (goal {goal} {unit}){verdict}");
        let is_held = held == Held::Always || held == Held::Timed && !is_test();
        missed |= is_held && value > 2.0 * goal;
    }
    if missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
