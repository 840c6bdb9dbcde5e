use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::MetadataResponseTopic;

use super::*;
use crate::cluster::metadata::testing::{Cluster, answer, failed, id, these, topic};
use crate::cluster::metadata::topic::Leader;

/// The schedule, what is known, and a clock that is set by hand.
struct World {
    schedule: Schedule,
    cluster: Cluster,
    start: Instant,
}

impl World {
    fn new() -> Self {
        Self::with(ScheduleSettings::default())
    }

    fn with(settings: ScheduleSettings) -> Self {
        let cluster = Cluster::new();
        Self {
            schedule: Schedule::new(settings, 7, cluster.now),
            start: cluster.now,
            cluster,
        }
    }

    /// After the first answer, and the pause behind it.
    fn started() -> Self {
        let mut world = Self::new();
        let asked = world.asked();
        world.answer(&asked, Vec::new());
        world.cluster.pass(200);
        world
    }

    /// Started, with these topics in use.
    fn using(topics: Vec<MetadataResponseTopic>) -> Self {
        let mut world = Self::started();
        for topic in &topics {
            let name = topic.name.clone().unwrap();
            world.want(Want::Topic(TopicKey::from(&*name)));
        }
        let asked = world.asked();
        world.answer(&asked, topics);
        world.cluster.pass(200);
        world
    }

    fn next(&mut self) -> Step {
        self.schedule.next(&self.cluster.metadata, self.cluster.now)
    }

    fn want(&mut self, want: Want) -> Generation {
        let until = self.cluster.now + Duration::from_secs(30);
        self.schedule
            .demand(want, until, &self.cluster.metadata, self.cluster.now)
    }

    /// The request that is due now.
    fn asked(&mut self) -> Asked {
        match self.next() {
            Step::Ask(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the next step that is not to wait; tells how long it took, in milliseconds.
    fn wait(&mut self) -> (Step, u128) {
        let began = self.cluster.now;
        loop {
            match self.next() {
                Step::Wait(until) => {
                    let until = until.expect("nothing is under way");
                    assert!(until > self.cluster.now, "a worker would spin");
                    self.cluster.now = until;
                }
                step => return (step, (self.cluster.now - began).as_millis()),
            }
        }
    }

    fn wait_for_asked(&mut self) -> (Asked, u128) {
        match self.wait() {
            (Step::Ask(asked), waited) => (asked, waited),
            other => panic!("{other:?}"),
        }
    }

    /// Whether nothing is to be done for so long.
    fn is_calm(&mut self, milliseconds: u64) -> bool {
        match self.next() {
            Step::Wait(Some(until)) => {
                until >= self.cluster.now + Duration::from_millis(milliseconds)
            }
            _ => false,
        }
    }

    fn answer(&mut self, asked: &Asked, topics: Vec<MetadataResponseTopic>) -> Changes {
        let metadata = &self.cluster.metadata;
        let exists = |name: &str| metadata.topic(name).is_some_and(|topic| topic.exists());
        let version = self.cluster.version;
        let asked = asked.clone().at_version(version, exists);
        let told = metadata.apply(&answer(topics), &asked, version, self.cluster.now);
        let (metadata, changes) = told.unwrap();
        self.cluster.metadata = metadata;
        self.schedule
            .answered(&self.cluster.metadata, &changes, self.cluster.now);
        changes
    }

    fn fail(&mut self) {
        self.schedule.failed(self.cluster.now);
    }

    fn verdict(&self, want: &Want, since: Generation) -> Verdict {
        satisfied(&self.cluster.metadata, want, since)
    }
}

fn want_topic(name: &str) -> Want {
    Want::Topic(name.into())
}

fn want_leader(name: &str, leader: i32, epoch: i32) -> Want {
    Want::Leader {
        topic: name.into(),
        partition: 0,
        tried: Leader {
            id: leader,
            epoch: Some(epoch),
        },
    }
}

/// Statement 2: by age, five minutes less up to a tenth; statement 3: only topics in use.
#[test]
fn metadata_is_refreshed_by_age() {
    let mut world = World::new();
    let asked = world.asked();
    assert_eq!(asked.topics(), &AskedTopics::None, "no topic is in use");
    assert_eq!(world.next(), Step::Wait(None), "one request at a time");
    world.answer(&asked, Vec::new());
    world.want(want_topic("a"));
    world.cluster.pass(200);
    let asked = world.asked();
    world.answer(&asked, vec![topic("a", 1, &[(0, 1)])]);
    let began = world.start;
    for round in 1..5 {
        // It is looked up all the time.
        world.cluster.metadata.topic("a").unwrap().touch();
        let (asked, _) = world.wait_for_asked();
        assert_eq!(asked.topics(), &these(&["a"], &[]));
        assert!(!asked.allow_auto_topic_creation);
        let age = (world.cluster.now - began).as_secs();
        assert!((270 * round..=301 * round).contains(&age), "{age} s");
        world.answer(&asked, vec![topic("a", 1, &[(0, 1)])]);
    }
}

/// Clients that were started together do not stay together.
#[test]
fn refreshes_by_age_are_spread() {
    let mut waits: Vec<u128> = (0..20)
        .map(|seed| {
            let mut world = World::new();
            world.schedule.random = Random::seeded(seed);
            let asked = world.asked();
            world.answer(&asked, Vec::new());
            world.wait_for_asked().1
        })
        .collect();
    waits.sort_unstable();
    assert!(waits[0] >= 270_000 && waits[19] <= 300_000, "{waits:?}");
    assert!(waits[19] - waits[0] > 10_000, "{waits:?}");
}

/// Statement 2: a thousand callers that miss cause one request.
#[test]
fn a_thousand_callers_that_miss_cause_one_request() {
    let mut world = World::started();
    let mut sinces: Vec<Generation> = (0..500).map(|_| world.want(want_topic("a"))).collect();
    let asked = world.asked();
    assert_eq!(asked.topics(), &these(&["a"], &[]));
    // The others come while it is under way.
    sinces.extend((0..500).map(|_| world.want(want_topic("a"))));
    assert_eq!(world.next(), Step::Wait(None));
    for &since in &sinces {
        assert_eq!(world.verdict(&want_topic("a"), since), Verdict::Waiting);
    }
    world.answer(&asked, vec![topic("a", 1, &[(0, 1)])]);
    for &since in &sinces {
        assert_eq!(world.verdict(&want_topic("a"), since), Verdict::Ready);
    }
    assert!(world.is_calm(20_000));
    // Who comes now finds it there, and who asks for what is denied gets one answer.
    world.want(want_topic("a"));
    assert!(world.is_calm(20_000));
    let sinces: Vec<Generation> = (0..1000).map(|_| world.want(want_topic("b"))).collect();
    let (asked, _) = world.wait_for_asked();
    world.answer(
        &asked,
        vec![failed("b", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)],
    );
    for since in sinces {
        let denied = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(world.verdict(&want_topic("b"), since), denied);
    }
    assert!(
        world.is_calm(20_000),
        "whether to ask again is theirs to say"
    );
}

/// A demand that the request under way does not cover causes exactly one more.
#[test]
fn what_is_under_way_may_not_do() {
    let mut world = World::started();
    world.want(want_topic("a"));
    let asked = world.asked();
    let sinces: Vec<Generation> = (0..1000).map(|_| world.want(want_topic("b"))).collect();
    world.cluster.pass(5);
    world.answer(&asked, vec![topic("a", 1, &[(0, 1)])]);
    assert_eq!(world.verdict(&want_topic("b"), sinces[0]), Verdict::Waiting);
    let asked = world.asked();
    assert_eq!(asked.topics(), &these(&["b"], &[]), "only what is missing");
    world.answer(&asked, vec![topic("b", 2, &[(0, 1)])]);
    for since in sinces {
        assert_eq!(world.verdict(&want_topic("b"), since), Verdict::Ready);
    }
    assert!(world.is_calm(20_000));
}

/// A topic that was not in use is asked for at once, be it right behind another request; what was asked for lately keeps its distance, and all of them do
/// while brokers fail.
#[test]
fn a_new_topic_does_not_wait() {
    let mut world = World::started();
    for name in ["a", "b"] {
        let since = world.want(want_topic(name));
        let asked = world.asked();
        assert_eq!(asked.topics(), &these(&[name], &[]));
        world.answer(
            &asked,
            vec![failed(name, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)],
        );
        let denied = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(world.verdict(&want_topic(name), since), denied);
        world.cluster.pass(1);
    }
    world.want(want_topic("a"));
    world.want(want_topic("b"));
    let (asked, waited) = world.wait_for_asked();
    assert!((75..=119).contains(&waited), "{waited} ms");
    assert_eq!(asked.topics(), &these(&["a", "b"], &[]));
    world.fail();
    world.want(want_topic("c"));
    let (asked, waited) = world.wait_for_asked();
    assert!((75..=119).contains(&waited), "{waited} ms");
    assert_eq!(asked.topics(), &these(&["a", "b", "c"], &[]));
}

/// Who was told NOT_LEADER needs an answer that was asked for after that, unless the one under way is newer anyway.
#[test]
fn a_stale_leader_needs_a_newer_answer() {
    for newer in [false, true] {
        let mut world = World::using(vec![topic("a", 1, &[(0, 5)])]);
        world.want(Want::Refresh);
        let asked = world.asked();
        let since = world.want(want_leader("a", 0, 5));
        let leader = if newer { (1, 6) } else { (0, 5) };
        // The answer happens to speak of the topic.
        let asked = Asked::new(asked.generation(), these(&["a"], &[]));
        world.answer(&asked, vec![topic("a", 1, &[leader])]);
        let want = want_leader("a", 0, 5);
        if newer {
            assert_eq!(world.verdict(&want, since), Verdict::Ready);
            assert!(world.is_calm(20_000));
            continue;
        }
        assert_eq!(world.verdict(&want, since), Verdict::Waiting);
        let (asked, waited) = world.wait_for_asked();
        assert!(waited >= 79, "{waited} ms");
        assert_eq!(asked.topics(), &these(&["a"], &[]));
        world.answer(&asked, vec![topic("a", 1, &[(0, 5)])]);
        // The cluster says so again: the broker has yet to learn that it leads.
        assert_eq!(world.verdict(&want, since), Verdict::Ready);
        assert!(world.is_calm(20_000));
    }
}

/// Statement 2: never more often than the retry back-off, whatever happens to topics in use, and whichever others come into use.
#[test]
fn requests_keep_their_distance() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)])]);
    let mut sent: Vec<Instant> = Vec::new();
    let mut early = 0;
    for millisecond in 0..10_000 {
        match millisecond % 5 {
            0 => world.schedule.topic_is_stale(&"a".into()),
            1 => world.schedule.everything_is_stale(),
            2 => drop(world.want(want_leader("a", 0, 5 + millisecond))),
            3 => drop(world.want(want_topic(&format!("new-{millisecond}")))),
            _ => drop(world.want(Want::Refresh)),
        }
        if let Step::Ask(asked) = world.next() {
            let is_about = |name: &str| match asked.topics() {
                AskedTopics::These { names, .. } => names.contains(name),
                _ => true,
            };
            match millisecond % 7 {
                _ if !is_about("a") => {
                    early += 1;
                    drop(world.answer(&asked, Vec::new()));
                    continue;
                }
                0 => world.fail(),
                _ => drop(world.answer(&asked, vec![topic("a", 1, &[(0, 5)])])),
            }
            sent.push(world.cluster.now);
        }
        world.cluster.pass(1);
    }
    assert!(early > 1000, "{early}");
    let least = sent.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(least >= Duration::from_millis(79), "{least:?}");
    assert!(sent.len() > 50 && sent.len() <= 126, "{}", sent.len());
}

/// Back-off doubles with failures up to a second, and begins again after a success; what a failed request was for is not lost.
#[test]
fn failures_back_off() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])]);
    for _ in 0..2 {
        world.schedule.topic_is_stale(&"a".into());
        world.schedule.topic_is_stale(&"not in use".into());
        let mut waits = Vec::new();
        let (mut asked, _) = world.wait_for_asked();
        for _ in 0..7 {
            assert_eq!(asked.topics(), &these(&["a"], &[]));
            world.fail();
            let (next, waited) = world.wait_for_asked();
            waits.push(waited);
            asked = next;
        }
        for (waited, expected) in waits.iter().zip([100, 200, 400, 800, 1000, 1000, 1000]) {
            let most = (expected * 12 / 10).min(1000);
            assert!((expected * 79 / 100..=most).contains(waited), "{waits:?}");
        }
        world.answer(&asked, vec![topic("a", 1, &[(1, 6)])]);
        assert!(world.is_calm(20_000));
        world.cluster.pass(200);
    }
    // A failed refresh of all is one of all the next time.
    world.schedule.everything_is_stale();
    for _ in 0..2 {
        let (asked, _) = world.wait_for_asked();
        assert_eq!(asked.topics(), &these(&["a", "b"], &[]));
        world.fail();
    }
}

/// What an answer leaves open is asked again, ever more slowly; when it is settled there is peace.
#[test]
fn what_is_open_is_asked_again() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])]);
    world.schedule.topic_is_stale(&"a".into());
    for calm in 0..2 {
        let mut asked = world.asked();
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert_eq!(asked.topics(), &these(&["a"], &[]));
            world.answer(&asked, vec![topic("a", 1, &[(-1, 6 + calm)])]);
            let (next, waited) = world.wait_for_asked();
            waits.push(waited);
            asked = next;
        }
        // The first answer told something new.
        for (waited, expected) in waits.iter().zip([100, 200, 400, 800, 1000, 1000, 1000]) {
            let range = expected - 1..=expected + expected / 5;
            assert!(range.contains(waited), "{waits:?}");
        }
        world.answer(&asked, vec![topic("a", 1, &[(1, 7 + calm)])]);
        assert!(world.is_calm(5000));
        // After a while of calm it begins from the start.
        world.cluster.pass(10_000);
        world.schedule.topic_is_stale(&"a".into());
    }
}

/// Statement 2: the five answers that agree come by themselves.
#[test]
fn an_older_epoch_is_settled_by_asking() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 10)])]);
    world.schedule.topic_is_stale(&"a".into());
    for _ in 0..5 {
        let (asked, _) = world.wait_for_asked();
        assert_eq!(world.cluster.leader("a", 0), (0, 10));
        world.answer(&asked, vec![topic("a", 1, &[(1, 4)])]);
    }
    assert_eq!(world.cluster.leader("a", 0), (1, 4));
    assert!(world.is_calm(20_000));
}

/// Statement 3: a topic that is not used for five minutes is not asked for, and forgotten.
#[test]
fn unused_topics_are_forgotten() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])]);
    loop {
        world.cluster.metadata.topic("a").unwrap().touch();
        match world.wait().0 {
            Step::Forget(unused) => {
                assert_eq!(unused, ["b".into()]);
                let names = unused.iter().map(|name| &**name);
                world.cluster.metadata = world.cluster.metadata.without(names);
                break;
            }
            Step::Ask(asked) => {
                assert_eq!(asked.topics(), &these(&["a", "b"], &[]));
                let both = vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])];
                world.answer(&asked, both);
            }
            other => panic!("{other:?}"),
        }
    }
    let age = (world.cluster.now - world.start).as_secs();
    assert!((300..=331).contains(&age), "{age} s");
    world.schedule.everything_is_stale();
    assert_eq!(world.wait_for_asked().0.topics(), &these(&["a"], &[]));
}

/// Statement 3: a pattern needs all topics, and one that is missing is asked for alone.
#[test]
fn a_pattern_asks_for_all() {
    let mut world = World::started();
    let all = world.schedule.interest().hold_all();
    world.schedule.everything_is_stale();
    let asked = world.asked();
    assert_eq!(asked.topics(), &AskedTopics::All);
    let since = world.want(want_topic("none"));
    world.answer(
        &asked,
        vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])],
    );
    let denied = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(world.verdict(&want_topic("none"), since), denied);
    world.schedule.topic_is_stale(&"a".into());
    let (asked, _) = world.wait_for_asked();
    assert_eq!(asked.topics(), &these(&["a"], &[]));
    world.answer(&asked, vec![topic("a", 1, &[(1, 6)])]);
    let (asked, waited) = world.wait_for_asked();
    assert_eq!(asked.topics(), &AskedTopics::All);
    assert!(waited > 260_000);
    world.answer(
        &asked,
        vec![topic("a", 1, &[(1, 6)]), topic("b", 2, &[(0, 5)])],
    );
    drop(all);
    world.cluster.metadata.topic("b").unwrap().touch();
    match world.wait().0 {
        // In use by the demand of before, but not there.
        Step::Forget(unused) => assert_eq!(unused, ["a".into()]),
        other => panic!("{other:?}"),
    }
}

/// Topics of which only the id is known are asked for by id, and are in use by their names from then on.
#[test]
fn topics_are_asked_for_by_id() {
    let mut world = World::started();
    let want = Want::Partition {
        topic: id(5).into(),
        partition: 0,
    };
    let since = world.want(want.clone());
    let asked = world.asked();
    assert_eq!(asked.topics(), &these(&[], &[id(5)]));
    world.want(want.clone());
    world.answer(&asked, vec![topic("e", 5, &[(0, 1)])]);
    assert_eq!(world.verdict(&want, since), Verdict::Ready);
    assert!(world.is_calm(20_000));
    world.schedule.everything_is_stale();
    assert_eq!(world.wait_for_asked().0.topics(), &these(&["e"], &[]));
}

/// Statement 3: below version 4 no topic is asked for that is not known to exist; all are, and the answer is filtered.
#[test]
fn brokers_of_old_list_all() {
    for version in 0..4 {
        let mut world = World::started();
        world.cluster.version = version;
        let (a, b) = (world.want(want_topic("a")), world.want(want_topic("b")));
        let asked = world.asked();
        let request = asked
            .clone()
            .at_version(version, |_| false)
            .request(version);
        assert!(request.topics.is_none_or(|topics| topics.is_empty()));
        let listed = vec![topic("a", 0, &[(0, 1)]), topic("z", 0, &[(0, 1)])];
        world.answer(&asked, listed);
        assert_eq!(world.verdict(&want_topic("a"), a), Verdict::Ready);
        let denied = Verdict::NotThere(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(world.verdict(&want_topic("b"), b), denied);
        assert!(world.cluster.metadata.topic("z").is_none());
    }
}

#[test]
fn what_was_configured_is_asked() {
    let mut world = World::with(ScheduleSettings {
        allow_auto_topic_creation: true,
        authorized_operations: true,
        ..ScheduleSettings::default()
    });
    let request = world.asked().request(13);
    assert!(request.allow_auto_topic_creation);
    assert!(request.include_topic_authorized_operations);
}

/// A demand ends when nobody waits any more.
#[test]
fn demands_end() {
    let mut world = World::started();
    world.want(want_topic("a"));
    let _ = world.asked();
    world.fail();
    world.cluster.pass(29_000);
    assert_eq!(world.asked().topics(), &these(&["a"], &[]));
    world.fail();
    world.cluster.pass(1000);
    assert!(world.is_calm(20_000));
}

/// Statement 4, fault 8: every known broker is down, and somebody wants to know more.
#[test]
fn a_cluster_that_is_down_is_looked_for_again() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)])]);
    world.schedule.brokers_down(true);
    assert!(world.is_calm(20_000), "nobody needs it");
    world.schedule.everything_is_stale();
    assert_eq!(world.next(), Step::Rebootstrap);
    assert_eq!(world.next(), Step::Wait(None));
    let mut waits = Vec::new();
    for _ in 0..3 {
        world.schedule.rebootstrap_failed(world.cluster.now);
        let (step, waited) = world.wait();
        // Those that are known get another chance.
        assert!(matches!(step, Step::Ask(_)), "{step:?}");
        waits.push(waited);
        world.schedule.failed(world.cluster.now);
        let (step, waited) = world.wait();
        assert_eq!(step, Step::Rebootstrap);
        waits.push(waited);
    }
    assert!(
        waits[0] >= 79 && waits[0] <= 120 && waits[5] >= 790,
        "{waits:?}"
    );
    world.schedule.rebootstrapped(world.cluster.now);
    let asked = world.asked();
    assert_eq!(asked.topics(), &these(&["a"], &[]), "everything may be new");
    world.answer(&asked, vec![topic("a", 1, &[(1, 6)])]);
    assert!(world.is_calm(20_000));
    // One that came back is enough.
    world.schedule.brokers_down(true);
    world.schedule.brokers_down(false);
    world.schedule.everything_is_stale();
    world.wait_for_asked();
}

/// Statement 4: no metadata came for five minutes.
#[test]
fn a_cluster_that_does_not_answer_is_looked_for_again() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)])]);
    // Calm is no failure.
    let (asked, waited) = world.wait_for_asked();
    assert!(waited > 260_000);
    world.answer(&asked, vec![topic("a", 1, &[(0, 5)])]);
    world.cluster.pass(200);
    world.want(Want::Refresh);
    let began = world.cluster.now;
    let mut asked = 0;
    loop {
        // Somebody goes on wanting it.
        world.want(Want::Refresh);
        match world.wait().0 {
            Step::Ask(_) => {
                asked += 1;
                world.cluster.pass(10_000);
                world.fail();
            }
            Step::Rebootstrap => break,
            Step::Forget(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let took = (world.cluster.now - began).as_secs();
    assert!((300..=312).contains(&took), "{took} s");
    assert!(asked > 25);
    // If that fails, those who are known get another chance.
    world.schedule.rebootstrap_failed(world.cluster.now);
    world.want(Want::Refresh);
    world.wait_for_asked();
}

/// Statement 4: Metadata v13 says REBOOTSTRAP_REQUIRED (KIP-1102), again and again.
#[test]
fn a_broker_may_ask_for_it() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)])]);
    world.want(want_leader("a", 0, 5));
    let mut waits = Vec::new();
    for _ in 0..6 {
        world.wait_for_asked();
        world
            .schedule
            .rejected(&MetadataProblem::RebootstrapRequired, world.cluster.now);
        let (step, waited) = world.wait();
        assert_eq!(step, Step::Rebootstrap);
        waits.push(waited);
        world.schedule.rebootstrapped(world.cluster.now);
    }
    assert!(waits[0] >= 79 && waits[5] >= 790, "no loop: {waits:?}");
    let (asked, _) = world.wait_for_asked();
    assert_eq!(asked.topics(), &these(&["a"], &[]));
    // Any other refusal is a failure like others.
    world
        .schedule
        .rejected(&MetadataProblem::NoBrokers, world.cluster.now);
    world.wait_for_asked();
}

#[test]
fn who_does_not_want_it_keeps_his_brokers() {
    let mut world = World::with(ScheduleSettings {
        rebootstrap_after: None,
        ..ScheduleSettings::default()
    });
    world.schedule.brokers_down(true);
    for _ in 0..1000 {
        world.wait_for_asked();
        world.cluster.pass(1000);
        world
            .schedule
            .rejected(&MetadataProblem::RebootstrapRequired, world.cluster.now);
    }
}

/// Statement 2: another cluster is asked for everything.
#[test]
fn another_cluster_is_asked_for_everything() {
    let mut world = World::using(vec![topic("a", 1, &[(0, 5)]), topic("b", 2, &[(0, 5)])]);
    world.schedule.topic_is_stale(&"a".into());
    let asked = world.asked();
    let other = answer(vec![topic("a", 7, &[(0, 5)])]).with_cluster_id("other");
    let told = world
        .cluster
        .metadata
        .apply(&other, &asked, 13, world.cluster.now);
    let (metadata, changes) = told.unwrap();
    world.cluster.metadata = metadata;
    world
        .schedule
        .answered(&world.cluster.metadata, &changes, world.cluster.now);
    assert_eq!(world.wait_for_asked().0.topics(), &these(&["a", "b"], &[]));
}

/// What is told without having been asked for changes nothing.
#[test]
fn events_out_of_turn_are_passed_over() {
    let mut world = World::started();
    world.fail();
    world.schedule.rebootstrapped(world.cluster.now);
    world.schedule.rebootstrap_failed(world.cluster.now);
    let changes = Changes::default();
    world
        .schedule
        .answered(&world.cluster.metadata, &changes, world.cluster.now);
    assert!(world.is_calm(20_000));
}
