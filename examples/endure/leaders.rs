//! How long it takes until a new leader is written to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::messages::MetadataRequest;
use milena::wire::messages::metadata::MetadataRequestTopic;

use crate::unrest::{End, Phase};

/// How often the cluster is asked who leads.
const INTERVAL: Duration = Duration::from_millis(100);

/// What is known of the leaders of a topic's partitions, from outside, and of the writes to them.
#[derive(Debug)]
pub(crate) struct Leaders {
    partitions: Mutex<Vec<Partition>>,
    phase: Phase,
}

#[derive(Clone, Debug, Default)]
struct Partition {
    leader: Option<(i32, i32)>,
    /// When it was seen, if nobody has written to it since.
    new_since: Option<Instant>,
    last_write: Option<Instant>,
    /// How often it moved, and the slowest recovery from that, by what was done to the brokers then.
    moves: BTreeMap<String, (u32, Duration)>,
    /// What was done when it moved last.
    phase: String,
    longest_outage: Duration,
}

impl Leaders {
    pub(crate) fn new(partitions: i32, phase: Phase) -> Self {
        let count = usize::try_from(partitions).unwrap_or(0);
        Self {
            partitions: Mutex::new(vec![Partition::default(); count]),
            phase,
        }
    }

    fn partitions(&self) -> MutexGuard<'_, Vec<Partition>> {
        let partitions = self.partitions.lock();
        partitions.unwrap_or_else(PoisonError::into_inner)
    }

    fn with(&self, partition: i32, change: impl FnOnce(&mut Partition)) {
        let index = usize::try_from(partition).unwrap_or(usize::MAX);
        if let Some(partition) = self.partitions().get_mut(index) {
            change(partition);
        }
    }

    /// A write was acknowledged, which began then.
    pub(crate) fn written(&self, partition: i32) {
        let now = Instant::now();
        self.with(partition, |partition| {
            if let Some(since) = partition.new_since.take() {
                let (_, slowest) = partition.moves.entry(partition.phase.clone()).or_default();
                *slowest = (*slowest).max(now - since);
            }
            if let Some(last) = partition.last_write.replace(now) {
                partition.longest_outage = partition.longest_outage.max(now - last);
            }
        });
    }

    fn seen(&self, index: i32, leader: i32, epoch: i32) {
        self.with(index, |partition| {
            let seen = Some((leader, epoch));
            if leader < 0 || partition.leader == seen {
                return;
            }
            let is_older = partition.leader.is_some_and(|(_, known)| epoch < known);
            if is_older {
                // Of a broker that does not know yet.
                return;
            }
            if partition.leader.replace((leader, epoch)).is_some() {
                partition.phase = self.phase.name();
                let (moved, _) = partition.moves.entry(partition.phase.clone()).or_default();
                *moved += 1;
                partition.new_since = Some(Instant::now());
            }
        });
    }

    /// How often leaders moved, and the slowest recovery from that, by what was done to the brokers then.
    pub(crate) fn recoveries(&self) -> Vec<(String, u32, Duration)> {
        let mut all: BTreeMap<String, (u32, Duration)> = BTreeMap::new();
        for partition in self.partitions().iter() {
            for (phase, (moved, slowest)) in &partition.moves {
                let (all_moved, slowest_of_all) = all.entry(phase.clone()).or_default();
                *all_moved += moved;
                *slowest_of_all = (*slowest_of_all).max(*slowest);
            }
        }
        let all = all.into_iter();
        all.map(|(phase, (moved, slowest))| (phase, moved, slowest))
            .collect()
    }

    pub(crate) fn moved(&self) -> u32 {
        self.recoveries().iter().map(|(_, moved, _)| moved).sum()
    }

    pub(crate) fn slowest_recovery(&self) -> Duration {
        let recoveries = self.recoveries();
        let slowest = recoveries.iter().map(|(_, _, slowest)| *slowest);
        slowest.max().unwrap_or_default()
    }

    pub(crate) fn longest_outage(&self) -> Duration {
        let partitions = self.partitions();
        let longest = partitions.iter().map(|partition| partition.longest_outage);
        longest.max().unwrap_or_default()
    }
}

/// Asks, again and again, who leads.
pub(crate) async fn watch(leaders: Arc<Leaders>, client: Client, topic: String, end: End) {
    while !end.has_come() {
        tokio::time::sleep(INTERVAL).await;
        let request = MetadataRequest::default()
            .with_topics(vec![MetadataRequestTopic::default().with_name(&*topic)])
            .with_allow_auto_topic_creation(false);
        let answer = client.send(request).deadline(Duration::from_secs(1)).await;
        let Ok(metadata) = answer else { continue };
        for topic in &metadata.topics {
            for partition in &topic.partitions {
                let (index, leader) = (partition.partition_index, partition.leader_id);
                leaders.seen(index, leader, partition.leader_epoch);
            }
        }
    }
}
