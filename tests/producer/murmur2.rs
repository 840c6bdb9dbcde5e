//! Keys go to the partitions to which Java's producer sends them.

use std::sync::{Arc, Mutex};

use milena::producer::{ByKey, Partitioned, Partitioner, Record};

use crate::support::{TOPIC, client, cluster};

/// Keys, the hashes that Java's `Utils.murmur2` makes of them, and the partitions of 12 that its producer chooses: see scripts/java/Murmur2.java.
const GOLDEN: &str = include_str!("../golden/murmur2.tsv");

struct Line {
    key: Vec<u8>,
    hash: i32,
    of_12: i32,
}

fn lines() -> Vec<Line> {
    let lines = GOLDEN.lines().map(|line| {
        let mut fields = line.split('\t');
        let key = fields.next().unwrap();
        let digits = (0..key.len()).step_by(2);
        let key = digits.map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap());
        Line {
            key: key.collect(),
            hash: fields.next().unwrap().parse().unwrap(),
            of_12: fields.next().unwrap().parse().unwrap(),
        }
    });
    lines.collect()
}

/// As `ByKey`, and remembers the hashes.
#[derive(Clone, Debug, Default)]
struct Remembering {
    hashes: Arc<Mutex<Vec<usize>>>,
}

impl Partitioner for Remembering {
    fn partition(&self, record: &Partitioned<'_>, partitions: usize) -> Option<usize> {
        // Of so many partitions each is one hash without its sign.
        let hash = ByKey.partition(record, 1 << 31).unwrap();
        self.hashes.lock().unwrap().push(hash);
        ByKey.partition(record, partitions)
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_keys_go_where_java_sends_them() {
    let lines = lines();
    assert_eq!(lines.len(), 10_000);
    let cluster = cluster(12).await;
    let client = client(&cluster).await;
    // Before the first record, which would be looked at twice otherwise.
    let by_default = client.producer().build().unwrap();
    let remembering = Remembering::default();
    let told = client
        .producer()
        .partitioner(remembering.clone())
        .build()
        .unwrap();
    let first = Record::to(TOPIC).partition(0);
    for producer in [&by_default, &told] {
        producer.send(first.clone()).await.unwrap().await.unwrap();
    }
    let mut deliveries = Vec::new();
    for Line { key, of_12, .. } in &lines {
        for producer in [&by_default, &told] {
            let delivery = producer.send(Record::to(TOPIC).key(key)).await.unwrap();
            deliveries.push((*of_12, delivery));
        }
    }
    for (expected, delivery) in deliveries {
        assert_eq!(delivery.await.unwrap().partition, expected);
    }
    let hashes = lines.iter().map(|line| line.hash & i32::MAX);
    let hashes: Vec<_> = hashes.map(|hash| usize::try_from(hash).unwrap()).collect();
    assert_eq!(*remembering.hashes.lock().unwrap(), hashes);
}
