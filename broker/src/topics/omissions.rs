//! What is left out where topics are described.

use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::topic_part::TopicPart;

/// Topics and partitions that clients are not told of, as by a broker that has just restarted.
#[derive(Debug, Default)]
pub(crate) struct Omissions {
    omitted: RwLock<Vec<TopicPart>>,
}

impl Omissions {
    pub(crate) fn add(&self, omitted: TopicPart) {
        self.write().push(omitted);
    }

    /// Takes one back that was added; others like it stay.
    pub(crate) fn remove(&self, omitted: &TopicPart) {
        let mut list = self.write();
        if let Some(place) = list.iter().position(|other| other == omitted) {
            list.swap_remove(place);
        }
    }

    /// Whether a topic, or one of its partitions, is left out.
    pub(crate) fn omit(&self, topic: &str, partition: Option<i32>) -> bool {
        let list = self.omitted.read().unwrap_or_else(PoisonError::into_inner);
        list.iter().any(|omitted| omitted.covers(topic, partition))
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<TopicPart>> {
        // No code panics under this lock.
        self.omitted.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_and_partitions_are_left_out_as_often_as_they_were_added() {
        let omissions = Omissions::default();
        let topic = |name: &'static str, partition| TopicPart::new(name, partition);
        omissions.add(topic("a", None));
        omissions.add(topic("b", Some(1)));
        omissions.add(topic("b", Some(1)));
        let all = [
            ("a", None),
            ("a", Some(0)),
            ("b", None),
            ("b", Some(0)),
            ("b", Some(1)),
        ];
        let omitted = |omissions: &Omissions| all.map(|(name, at)| omissions.omit(name, at));
        assert_eq!(omitted(&omissions), [true, true, false, false, true]);
        omissions.remove(&topic("b", Some(1)));
        omissions.remove(&topic("a", None));
        assert_eq!(omitted(&omissions), [false, false, false, false, true]);
        omissions.remove(&topic("b", Some(1)));
        assert_eq!(omitted(&omissions), [false; 5]);
    }
}
