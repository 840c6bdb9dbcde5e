use super::*;
use crate::cluster::metadata::asked::AskedTopics;
use crate::cluster::metadata::testing::{Cluster, answer, broker, id, topic};
use crate::cluster::metadata::topic::Leader;
use milena_wire::error_code::ErrorCode;

fn hint(topic: impl Into<TopicKey>, partition: i32, leader: i32, epoch: i32) -> LeaderHint {
    LeaderHint {
        topic: topic.into(),
        partition,
        leader,
        epoch,
    }
}

fn cluster() -> Cluster {
    Cluster::with(vec![
        topic("a", 1, &[(0, 5), (1, 5), (-1, 6)]),
        topic("b", 2, &[(2, 9)]),
    ])
}

/// Statement 2: a new leader in an answer of Produce or Fetch (KIP-951).
#[test]
fn a_newer_leader_is_followed() {
    let cluster = cluster();
    let hints = [
        hint("a", 0, 1, 6),
        hint("b", 0, 0, 10),
        hint(id(1), 2, 2, 7),
        hint("a", 1, 1, 6),
    ];
    let (metadata, changes) = cluster.metadata.apply_leaders(&hints, &[]).unwrap();
    for (topic, partition, id, epoch) in [
        ("a", 0, 1, 6),
        ("b", 0, 0, 10),
        ("a", 2, 2, 7),
        ("a", 1, 1, 6),
    ] {
        let epoch = Some(epoch);
        assert_eq!(
            metadata.leader(topic, partition),
            Some(Leader { id, epoch })
        );
    }
    assert_eq!(changes.partitions_changed, 4);
    let moved: Vec<_> = changes
        .leaders_moved
        .iter()
        .map(|moved| (&*moved.topic, moved.partition, moved.from, moved.to))
        .collect();
    assert_eq!(moved, [("a", 0, 0, 1), ("b", 0, 2, 0)]);
    let topic = metadata.topic("a").unwrap();
    assert_eq!(topic.partition(2).unwrap().error(), ErrorCode::NONE);
    assert_eq!(topic.partition(0).unwrap().replicas(), [0, 1, 2]);
    assert_eq!(metadata.generation(), cluster.metadata.generation());
    assert_eq!(
        cluster.leader("a", 0),
        (0, 5),
        "what was known is untouched"
    );
}

#[test]
fn what_is_not_newer_or_not_known_is_passed_over() {
    let cluster = cluster();
    for hint in [
        hint("a", 0, 1, 5),
        hint("a", 0, 1, 4),
        hint("a", 0, 1, -1),
        hint("a", 2, 1, 6),
        hint("a", 3, 1, 9),
        hint("a", -1, 1, 9),
        hint("c", 0, 1, 9),
        hint(id(3), 0, 1, 9),
        hint("a", 0, 7, 9),
        hint("a", 0, -1, 9),
    ] {
        let result = cluster
            .metadata
            .apply_leaders(std::slice::from_ref(&hint), &[]);
        assert!(result.is_none(), "{hint:?}");
    }
}

/// Fault 6: the leader may be a broker that is new, or at another address.
#[test]
fn endpoints_are_taken_from_the_answer() {
    let cluster = cluster();
    let endpoints = [
        Broker::new(7, "new", 9092, None).unwrap(),
        Broker::new(1, "elsewhere", 9093, Some("b")).unwrap(),
        Broker::new(8, "of-no-use", 9092, None).unwrap(),
    ];
    let hints = [hint("a", 0, 7, 6), hint("a", 1, 1, 6)];
    let (metadata, changes) = cluster.metadata.apply_leaders(&hints, &endpoints).unwrap();
    assert_eq!(changes.brokers_added, endpoints[..1]);
    assert_eq!(changes.brokers_readdressed, endpoints[1..2]);
    assert!(changes.brokers_removed.is_empty());
    assert_eq!(metadata.broker(1).unwrap().address(), "elsewhere:9093");
    let ids: Vec<i32> = metadata.brokers().iter().map(Broker::id).collect();
    assert_eq!(ids, [0, 1, 2, 7]);
}

/// A lying broker cannot make more brokers than an answer of Metadata may have.
#[test]
fn there_are_at_most_ten_thousand_brokers() {
    let mut cluster = cluster();
    let mut many = answer(vec![topic("a", 1, &[(0, 5)])]);
    many.brokers = (0..9_999).map(broker).collect();
    cluster.apply(&many, AskedTopics::All);
    let mut follow = |id, epoch| {
        let endpoint = Broker::new(id, "new", 9092, None).unwrap();
        let hint = hint("a", 0, id, epoch);
        let told = cluster.metadata.apply_leaders(&[hint], &[endpoint]);
        let is_followed = told.is_some();
        if let Some((metadata, _)) = told {
            cluster.metadata = metadata;
        }
        (is_followed, cluster.metadata.brokers().len())
    };
    assert_eq!(follow(20_000, 6), (true, MAX_BROKERS));
    assert_eq!(follow(20_001, 7), (false, MAX_BROKERS));
    assert_eq!(
        follow(9_998, 8),
        (true, MAX_BROKERS),
        "who is known may move"
    );
}

/// What was doubted about the leader of before is forgotten.
#[test]
fn a_hint_ends_doubts() {
    let mut cluster = cluster();
    for _ in 0..4 {
        cluster.tell_one(topic("a", 1, &[(1, 3), (1, 5), (-1, 6)]));
    }
    let (metadata, _) = cluster
        .metadata
        .apply_leaders(&[hint("a", 0, 2, 6)], &[])
        .unwrap();
    cluster.metadata = metadata;
    for _ in 0..4 {
        cluster.tell_one(topic("a", 1, &[(1, 3), (1, 5), (-1, 6)]));
        assert_eq!(cluster.leader("a", 0), (2, 6));
    }
    cluster.tell_one(topic("a", 1, &[(1, 3), (1, 5), (-1, 6)]));
    assert_eq!(cluster.leader("a", 0), (1, 3));
}
