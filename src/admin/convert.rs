//! Between the types of messages and those that users see.

use std::collections::BTreeMap;

use bytestring::ByteString;
use milena_wire::uuid::Uuid;

use crate::topic_partition::TopicPartition;

/// Copied out, so that a small result does not keep a large answer in memory.
pub(super) fn text(text: Option<&ByteString>) -> Option<String> {
    text.map(ToString::to_string)
}

/// What is there, unless it is the empty string.
pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn texts(texts: &[ByteString]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// An id, unless it is the one that stands for none.
pub(super) fn id(id: Uuid) -> Option<Uuid> {
    (!id.is_nil()).then_some(id)
}

/// A number, unless it is one of those below zero that stand for none.
pub(super) fn known<N: PartialOrd + Default>(number: N) -> Option<N> {
    (number >= N::default()).then_some(number)
}

/// Partitions by their topic, as requests have them.
pub(super) fn by_topic<T>(
    partitions: impl IntoIterator<Item = (TopicPartition, T)>,
) -> BTreeMap<String, Vec<(i32, T)>> {
    let mut topics = BTreeMap::<String, Vec<(i32, T)>>::new();
    for (TopicPartition { topic, partition }, value) in partitions {
        topics.entry(topic).or_default().push((partition, value));
    }
    topics
}

/// The numbers of partitions by their topic.
pub(super) fn numbers_by_topic<'a>(
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> BTreeMap<String, Vec<i32>> {
    let mut topics = BTreeMap::<String, Vec<i32>>::new();
    for TopicPartition { topic, partition } in partitions {
        let numbers = topics.entry(topic.clone()).or_default();
        if !numbers.contains(partition) {
            numbers.push(*partition);
        }
    }
    topics
}

/// The partitions of a request's topics.
pub(super) fn partitions<'a, T: 'a>(
    topics: impl IntoIterator<Item = &'a T>,
    name: impl Fn(&'a T) -> &'a ByteString,
    numbers: impl Fn(&'a T) -> Vec<i32>,
) -> Vec<TopicPartition> {
    let topics = topics.into_iter();
    topics
        .flat_map(|topic| {
            let name = name(topic);
            let numbers = numbers(topic).into_iter();
            numbers.map(move |partition| TopicPartition::new(&**name, partition))
        })
        .collect()
}
