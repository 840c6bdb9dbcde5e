//! A topic, or one of its partitions: what something is about that happens to no more than that.

use bytestring::ByteString;

/// A topic as a whole, or one of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicPart {
    pub(crate) topic: ByteString,
    /// `None`: all of them, and the topic itself.
    pub(crate) partition: Option<i32>,
}

impl TopicPart {
    pub(crate) fn new(topic: impl Into<ByteString>, partition: Option<i32>) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }

    /// Whether this topic, or this partition of it, is all within it.
    pub(crate) fn covers(&self, topic: &str, partition: Option<i32>) -> bool {
        *self.topic == *topic && (self.partition.is_none() || self.partition == partition)
    }

    /// Whether the two have anything in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.covers(&other.topic, other.partition) || other.covers(&self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_has_all_its_partitions() {
        let (topic, first, second) = (
            TopicPart::new("a", None),
            TopicPart::new("a", Some(0)),
            TopicPart::new("a", Some(1)),
        );
        assert!(topic.covers("a", None) && topic.covers("a", Some(1)));
        assert!(first.covers("a", Some(0)) && !first.covers("a", None));
        assert!(topic.meets(&first) && first.meets(&topic) && first.meets(&first));
        assert!(!first.meets(&second) && !topic.meets(&TopicPart::new("b", None)));
    }
}
