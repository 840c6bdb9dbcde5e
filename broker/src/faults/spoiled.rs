//! An error that one part of a request meets, while the rest is answered as always.

use milena_wire::error_code::ErrorCode;

use crate::topic_part::TopicPart;

/// The part of a request that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spoiled {
    pub(super) part: TopicPart,
    pub(super) code: ErrorCode,
    /// Whether it is applied all the same.
    pub(super) is_applied: bool,
}

impl Spoiled {
    /// The error with which this topic or partition is answered without being looked at.
    pub(crate) fn before(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        (!self.is_applied).then_some(self)?.code(topic, partition)
    }

    /// The error with which it is answered after it was applied, if that was no error.
    pub(crate) fn after(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.is_applied.then_some(self)?.code(topic, partition)
    }

    fn code(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.part.covers(topic, partition).then_some(self.code)
    }
}
