//! Answers that lie, and answers made by chance.

#![allow(clippy::cast_possible_truncation, reason = "any number will do")]

use super::*;
use crate::cluster::metadata::flaw::LeftOut;
use crate::cluster::metadata::testing::partition;

fn result(answer: &MetadataResponse) -> Result<(Metadata, Changes), MetadataProblem> {
    let cluster = Cluster::new();
    let asked = cluster.asked(AskedTopics::All);
    cluster.metadata.apply(answer, &asked, 13, cluster.now)
}

fn left_out(answer: &MetadataResponse) -> (Metadata, Vec<Flaw>) {
    let (metadata, changes) = result(answer).unwrap();
    assert_eq!(changes.left_out.count(), changes.left_out.first().len());
    (metadata, changes.left_out.first().to_vec())
}

/// faults.md: at most 10,000 brokers.
#[test]
fn too_many_brokers_are_refused() {
    let mut many = answer(Vec::new());
    many.brokers = (0..10_000).map(broker).collect();
    assert_eq!(result(&many).unwrap().0.brokers().len(), 10_000);
    many.brokers.push(broker(10_000));
    let problem = MetadataProblem::TooManyBrokers {
        count: 10_001,
        limit: 10_000,
    };
    assert_eq!(result(&many).unwrap_err(), problem);
}

/// What was known stays, for there is nothing to go on with.
#[test]
fn no_broker_is_refused() {
    let mut none = answer(Vec::new());
    none.brokers.clear();
    assert_eq!(result(&none).unwrap_err(), MetadataProblem::NoBrokers);
    none.brokers = vec![broker(-1), broker(0).with_port(70_000)];
    assert_eq!(result(&none).unwrap_err(), MetadataProblem::NoBrokers);
}

#[test]
fn brokers_that_cannot_be_are_left_out() {
    let mut odd = answer(Vec::new()).with_controller_id(9);
    odd.brokers.push(broker(-3));
    odd.brokers.push(broker(1).with_host("evil"));
    odd.brokers.push(broker(4).with_port(65_536));
    odd.brokers.push(broker(5).with_port(-1));
    odd.brokers.push(broker(6).with_host(""));
    odd.brokers.push(broker(7).with_host("a\r\nb"));
    let (metadata, flaws) = left_out(&odd);
    assert_eq!(metadata.brokers().len(), 3);
    assert_eq!(metadata.broker(1).unwrap().host(), "kafka-1");
    assert!(metadata.controller().is_none());
    let expected = [
        Flaw::BrokerId(-3),
        Flaw::DuplicateBroker(1),
        Flaw::BrokerPort {
            broker: 4,
            port: 65_536,
        },
        Flaw::BrokerPort {
            broker: 5,
            port: -1,
        },
        Flaw::BrokerHost(6),
        Flaw::BrokerHost(7),
        Flaw::ControllerIsNoBroker(9),
    ];
    assert_eq!(flaws, expected);
}

#[test]
fn topics_that_cannot_be_are_left_out() {
    let mut nameless = topic("", 5, &[(0, 1)]);
    nameless.name = None;
    let mut unasked = failed("", ErrorCode::UNKNOWN_TOPIC_ID);
    unasked.name = None;
    let odd = answer(vec![
        topic("a", 1, &[(0, 1)]),
        topic("a", 1, &[(1, 2)]),
        topic("b", 1, &[(0, 1)]),
        topic("", 5, &[(0, 1)]),
        nameless,
        unasked,
        topic(&"c".repeat(256), 6, &[(0, 1)]),
        topic("d\n2026-01-01 ERROR all is lost", 7, &[(0, 1)]),
    ]);
    let (metadata, flaws) = left_out(&odd);
    assert_eq!(metadata.topic_count(), 1);
    assert_eq!(metadata.leader("a", 0).unwrap().id, 0);
    let expected = [
        Flaw::DuplicateTopic("a".into()),
        Flaw::DuplicateTopicId("b".into()),
        Flaw::NamelessTopic,
        Flaw::NamelessTopic,
        Flaw::NamelessTopic,
        Flaw::TopicName,
        Flaw::TopicName,
    ];
    assert_eq!(flaws, expected);
}

/// A broker that tells of what nobody asked for does not fill the memory.
#[test]
fn topics_that_were_not_asked_for_are_left_out() {
    let mut cluster = Cluster::new();
    let many = (0..1000).map(|number| topic(&format!("t{number}"), number + 1, &[(0, 1)]));
    let changes = cluster.apply(&answer(many.collect()), these(&["t7"], &[]));
    assert_eq!(cluster.metadata.topic_count(), 1);
    assert_eq!(changes.left_out.count(), 999);
    assert_eq!(changes.left_out.first().len(), 16);
    assert_eq!(changes.left_out.first()[0], Flaw::NotAsked("t0".into()));
    let changes = cluster.apply(&answer(vec![topic("x", 1, &[])]), AskedTopics::None);
    assert_eq!(changes.left_out.first(), [Flaw::NotAsked("x".into())]);
}

#[test]
fn partitions_that_cannot_be_are_left_out() {
    let mut odd = topic("a", 1, &[(0, 1), (9, 1), (-7, 1), (1, -2)]);
    let numbers = [i32::MAX, -1, i32::MIN, 1_000_000, 1];
    odd.partitions
        .extend(numbers.map(|index| partition((index, &(2, 9)))));
    odd.partitions[0].replica_nodes.push(-1);
    let (metadata, mut flaws) = left_out(&answer(vec![odd]));
    let topic = metadata.topic("a").unwrap();
    assert_eq!(topic.partition_count(), 4);
    let leaders: Vec<_> = topic
        .partitions()
        .map(|p| p.leader().map(|leader| leader.id))
        .collect();
    assert_eq!(leaders, [Some(0), None, None, Some(1)]);
    assert_eq!(
        topic.partition(1).unwrap().error(),
        ErrorCode::LEADER_NOT_AVAILABLE
    );
    assert_eq!(topic.partition(3).unwrap().leader().unwrap().epoch, None);
    assert_eq!(topic.partition(0).unwrap().replicas(), [0, 1, 2]);
    flaws.sort_by_key(ToString::to_string);
    let topic = || Arc::<str>::from("a");
    let index = |partition| Flaw::PartitionIndex {
        topic: topic(),
        partition,
    };
    let no_broker = |partition, leader| Flaw::LeaderIsNoBroker {
        topic: topic(),
        partition,
        leader,
    };
    let mut expected = vec![
        index(i32::MAX),
        index(-1),
        index(i32::MIN),
        index(1_000_000),
        Flaw::DuplicatePartition {
            topic: topic(),
            partition: 1,
        },
        no_broker(1, 9),
        no_broker(2, -7),
        Flaw::LeaderEpoch {
            topic: topic(),
            partition: 3,
            epoch: -2,
        },
        Flaw::Replica {
            topic: topic(),
            partition: 0,
        },
    ];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(flaws, expected);
}

/// A leader that is no broker does not replace one that is.
#[test]
fn a_leader_that_is_no_broker_leads_nothing() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5)])]);
    let changes = cluster.tell_one(topic("a", 1, &[(77, 6)]));
    assert_eq!(cluster.leader("a", 0), (0, 5));
    assert_eq!(cluster.error("a", 0), ErrorCode::LEADER_NOT_AVAILABLE);
    assert_eq!((changes.left_out.count(), changes.unsettled.len()), (1, 1));
}

/// SplitMix64, so that a failure can be repeated by its seed.
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// Mostly small, at times anything.
    fn int(&mut self, small: u64) -> i32 {
        match self.below(20) {
            0 => -1,
            1 => self.number() as i32,
            _ => self.below(small) as i32,
        }
    }

    fn code(&mut self) -> ErrorCode {
        match self.below(8) {
            0 => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            1 => ErrorCode::LEADER_NOT_AVAILABLE,
            2 => ErrorCode(self.number() as i16),
            _ => ErrorCode::NONE,
        }
    }

    fn topic(&mut self) -> MetadataResponseTopic {
        let leaders: Vec<(i32, i32)> = (0..self.below(5))
            .map(|_| (self.int(4), self.int(6)))
            .collect();
        let name = ["a", "b", "c", "d", "", "e"][self.below(6) as usize];
        let number = u128::from(self.below(6));
        let mut topic = topic(name, number, &leaders);
        topic.error_code = self.code();
        if self.below(10) == 0 {
            topic.name = None;
        }
        for partition in &mut topic.partitions {
            partition.error_code = self.code();
            if self.below(4) == 0 {
                partition.partition_index = self.int(5);
            }
            partition.replica_nodes = (0..self.below(6)).map(|_| self.int(4)).collect();
        }
        topic
    }

    fn answer(&mut self) -> MetadataResponse {
        let mut made = answer((0..self.below(6)).map(|_| self.topic()).collect());
        made.brokers = (0..self.below(5))
            .map(|_| broker(self.int(4)).with_port(self.int(9)))
            .collect();
        made.controller_id = self.int(4);
        if self.below(50) == 0 {
            made.cluster_id = Some(["one", "two", ""][self.below(3) as usize].into());
        }
        if self.below(50) == 0 {
            made.error_code = self.code();
        }
        made
    }

    fn topics(&mut self) -> AskedTopics {
        match self.below(4) {
            0 => AskedTopics::All,
            1 => AskedTopics::None,
            _ => these(&["a", "b", "f"][..self.below(4) as usize], &[id(3)]),
        }
    }
}

/// Whatever brokers say, what is known stays in order.
#[test]
fn any_answer_leaves_the_picture_in_order() {
    for seed in 0..300 {
        let mut chance = Chance(seed);
        let mut cluster = Cluster::new();
        let (mut applied, mut flawed) = (0, 0);
        for _ in 0..100 {
            cluster.version = chance.below(14) as i16;
            cluster.pass(chance.below(20_000));
            let (made, topics) = (chance.answer(), chance.topics());
            let asked = cluster.asked(topics);
            let before = cluster.metadata.clone();
            let told = before.apply(&made, &asked, cluster.version, cluster.now);
            let Ok((metadata, changes)) = told else {
                assert!(made.error_code.is_error() || chance_has_no_broker(&made));
                continue;
            };
            applied += 1;
            flawed += usize::from(changes.left_out != LeftOut::default());
            check(seed, &before, &metadata, &changes, cluster.version);
            cluster.metadata = metadata;
        }
        assert!(
            applied > 20 && flawed > 5,
            "seed {seed}: {applied}, {flawed}"
        );
    }
}

fn chance_has_no_broker(made: &MetadataResponse) -> bool {
    let usable = |broker: &&milena_wire::messages::metadata::MetadataResponseBroker| {
        broker.node_id >= 0 && (1..=65_535).contains(&broker.port)
    };
    made.brokers.iter().find(usable).is_none()
}

fn check(seed: u64, before: &Metadata, after: &Metadata, changes: &Changes, version: i16) {
    let names: Vec<&str> = after.topics().map(|topic| topic.name()).collect();
    assert_eq!(names.len(), after.topic_count(), "seed {seed}");
    assert!(names.iter().all(|name| !name.is_empty()));
    assert!(after.brokers().is_sorted_by_key(Broker::id));
    if let Some(controller) = after.controller() {
        assert!(after.broker(controller.id()).is_some());
    }
    for topic in after.topics() {
        assert!(Arc::ptr_eq(topic, after.topic(topic.name()).unwrap()));
        if let Some(holder) = topic.id().and_then(|id| after.topic_by_id(id)) {
            assert_eq!(holder.id(), topic.id(), "seed {seed}");
        }
        let indexes: Vec<i32> = topic.partitions().map(|p| p.index()).collect();
        assert!(indexes.is_sorted_by(|one, next| one < next));
        assert!(indexes.iter().all(|index| (0..1_000_000).contains(index)));
        for partition in topic.partitions() {
            let lists = [
                partition.replicas(),
                partition.isr(),
                partition.offline_replicas(),
            ];
            assert!(lists.iter().all(|list| list.iter().all(|&id| id >= 0)));
            check_epoch(seed, before, topic, partition.index(), version, changes);
        }
    }
}

/// An older epoch came only by the word of five answers, and never for no epoch.
fn check_epoch(
    seed: u64,
    before: &Metadata,
    topic: &Topic,
    partition: i32,
    version: i16,
    changes: &Changes,
) {
    let Some(old) = before.topic(topic.name()) else {
        return;
    };
    let is_same = changes.cluster_id.is_none()
        && !changes
            .topics_recreated
            .iter()
            .any(|recreated| &*recreated.topic == topic.name())
        && !changes
            .topics_removed
            .iter()
            .any(|name| **name == *topic.name());
    let epochs = |topic: &Topic| {
        topic
            .leader(partition)
            .map(|leader| leader.epoch.unwrap_or(-1))
    };
    let (Some(known), Some(now)) = (epochs(old), epochs(topic)) else {
        return;
    };
    if is_same && version >= 9 && now < known {
        let doubts = old.doubts.as_ref().unwrap();
        let doubted = doubts
            .older
            .iter()
            .find(|older| older.partition == partition);
        let is_settled = doubted.is_some_and(|older| older.answers >= 4 && older.epoch == now);
        // Or the leader is gone for good since, by the word of five, and this one came after it.
        let row = old.rows.find(partition).unwrap();
        assert!(
            is_settled || row.newest_epoch < known,
            "seed {seed}: {known} -> {now}"
        );
        assert!(now >= 0);
    }
}
