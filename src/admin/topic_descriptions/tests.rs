//! Pages of partitions.

use milena_wire::messages::describe_topic_partitions::DescribeTopicPartitionsResponseCursor;

use super::*;

fn pages(topics: &[&str]) -> Pages {
    let topics = topics.iter().map(ToString::to_string);
    Pages::new(&DescribeTopics::of(topics))
}

fn topic(name: &str, partitions: std::ops::Range<i32>) -> DescribeTopicPartitionsResponseTopic {
    let partitions = partitions.map(|index| {
        DescribeTopicPartitionsResponsePartition::default().with_partition_index(index)
    });
    DescribeTopicPartitionsResponseTopic::default()
        .with_name(name.to_owned())
        .with_partitions(partitions.collect::<Vec<_>>())
}

fn answer(
    topics: Vec<DescribeTopicPartitionsResponseTopic>,
    cursor: Option<(&str, i32)>,
) -> DescribeTopicPartitionsResponse {
    let mut response = DescribeTopicPartitionsResponse::default().with_topics(topics);
    response.next_cursor = cursor.map(|(name, index)| {
        DescribeTopicPartitionsResponseCursor::default()
            .with_topic_name(name.to_owned())
            .with_partition_index(index)
    });
    response
}

fn asked(pages: &Pages) -> (Vec<String>, Option<(String, i32)>) {
    let request = pages.request().expect("something is left");
    let topics = request.topics.iter().map(|topic| topic.name.to_string());
    let cursor = request.cursor.as_ref();
    let cursor = cursor.map(|cursor| (cursor.topic_name.to_string(), cursor.partition_index));
    (topics.collect(), cursor)
}

fn counts(pages: &Pages) -> Vec<(&str, Option<usize>)> {
    let told = pages.told.iter();
    told.map(|(name, told)| {
        let count = told.as_ref().ok().map(|told| told.partitions.len());
        (name.as_str(), count)
    })
    .collect()
}

#[test]
fn pages_follow_the_cursor() {
    let mut pages = pages(&["c", "a", "b"]);
    assert_eq!(
        asked(&pages),
        (vec!["a".into(), "b".into(), "c".into()], None)
    );
    pages.turn(&answer(
        vec![topic("a", 0..2), topic("b", 0..3)],
        Some(("b", 3)),
    ));
    assert_eq!(
        asked(&pages),
        (vec!["b".into(), "c".into()], Some(("b".into(), 3)))
    );
    // The rest of one topic, and the next page begins with another.
    pages.turn(&answer(vec![topic("b", 3..4)], Some(("c", 0))));
    assert_eq!(asked(&pages), (vec!["c".into()], None));
    pages.turn(&answer(vec![topic("c", 0..1)], None));
    assert!(pages.request().is_none());
    assert_eq!(
        counts(&pages),
        [("a", Some(2)), ("b", Some(4)), ("c", Some(1))]
    );
}

#[test]
fn a_bad_topic_hides_no_good_one() {
    let mut pages = pages(&["a", "b"]);
    let bad = topic("a", 0..0).with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    pages.turn(&answer(vec![bad, topic("b", 0..1)], None));
    assert_eq!(counts(&pages), [("a", None), ("b", Some(1))]);
}

#[test]
fn a_cursor_that_stays_and_topics_that_are_omitted_end_it() {
    let mut stuck = pages(&["a", "b"]);
    stuck.turn(&answer(vec![topic("a", 0..1)], Some(("a", 1))));
    stuck.turn(&answer(vec![], Some(("a", 1))));
    assert!(stuck.request().is_none());
    assert_eq!(counts(&stuck), [("a", Some(1)), ("b", None)]);

    let mut omitted = pages(&["a", "b", "c"]);
    omitted.turn(&answer(vec![topic("x", 0..1)], Some(("b", 5))));
    assert_eq!(
        asked(&omitted),
        (vec!["b".into(), "c".into()], Some(("b".into(), 5)))
    );
    omitted.turn(&answer(vec![topic("c", 0..1)], None));
    assert_eq!(counts(&omitted), [("a", None), ("b", None), ("c", Some(1))]);
}
