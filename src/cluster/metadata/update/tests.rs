use super::*;
use crate::cluster::metadata::testing::{Cluster, answer, broker, failed, id, these, topic};

mod hostile;

/// Statement 2: everything that an answer says can be looked up.
#[test]
fn an_answer_becomes_a_picture() {
    let mut cluster = Cluster::new();
    let mut a = topic("a", 1, &[(0, 5), (1, 6)]).with_is_internal(true);
    a.topic_authorized_operations = 8;
    let changes = cluster.tell(vec![a, topic("b", 2, &[(2, 0)])]);
    let metadata = &cluster.metadata;
    assert_eq!(metadata.cluster_id(), Some("one"));
    assert_eq!(metadata.controller().unwrap().id(), 0);
    assert_eq!(metadata.brokers().len(), 3);
    let broker = metadata.broker(2).unwrap();
    assert_eq!(
        (broker.address(), broker.rack()),
        ("kafka-2:9092".into(), Some("a"))
    );
    let known = metadata.topic("a").unwrap();
    assert!(Arc::ptr_eq(known, metadata.topic_by_id(id(1)).unwrap()));
    assert_eq!((known.name(), known.id()), ("a", Some(id(1))));
    assert!(known.is_internal() && known.exists() && known.error().is_ok());
    assert_eq!(known.authorized_operations(), Some(8));
    assert_eq!(metadata.topic("b").unwrap().authorized_operations(), None);
    assert_eq!(known.partition_count(), 2);
    let partition = known.partition(1).unwrap();
    assert_eq!(partition.index(), 1);
    assert_eq!(partition.leader(), metadata.leader("a", 1));
    assert_eq!(partition.leader(), metadata.leader_by_id(id(1), 1));
    assert_eq!(cluster.leader("a", 1), (1, 6));
    assert_eq!(partition.replicas(), [0, 1, 2]);
    assert_eq!(partition.isr(), [0, 1]);
    assert_eq!(partition.offline_replicas(), [2]);
    assert!(known.partition(2).is_none() && known.partition(-1).is_none());

    let mut added: Vec<&str> = changes.topics_added.iter().map(|name| &**name).collect();
    added.sort_unstable();
    assert_eq!(added, ["a", "b"]);
    assert_eq!(
        (changes.brokers_added.len(), changes.controller),
        (3, Some(0))
    );
    assert_eq!(changes.partitions_changed, 3);
    assert!(changes.leaders_moved.is_empty() && changes.unsettled.is_empty());
    // The same again is no change.
    let mut again = topic("a", 1, &[(0, 5), (1, 6)]);
    again.is_internal = true;
    let changes = cluster.tell(vec![again, topic("b", 2, &[(2, 0)])]);
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(
        cluster.metadata.topic("a").unwrap().authorized_operations(),
        Some(8)
    );
}

/// Statement 2: an older leader epoch does not replace a newer one, unless five answers in a row agree.
#[test]
fn an_older_epoch_is_believed_at_the_fifth_time() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10), (0, 10)])]);
    let older = || topic("a", 1, &[(1, 8), (0, 10)]);
    for _ in 0..4 {
        let changes = cluster.tell_one(older());
        assert_eq!(cluster.leader("a", 0), (0, 10));
        assert_eq!(changes.unsettled, ["a".into()], "worth asking again");
        assert!(changes.is_empty());
    }
    let changes = cluster.tell_one(older());
    assert_eq!(cluster.leader("a", 0), (1, 8));
    assert_eq!(changes.leaders_moved.len(), 1);
    assert_eq!(changes.leaders_moved[0].epoch, Some(8));
    assert!(changes.unsettled.is_empty());
    // And from there on it goes up again.
    cluster.tell_one(topic("a", 1, &[(2, 9), (0, 10)]));
    assert_eq!(cluster.leader("a", 0), (2, 9));
}

#[test]
fn the_five_must_be_in_a_row_and_agree() {
    for other in [(0, 10), (2, 8), (1, 7), (1, -1), (-1, 8)] {
        let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10)])]);
        for _ in 0..4 {
            cluster.tell_one(topic("a", 1, &[(1, 8)]));
        }
        cluster.tell_one(topic("a", 1, &[other]));
        for _ in 0..4 {
            cluster.tell_one(topic("a", 1, &[(1, 8)]));
            assert_eq!(cluster.leader("a", 0), (0, 10), "{other:?}");
        }
        cluster.tell_one(topic("a", 1, &[(1, 8)]));
        assert_eq!(cluster.leader("a", 0), (1, 8), "{other:?}");
    }
}

/// A newer epoch, and the same one, replace what is known.
#[test]
fn a_newer_epoch_is_believed_at_once() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10)])]);
    let changes = cluster.tell_one(topic("a", 1, &[(1, 11)]));
    assert_eq!(cluster.leader("a", 0), (1, 11));
    let moved = &changes.leaders_moved[0];
    assert_eq!((&*moved.topic, moved.partition), ("a", 0));
    assert_eq!((moved.from, moved.to, moved.epoch), (0, 1, Some(11)));
    let mut same = topic("a", 1, &[(1, 11)]);
    same.partitions[0].isr_nodes = [1].into_iter().collect();
    let changes = cluster.tell_one(same);
    assert_eq!(
        (changes.partitions_changed, changes.leaders_moved.len()),
        (1, 0)
    );
    let topic = cluster.metadata.topic("a").unwrap();
    assert_eq!(topic.partition(0).unwrap().isr(), [1]);
}

/// Statement 2: epoch -1 replaces nothing, however often it comes.
#[test]
fn no_epoch_replaces_no_epoch() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10)])]);
    for _ in 0..20 {
        let changes = cluster.tell_one(topic("a", 1, &[(1, -1)]));
        assert_eq!(cluster.leader("a", 0), (0, 10));
        assert_eq!(cluster.error("a", 0), ErrorCode::NONE);
        assert_eq!(changes.unsettled.len(), 1);
    }
    for _ in 0..20 {
        cluster.tell_one(topic("a", 1, &[(-1, -1)]));
        assert_eq!(cluster.leader("a", 0), (0, 10), "the last known good one");
        assert_eq!(cluster.error("a", 0), ErrorCode::LEADER_NOT_AVAILABLE);
    }
    let changes = cluster.tell_one(topic("a", 1, &[(0, -1)]));
    assert_eq!(cluster.error("a", 0), ErrorCode::NONE);
    assert!(changes.unsettled.is_empty());
    // Where no epoch is known, there is nothing to protect.
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, -1)])]);
    cluster.tell_one(topic("a", 1, &[(1, -1)]));
    assert_eq!(cluster.leader("a", 0), (1, -1));
}

/// Statement 2: epochs below version 9 are not believed (KAFKA-9212).
#[test]
fn epochs_of_old_versions_are_ignored() {
    for version in 0..9 {
        let mut cluster = Cluster::new();
        cluster.version = version;
        cluster.tell(vec![topic("a", 0, &[(0, 10)])]);
        assert_eq!(cluster.leader("a", 0), (0, -1), "v{version}");
        cluster.tell(vec![topic("a", 0, &[(1, 3)])]);
        assert_eq!(cluster.leader("a", 0), (1, -1), "v{version}");
        // A broker that is newer is believed, and one that is older after it has the say again.
        cluster.version = 9;
        cluster.tell(vec![topic("a", 0, &[(2, 4)])]);
        assert_eq!(cluster.leader("a", 0), (2, 4));
        cluster.version = version;
        cluster.tell(vec![topic("a", 0, &[(1, 3)])]);
        assert_eq!(cluster.leader("a", 0), (1, -1));
    }
}

/// Errors stand beside the last known good leader.
#[test]
fn errors_stand_beside_what_was_known() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5), (1, 5)])]);
    let changes = cluster.tell_one(topic("a", 1, &[(-1, 6), (1, 5)]));
    assert_eq!(cluster.leader("a", 0), (0, 5));
    assert_eq!(cluster.error("a", 0), ErrorCode::LEADER_NOT_AVAILABLE);
    assert_eq!(
        (changes.partitions_changed, changes.unsettled.len()),
        (1, 1)
    );
    assert!(changes.leaders_moved.is_empty());
    // A broker that has not heard that the leader is gone.
    cluster.tell_one(topic("a", 1, &[(0, 5), (1, 5)]));
    assert_eq!(cluster.error("a", 0), ErrorCode::LEADER_NOT_AVAILABLE);
    let changes = cluster.tell_one(topic("a", 1, &[(2, 7), (1, 5)]));
    assert_eq!(cluster.leader("a", 0), (2, 7));
    assert_eq!(cluster.error("a", 0), ErrorCode::NONE);
    assert_eq!(changes.leaders_moved[0].from, 0);

    for error in [
        ErrorCode::TOPIC_AUTHORIZATION_FAILED,
        ErrorCode::LEADER_NOT_AVAILABLE,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
    ] {
        cluster.tell_one(failed("a", error));
        assert_eq!(cluster.metadata.topic("a").unwrap().error(), error);
        assert_eq!(cluster.leader("a", 0), (2, 7));
        assert_eq!(cluster.metadata.leader_by_id(id(1), 1).unwrap().id, 1);
    }
    cluster.tell_one(topic("a", 1, &[(2, 7), (1, 5)]));
    assert!(cluster.metadata.topic("a").unwrap().error().is_ok());
    // A replica that is down is nothing to who asks for the leader.
    let mut replica = topic("a", 1, &[(2, 7), (1, 5)]);
    replica.partitions[0].error_code = ErrorCode::REPLICA_NOT_AVAILABLE;
    let changes = cluster.tell_one(replica);
    assert_eq!(cluster.error("a", 0), ErrorCode::NONE);
    assert!(changes.unsettled.is_empty());
}

/// Statement 2, fault 22: a topic that is deleted and made anew is noticed, and its epochs start again.
#[test]
fn a_topic_made_anew_starts_again() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10), (1, 10), (2, 10)])]);
    cluster.metadata.topic("a").unwrap().touch();
    let changes = cluster.tell_one(topic("a", 2, &[(1, 0)]));
    assert_eq!(cluster.leader("a", 0), (1, 0));
    let recreated = &changes.topics_recreated[0];
    assert_eq!((recreated.old_id, recreated.new_id), (id(1), id(2)));
    assert_eq!(&*recreated.topic, "a");
    assert!(changes.leaders_moved.is_empty());
    assert!(cluster.metadata.topic_by_id(id(1)).is_none());
    let topic_now = cluster.metadata.topic_by_id(id(2)).unwrap();
    assert_eq!(topic_now.partition_count(), 1);
    assert!(topic_now.take_used(), "it is in use as before");

    // A broker that is behind still tells of the deleted one.
    let former = || topic("a", 1, &[(0, 10), (1, 10), (2, 10)]);
    for round in 0..4 {
        let changes = cluster.tell_one(former());
        assert_eq!(cluster.leader("a", 0), (1, 0));
        assert_eq!((changes.is_empty(), changes.unsettled.len()), (true, 1));
        if round == 1 {
            // Not in a row.
            cluster.tell_one(topic("a", 2, &[(1, 0)]));
            cluster.tell_one(former());
            cluster.tell_one(former());
        }
    }
    let changes = cluster.tell_one(former());
    assert_eq!(cluster.leader("a", 0), (0, 10));
    assert_eq!(changes.topics_recreated[0].old_id, id(2));
    // A third one is not doubted.
    cluster.tell_one(topic("a", 3, &[(2, 0)]));
    assert_eq!(cluster.leader("a", 0), (2, 0));
}

/// A topic keeps its id where answers have none, and gets one where it had none.
#[test]
fn ids_come_with_the_upgrade_of_brokers() {
    let mut cluster = Cluster::with(vec![topic("a", 0, &[(0, 10)])]);
    assert_eq!(cluster.metadata.topic("a").unwrap().id(), None);
    cluster.tell_one(topic("a", 1, &[(1, 3)]));
    assert_eq!(cluster.leader("a", 0), (0, 10), "the same topic");
    assert!(cluster.metadata.topic_by_id(id(1)).is_some());
    let changes = cluster.tell_one(topic("a", 0, &[(1, 11)]));
    assert_eq!(cluster.metadata.topic("a").unwrap().id(), Some(id(1)));
    assert!(changes.topics_recreated.is_empty());
}

/// Statement 3, fault 15: what one answer omits is not forgotten.
#[test]
fn what_an_answer_omits_is_kept_for_a_while() {
    type Tell = fn(&mut Cluster) -> Changes;
    let ways: [Tell; 4] = [
        |cluster| cluster.tell(vec![topic("b", 2, &[(0, 1)])]),
        |cluster| cluster.apply(&answer(Vec::new()), these(&["a"], &[])),
        |cluster| cluster.tell_one(failed("a", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)),
        |cluster| {
            let mut topic = failed("", ErrorCode::UNKNOWN_TOPIC_ID);
            topic.topic_id = id(1);
            cluster.apply(&answer(vec![topic]), these(&[], &[id(1)]))
        },
    ];
    for (number, omit) in ways.into_iter().enumerate() {
        let known = || vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 1)])];
        let mut cluster = Cluster::with(known());
        // Two answers are too few, however long they take; thirty seconds too short, however many answers there are.
        for (answers, apart) in [(2, 1_000_000), (100, 299)] {
            for _ in 0..answers {
                cluster.pass(apart);
                let changes = omit(&mut cluster);
                assert_eq!(cluster.leader("a", 0), (0, 5), "way {number}");
                assert_eq!(changes.unsettled, ["a".into()]);
            }
            cluster.tell(known());
            assert!(cluster.metadata.topic("a").unwrap().error().is_ok());
        }
        omit(&mut cluster);
        cluster.pass(15_000);
        omit(&mut cluster);
        cluster.pass(15_000);
        let changes = omit(&mut cluster);
        assert_eq!(changes.topics_removed, ["a".into()], "way {number}");
        assert_eq!(cluster.leader("a", 0), (-1, -1));
        assert!(cluster.metadata.topic_by_id(id(1)).is_none());
        assert_eq!(cluster.leader("b", 0), (0, 1));
        let again = cluster.tell(vec![topic("a", 1, &[(1, 0)]), topic("b", 2, &[(0, 1)])]);
        assert_eq!(again.topics_added, ["a".into()]);
        assert_eq!(cluster.leader("a", 0), (1, 0));
    }
}

/// Who asks for all topics does not gather the names of all that ever were.
#[test]
fn a_topic_that_is_gone_from_the_list_leaves_nothing() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5)])]);
    for _ in 0..3 {
        cluster.tell(Vec::new());
        cluster.pass(15_000);
    }
    assert_eq!(cluster.metadata.topic_count(), 0);
}

/// Fault 15: the same for a partition.
#[test]
fn a_partition_that_an_answer_omits_is_kept_for_a_while() {
    let whole = || topic("a", 1, &[(0, 5), (1, 5), (2, 5)]);
    let without = || {
        let mut topic = whole();
        topic.partitions.remove(1);
        topic
    };
    let mut cluster = Cluster::with(vec![whole()]);
    for (answers, apart) in [(2, 1_000_000), (100, 299)] {
        for _ in 0..answers {
            cluster.pass(apart);
            let changes = cluster.tell_one(without());
            assert_eq!(cluster.leader("a", 1), (1, 5));
            assert_eq!((changes.is_empty(), changes.unsettled.len()), (true, 1));
        }
        cluster.tell_one(whole());
    }
    for round in 0..3 {
        let changes = cluster.tell_one(without());
        assert_eq!(changes.partitions_changed, usize::from(round == 2));
        cluster.pass(15_000);
    }
    let topic = cluster.metadata.topic("a").unwrap();
    let indexes: Vec<i32> = topic
        .partitions()
        .map(|partition| partition.index())
        .collect();
    assert_eq!(indexes, [0, 2]);
    assert_eq!(cluster.leader("a", 2), (2, 5));
    assert!(cluster.tell_one(without()).unsettled.is_empty());
    // And comes again.
    cluster.tell_one(whole());
    assert_eq!(cluster.leader("a", 1), (1, 5));
}

/// Partitions that are added, in any order.
#[test]
fn partitions_come_in_any_order() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5)])]);
    let mut more = topic("a", 1, &[(0, 5), (1, 0), (2, 0), (0, 0)]);
    more.partitions.reverse();
    let changes = cluster.tell_one(more);
    assert_eq!(changes.partitions_changed, 3);
    for (index, leader) in (0..).zip([(0, 5), (1, 0), (2, 0), (0, 0)]) {
        assert_eq!(cluster.leader("a", index), leader);
    }
}

/// Statement 9, fault 6: a broker at another address is a change, as is one in another rack.
#[test]
fn brokers_that_come_go_and_move_are_told() {
    let mut cluster = Cluster::with(Vec::new());
    let mut moved = answer(Vec::new());
    moved.brokers = vec![broker(3), broker(0), broker(1)];
    moved.brokers[1].host = "elsewhere".into();
    moved.brokers[2].rack = Some("b".into());
    moved.controller_id = 3;
    let changes = cluster.apply(&moved, AskedTopics::None);
    let ids = |brokers: &[Broker]| brokers.iter().map(Broker::id).collect::<Vec<_>>();
    assert_eq!(ids(&changes.brokers_added), [3]);
    assert_eq!(ids(&changes.brokers_removed), [2]);
    assert_eq!(ids(&changes.brokers_readdressed), [0]);
    assert_eq!(changes.brokers_readdressed[0].address(), "elsewhere:9092");
    assert_eq!(ids(&changes.brokers_reracked), [1]);
    assert_eq!(changes.controller, Some(3));
    assert_eq!(ids(cluster.metadata.brokers()), [0, 1, 3]);
    moved.brokers[1].port = 9093;
    let changes = cluster.apply(&moved, AskedTopics::None);
    assert_eq!(ids(&changes.brokers_readdressed), [0]);
    assert!(cluster.apply(&moved, AskedTopics::None).is_empty());
}

/// Statement 2: a changed cluster id is an event; what was known of the other cluster's topics is not this one's.
#[test]
fn another_cluster_is_an_event() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 10)]), topic("b", 2, &[(0, 10)])]);
    let other = answer(vec![topic("a", 7, &[(1, 0)])]).with_cluster_id("other");
    let changes = cluster.apply(&other, these(&["a"], &[]));
    let change = changes.cluster_id.unwrap();
    assert_eq!((&*change.old, &*change.new), ("one", "other"));
    assert_eq!(cluster.metadata.cluster_id(), Some("other"));
    assert_eq!(cluster.leader("a", 0), (1, 0));
    assert!(cluster.metadata.topic("b").is_none());
    // One that does not tell its id is no other.
    let mut silent = answer(vec![topic("a", 7, &[(1, 0)])]);
    silent.cluster_id = None;
    assert!(cluster.apply(&silent, these(&["a"], &[])).is_empty());
    assert_eq!(cluster.metadata.cluster_id(), Some("other"));
}

/// Statement 4: the broker asks for it.
#[test]
fn a_rebootstrap_may_be_required() {
    let cluster = Cluster::with(vec![topic("a", 1, &[(0, 1)])]);
    let asked = cluster.asked(AskedTopics::All);
    for (code, problem) in [
        (
            ErrorCode::REBOOTSTRAP_REQUIRED,
            MetadataProblem::RebootstrapRequired,
        ),
        (
            ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
            MetadataProblem::Refused(ErrorCode::CLUSTER_AUTHORIZATION_FAILED),
        ),
    ] {
        let mut refused = answer(Vec::new());
        refused.error_code = code;
        let result = cluster.metadata.apply(&refused, &asked, 13, cluster.now);
        assert_eq!(result.unwrap_err(), problem);
    }
}

/// A part that was asked for leaves all else as it is.
#[test]
fn a_partial_answer_changes_a_part() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 1)]), topic("b", 2, &[(0, 1)])]);
    let before = Arc::clone(cluster.metadata.topic("b").unwrap());
    let told = before.answered;
    cluster.tell_one(topic("a", 1, &[(1, 2)]));
    assert!(Arc::ptr_eq(&before, cluster.metadata.topic("b").unwrap()));
    assert_eq!(cluster.leader("a", 0), (1, 2));
    assert!(cluster.metadata.topic("a").unwrap().answered > told);
    let without = cluster.metadata.without(["a", "never heard of"]);
    assert_eq!(
        (without.topic_count(), cluster.metadata.topic_count()),
        (1, 2)
    );
    assert!(without.topic_by_id(id(1)).is_none());
}

#[test]
fn operations_on_the_cluster_are_kept_where_they_are_told() {
    let mut cluster = Cluster::new();
    cluster.version = 8;
    let told = answer(Vec::new()).with_cluster_authorized_operations(0b1100);
    cluster.apply(&told, AskedTopics::None);
    cluster.tell(Vec::new());
    assert_eq!(cluster.metadata.authorized_operations(), Some(0b1100));
}

/// Nothing of the answer is kept alive: its memory may be many times what is known of it.
#[test]
fn nothing_of_the_answer_stays() {
    use bytes::Bytes;
    use milena_wire::codec::Message as _;

    let body = answer(vec![topic("a", 1, &[(0, 1)])])
        .encode(13)
        .unwrap()
        .into_bytes();
    let body = Bytes::from(body.to_vec());
    let mut cluster = Cluster::new();
    let decoded = MetadataResponse::decode(&body, 13).unwrap();
    assert!(!body.is_unique(), "strings are slices of it");
    cluster.apply(&decoded, AskedTopics::All);
    drop(decoded);
    assert!(body.is_unique());
    assert_eq!(cluster.leader("a", 0), (0, 1));
}

/// What is missing for ever is not looked for for ever.
#[test]
fn unknown_ids_do_not_pile_up() {
    let mut cluster = Cluster::new();
    for hundred in 0..30 {
        let ids: Vec<_> = (1..=100).map(|number| id(hundred * 100 + number)).collect();
        cluster.apply(&answer(Vec::new()), these(&[], &ids));
    }
    assert_eq!(cluster.metadata.unknown_ids.len(), MAX_UNKNOWN_IDS);
    let last = cluster.metadata.unknown_ids.last().unwrap();
    assert_eq!(
        (last.id, last.error),
        (id(3000), ErrorCode::UNKNOWN_TOPIC_ID)
    );
    let found = answer(vec![topic("e", 3000, &[(0, 1)])]);
    cluster.apply(&found, these(&[], &[id(3000)]));
    assert_eq!(cluster.metadata.unknown_ids.len(), MAX_UNKNOWN_IDS - 1);
}
