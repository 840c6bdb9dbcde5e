use std::sync::Arc;

use super::*;
use crate::cluster::metadata::asked::Generation;
use crate::cluster::metadata::name::TopicName;
use milena_wire::error_code::ErrorCode;

fn topic(name: &str, id: u128) -> Arc<Topic> {
    let name = TopicName::new(name.into());
    let mut topic = Topic::unknown(name, ErrorCode::NONE, Generation::NONE);
    topic.id = Uuid::from_u128(id);
    Arc::new(topic)
}

#[test]
fn a_thousand_topics_are_found_and_removed() {
    let mut topics = Topics::new();
    for number in 0..1000 {
        topics.insert(topic(&format!("topic-{number}"), number + 1));
    }
    assert_eq!((topics.len(), topics.iter().count()), (1000, 1000));
    for number in 0..1000 {
        let name = format!("topic-{number}");
        assert_eq!(topics.find(&name).unwrap().name(), name);
        let id = Uuid::from_u128(number + 1);
        assert_eq!(topics.find_by_id(id).unwrap().name(), name);
    }
    assert!(topics.find("topic-1000").is_none());
    assert!(topics.find_by_id(Uuid::nil()).is_none());
    for number in 0..999 {
        assert!(topics.remove(&format!("topic-{number}")).is_some());
        assert!(topics.find_by_id(Uuid::from_u128(number + 1)).is_none());
    }
    assert!(topics.remove("topic-0").is_none());
    let left: Vec<&str> = topics.iter().map(|topic| topic.name()).collect();
    assert_eq!(left, ["topic-999"]);
}

/// A change copies a small part, and who holds what was before does not see it.
#[test]
fn a_change_shares_all_but_a_part() {
    let mut topics = Topics::new();
    for number in 0..5000 {
        topics.insert(topic(&format!("topic-{number}"), number + 1));
    }
    let before = topics.clone();
    topics.insert(topic("topic-7", 70_000));
    assert_eq!(
        before.find("topic-7").unwrap().id(),
        Some(Uuid::from_u128(8))
    );
    assert_eq!(topics.len(), 5000);
    assert!(
        topics.find_by_id(Uuid::from_u128(8)).is_none(),
        "its id of before"
    );
    let shared = |shards: &[Arc<HashSet<ByName, RandomState>>]| -> usize {
        let others = before.by_name.shards.iter();
        shards
            .iter()
            .zip(others)
            .filter(|(one, other)| Arc::ptr_eq(one, other))
            .map(|(one, _)| one.len())
            .sum()
    };
    assert!(shared(&topics.by_name.shards) > 4500);
    assert!(topics.remove("none").is_none());
}

/// An id belongs to whom it was given last.
#[test]
fn an_id_that_moved_stays_with_its_new_topic() {
    let mut topics = Topics::new();
    topics.insert(topic("a", 1));
    topics.insert(topic("b", 1));
    topics.insert(topic("a", 2));
    assert_eq!(topics.find_by_id(Uuid::from_u128(1)).unwrap().name(), "b");
    assert_eq!(topics.find_by_id(Uuid::from_u128(2)).unwrap().name(), "a");
    topics.insert(topic("a", 1));
    topics.remove("b");
    assert_eq!(topics.find_by_id(Uuid::from_u128(1)).unwrap().name(), "a");
}

/// However names are made, they spread well enough that a change stays small.
#[test]
fn names_spread_over_the_shards() {
    let makes: [fn(u32) -> String; 4] = [
        |number| format!("topic-{number}"),
        |number| format!("{number:06}.events.v1"),
        |number| format!("tenant-{}.orders-{}", number / 100, number % 100),
        |number| number.to_string(),
    ];
    for make in makes {
        let mut topics = Topics::new();
        for number in 0..10_000 {
            topics.insert(topic(&make(number), u128::from(number) + 1));
        }
        for largest in [
            topics.by_name.shards.iter().map(|shard| shard.len()).max(),
            topics.by_id.shards.iter().map(|shard| shard.len()).max(),
        ] {
            assert!(largest.unwrap() < 4 * SHARD, "{}: {largest:?}", make(1));
        }
    }
}
