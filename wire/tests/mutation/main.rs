//! Damaged golden frames and record batches, a bounded and seeded number of them, against the properties that every reader keeps.
//!
//! `MILENA_MUTATIONS` says how many (1,000,000 where `CI` is set, else 200,000), `MILENA_MUTATION_SEED` which ones. The same properties run without
//! an end, guided by coverage, in `fuzz/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

#[path = "../golden/corpus.rs"]
mod corpus;
mod execute_batches;
mod execute_messages;
mod mutate;
mod run;

use std::collections::BTreeMap;

use bytes::Bytes;

use execute_batches::Reader;
use execute_messages::messages;
use mutate::{Mutator, Random};
use run::{Executed, Run};

/// Small, so that the bound bites: a golden frame is about 500 bytes.
const BUDGETS: [usize; 3] = [512, 4 << 10, 64 << 10];

/// What a batch may inflate to here; every golden batch takes less.
const INFLATE_LIMIT: usize = 256 << 10;

/// What codecs take beside their output, whatever the batch: tables, and zstd's blocks of 128 KiB.
const CONTEXTS: u64 = 512 << 10;

#[test]
fn damaged_messages() {
    let table = messages();
    let mut bodies = Vec::new();
    let mut origins = Vec::new();
    for (_, line) in corpus::lines("messages.jsonl") {
        // By key and not by name: a release renamed one message.
        let number = |field: &str| i16::try_from(line[field].as_i64().unwrap()).unwrap();
        let api = Some((
            number("api_key"),
            line["message"].as_str().unwrap().ends_with("Request"),
        ));
        let index = table.iter().position(|message| message.api == api).unwrap();
        origins.push((index, number("version")));
        bodies.push(corpus::hex(&line["hex"]));
    }
    // Headers and what lies in records have no golden frames: their own encoding has to do.
    for (index, message) in table.iter().enumerate() {
        for version in message.versions.min..=message.versions.max {
            if let (false, Some(body)) = (
                origins.contains(&(index, version)),
                (message.unset)(version),
            ) {
                origins.push((index, version));
                bodies.push(body);
            }
        }
    }
    let mut seen = BTreeMap::new();
    let mutator = Mutator::new(bodies);
    let mut run = Run::new("messages", 4, 5);
    while let Some(mut random) = run.next() {
        let choice = random.below(mutator.len());
        let (mut index, mut version) = origins[choice];
        // Now and then a body is read as another version, one that does not exist, or as another message.
        let elsewhere = random.below(16);
        if elsewhere == 0 {
            index = random.below(table.len());
        }
        if elsewhere <= 2 {
            let versions = table[index].versions;
            version = versions.min - 1
                + random.below(usize::try_from(versions.max - versions.min).unwrap() + 3) as i16;
        }
        let budget = BUDGETS[random.below(BUDGETS.len())];
        let body = Bytes::from(mutator.damaged(choice, elsewhere <= 2, &mut random));
        let message = &table[index];
        *seen.entry((index, version)).or_insert(0u32) += 1;
        run.execute(
            || {
                format!(
                    "{} v{version}, budget {budget}, body {}",
                    message.name,
                    hex(&body)
                )
            },
            || {
                let (accepted, peak) = (message.execute)(&body, version, budget);
                Executed {
                    accepted,
                    peak,
                    bound: 4 * budget as u64,
                }
            },
        );
    }
    let known = table
        .iter()
        .flat_map(|message| message.versions.min..=message.versions.max)
        .count();
    let supported = seen
        .keys()
        .filter(|(index, version)| table[*index].versions.contains(*version))
        .count();
    run.finish(&format!("{supported} of {known} message versions"));
    assert_eq!(supported, known, "a message version was never read");
}

#[test]
fn damaged_batches() {
    let lines = corpus::lines("batches.jsonl");
    let mutator = Mutator::new(
        lines
            .iter()
            .map(|(_, line)| corpus::hex(&line["hex"]))
            .collect(),
    );
    let mut run = Run::new("batches", 1, 5);
    let mut reader = Reader::new(INFLATE_LIMIT);
    while let Some(mut random) = run.next() {
        let choice = random.below(mutator.len());
        let mut set = mutator.damaged(choice, false, &mut random);
        let verify = random.below(4) == 0;
        if random.below(2) == 0 {
            execute_batches::mend(&mut set);
        }
        if random.below(4) == 0 {
            // Whole batches behind a damaged one, and the other way round.
            let whole = mutator.whole(random.below(mutator.len()));
            let place = if random.below(2) == 0 { 0 } else { set.len() };
            set.splice(place..place, whole.iter().copied());
        }
        let set = Bytes::from(set);
        run.execute(
            || {
                format!(
                    "checksums {verify}, limit {INFLATE_LIMIT}, set {}",
                    hex(&set)
                )
            },
            || {
                let (accepted, peak) = reader.execute(&set, verify);
                Executed {
                    accepted,
                    peak,
                    bound: 4 * INFLATE_LIMIT as u64 + CONTEXTS,
                }
            },
        );
    }
    run.finish("every magic and codec");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whoever changes the generator changes what every seed stands for.
#[test]
fn the_same_seed_gives_the_same_damage() {
    let mutator = Mutator::new(vec![(0..100).collect(), vec![7; 50]]);
    let damaged = |seed| mutator.damaged(0, false, &mut Random::new(seed, 0));
    assert_eq!(damaged(1), damaged(1));
    assert_ne!(damaged(1), damaged(2));
}
