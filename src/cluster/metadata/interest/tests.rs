use super::*;
use crate::cluster::metadata::testing::{Cluster, topic};

const MAX_IDLE: Duration = Duration::from_secs(300);

fn cluster() -> Cluster {
    Cluster::with(vec![topic("a", 1, &[(0, 1)]), topic("b", 2, &[(0, 1)])])
}

fn swept(interest: &mut Interest, cluster: &Cluster) -> Vec<String> {
    let unused = interest.sweep(&cluster.metadata, cluster.now);
    let mut unused: Vec<String> = unused.iter().map(ToString::to_string).collect();
    unused.sort();
    unused
}

/// Statement 3: a topic is in use for five minutes after it was looked up.
#[test]
fn a_topic_that_is_not_looked_up_is_not_in_use() {
    let mut cluster = cluster();
    let mut interest = Interest::new(MAX_IDLE);
    for name in ["a", "b"] {
        interest.add(&name.into(), cluster.now);
    }
    for _ in 0..20 {
        cluster.pass(30_000);
        // The one that is used, through every new picture of the cluster.
        cluster.metadata.topic("a").unwrap().touch();
        cluster.tell(vec![topic("a", 1, &[(0, 1)]), topic("b", 2, &[(0, 1)])]);
        let unused = swept(&mut interest, &cluster);
        if unused.is_empty() {
            assert!(interest.contains("b"));
        } else {
            assert_eq!(unused, ["b"]);
            break;
        }
    }
    assert!(interest.contains("a") && !interest.contains("b"));
    assert_eq!(
        interest.names().map(|name| &**name).collect::<Vec<_>>(),
        ["a"]
    );
    cluster.pass(300_000);
    assert_eq!(swept(&mut interest, &cluster), ["a", "b"]);
}

/// Somebody who holds an old picture still tells that he uses the topic.
#[test]
fn a_look_up_in_an_old_picture_counts() {
    let mut cluster = cluster();
    let mut interest = Interest::new(MAX_IDLE);
    interest.add(&"a".into(), cluster.now);
    let old = cluster.metadata.clone();
    cluster.tell(vec![topic("a", 1, &[(1, 2)])]);
    swept(&mut interest, &cluster);
    cluster.pass(299_999);
    old.topic("a").unwrap().touch();
    swept(&mut interest, &cluster);
    cluster.pass(1);
    assert!(!swept(&mut interest, &cluster).contains(&"a".to_owned()));
}

#[test]
fn what_is_held_is_in_use() {
    let mut cluster = cluster();
    let mut interest = Interest::new(MAX_IDLE);
    let hold = interest.hold(&"a".into(), cluster.now);
    let again = interest.hold(&"a".into(), cluster.now);
    drop(hold);
    cluster.pass(3_000_000);
    assert_eq!(swept(&mut interest, &cluster), ["b"]);
    drop(again);
    cluster.pass(299_999);
    assert_eq!(swept(&mut interest, &cluster), ["b"]);
    cluster.pass(1);
    assert_eq!(swept(&mut interest, &cluster), ["a", "b"]);
}

/// Statement 3: a pattern needs all topics, for as long as there is one.
#[test]
fn a_pattern_needs_all_topics() {
    let mut cluster = cluster();
    let mut interest = Interest::new(MAX_IDLE);
    assert!(!interest.is_all() && !interest.contains("a"));
    let (one, other) = (interest.hold_all(), interest.hold_all());
    drop(one);
    assert!(interest.is_all() && interest.contains("never heard of"));
    cluster.pass(3_000_000);
    assert_eq!(swept(&mut interest, &cluster), [""; 0]);
    drop(other);
    assert!(!interest.is_all());
    // What somebody looked up meanwhile stays in use.
    cluster.metadata.topic("b").unwrap().touch();
    assert_eq!(swept(&mut interest, &cluster), ["a"]);
    assert!(interest.contains("b"));
}
