use super::*;
use crate::cluster::metadata::asked::AskedTopics;
use crate::cluster::metadata::testing::{Cluster, answer, failed, id, these, topic};

const NEVER: Generation = Generation::NONE;

fn key(name: &str) -> TopicKey {
    name.into()
}

fn partition(topic: impl Into<TopicKey>, partition: i32) -> Want {
    Want::Partition {
        topic: topic.into(),
        partition,
    }
}

fn leader(topic: &str, tried: (i32, Option<i32>)) -> Want {
    Want::Leader {
        topic: topic.into(),
        partition: 0,
        tried: Leader {
            id: tried.0,
            epoch: tried.1,
        },
    }
}

fn verdict(cluster: &Cluster, want: &Want, since: Generation) -> Verdict {
    satisfied(&cluster.metadata, want, since)
}

#[test]
fn a_topic_is_there_or_denied_or_not_asked_for() {
    let mut cluster = Cluster::new();
    let wanted = [
        Want::Topic(key("a")),
        partition("a", 0),
        leader("a", (0, None)),
    ];
    for want in &wanted {
        assert_eq!(verdict(&cluster, want, NEVER), Verdict::Waiting);
    }
    cluster.tell_one(failed("a", ErrorCode::TOPIC_AUTHORIZATION_FAILED));
    let asked = cluster.metadata.generation();
    for want in &wanted {
        let denied = Verdict::NotThere(ErrorCode::TOPIC_AUTHORIZATION_FAILED);
        assert_eq!(verdict(&cluster, want, NEVER), denied);
        assert_eq!(verdict(&cluster, want, asked), Verdict::Waiting, "no news");
    }
    // An answer that does not speak of it is no news either.
    cluster.tell_one(topic("b", 2, &[(0, 1)]));
    assert_eq!(verdict(&cluster, &wanted[0], asked), Verdict::Waiting);
    cluster.tell_one(topic("a", 1, &[(0, 1)]));
    for want in &wanted {
        assert_eq!(verdict(&cluster, want, asked), Verdict::Ready);
    }
    // What is there is there, however long ago it was told.
    let now = cluster.metadata.generation();
    assert_eq!(verdict(&cluster, &wanted[0], now), Verdict::Ready);
    assert_eq!(verdict(&cluster, &wanted[1], now), Verdict::Ready);
}

/// A topic that an answer should have and has not is denied to those who never knew it.
#[test]
fn a_topic_that_is_not_in_the_answer_is_not_there() {
    let unknown = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    for version in [0, 3, 13] {
        let mut cluster = Cluster::new();
        cluster.version = version;
        cluster.apply(&answer(vec![topic("a", 0, &[(0, 1)])]), these(&["b"], &[]));
        let count = cluster.metadata.topic_count();
        assert_eq!(count, 1, "v{version}: what was not wanted is not kept");
        let want = Want::Topic(key("b"));
        assert_eq!(verdict(&cluster, &want, NEVER), unknown);
    }
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 1)])]);
    let want = Want::Topic(key("b"));
    assert_eq!(verdict(&cluster, &want, NEVER), unknown, "all were listed");
    let since = cluster.metadata.generation();
    cluster.apply(&answer(Vec::new()), AskedTopics::None);
    assert_eq!(verdict(&cluster, &want, since), Verdict::Waiting);
}

#[test]
fn ids_are_denied_by_the_answer() {
    let unknown = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_ID);
    let want = Want::Topic(id(5).into());
    let mut nameless = failed("", ErrorCode::UNKNOWN_TOPIC_ID);
    nameless.name = None;
    nameless.topic_id = id(5);
    // Told so; not told; and where there are no ids.
    for (version, topics) in [(12, vec![nameless]), (12, vec![]), (9, vec![])] {
        let mut cluster = Cluster::new();
        cluster.version = version;
        let changes = cluster.apply(&answer(topics), these(&[], &[id(5)]));
        assert!(changes.left_out.is_empty());
        assert_eq!(verdict(&cluster, &want, NEVER), unknown);
        let since = cluster.metadata.generation();
        assert_eq!(verdict(&cluster, &want, since), Verdict::Waiting);
        cluster.version = 12;
        cluster.apply(
            &answer(vec![topic("e", 5, &[(0, 1)])]),
            these(&[], &[id(5)]),
        );
        assert_eq!(verdict(&cluster, &want, since), Verdict::Ready);
        assert_eq!(
            verdict(&cluster, &partition(id(5), 0), since),
            Verdict::Ready
        );
        assert!(cluster.metadata.unknown_ids.is_empty());
    }
}

#[test]
fn a_partition_needs_a_leader() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5), (-1, 5)])]);
    let since = cluster.metadata.generation();
    assert_eq!(verdict(&cluster, &partition("a", 0), since), Verdict::Ready);
    let none = Verdict::NotThere(ErrorCode::LEADER_NOT_AVAILABLE);
    assert_eq!(verdict(&cluster, &partition("a", 1), NEVER), none);
    assert_eq!(
        verdict(&cluster, &partition("a", 1), since),
        Verdict::Waiting
    );
    let unknown = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(verdict(&cluster, &partition("a", 2), NEVER), unknown);
    assert_eq!(
        verdict(&cluster, &partition("a", 2), since),
        Verdict::Waiting
    );
    cluster.tell_one(topic("a", 1, &[(0, 5), (1, 6), (2, 0)]));
    for index in 0..3 {
        let want = partition("a", index);
        assert_eq!(verdict(&cluster, &want, since), Verdict::Ready);
    }
}

#[test]
fn a_leader_is_newer_by_its_epoch_or_by_word() {
    let mut cluster = Cluster::with(vec![topic("a", 1, &[(0, 5)])]);
    let since = cluster.metadata.generation();
    // Somebody was before us: the epoch that we tried is old.
    let behind = leader("a", (2, Some(4)));
    assert_eq!(verdict(&cluster, &behind, since), Verdict::Ready);
    let tried = leader("a", (0, Some(5)));
    let nameless = leader("a", (0, None));
    for want in [&tried, &nameless] {
        assert_eq!(verdict(&cluster, want, since), Verdict::Waiting);
    }
    // The hint of an answer will do.
    let hint = crate::cluster::metadata::LeaderHint {
        topic: key("a"),
        partition: 0,
        leader: 1,
        epoch: 6,
    };
    let (hinted, _) = cluster.metadata.apply_leaders(&[hint], &[]).unwrap();
    assert_eq!(satisfied(&hinted, &tried, since), Verdict::Ready);
    // The same again, but asked anew.
    cluster.tell_one(topic("a", 1, &[(0, 5)]));
    for want in [&tried, &nameless] {
        assert_eq!(verdict(&cluster, want, since), Verdict::Ready);
    }
    cluster.tell_one(topic("a", 1, &[(-1, 6)]));
    let none = Verdict::NotThere(ErrorCode::LEADER_NOT_AVAILABLE);
    assert_eq!(verdict(&cluster, &tried, since), none);
}

#[test]
fn controller_and_refresh_need_an_answer() {
    let mut cluster = Cluster::new();
    for want in [Want::Controller, Want::Refresh] {
        assert_eq!(verdict(&cluster, &want, NEVER), Verdict::Waiting);
    }
    cluster.tell(Vec::new());
    let since = cluster.metadata.generation();
    for want in [Want::Controller, Want::Refresh] {
        assert_eq!(verdict(&cluster, &want, NEVER), Verdict::Ready);
        assert_eq!(verdict(&cluster, &want, since), Verdict::Waiting);
    }
    let nobody = answer(Vec::new()).with_controller_id(-1);
    cluster.apply(&nobody, AskedTopics::None);
    let none = Verdict::NotThere(ErrorCode::BROKER_NOT_AVAILABLE);
    assert_eq!(verdict(&cluster, &Want::Controller, since), none);
    assert_eq!(verdict(&cluster, &Want::Refresh, since), Verdict::Ready);
}
