//! What one part of a request meets, while the rest is answered as always.

use milena_wire::error_code::ErrorCode;

use crate::topic_part::TopicPart;

/// The part of a request that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spoiled {
    /// `None`: all of it.
    pub(super) part: Option<TopicPart>,
    pub(super) how: Spoil,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoil {
    Error {
        code: ErrorCode,
        /// Whether it is applied all the same.
        is_applied: bool,
    },
    /// The records that are fetched have a wrong checksum.
    Corrupt,
}

impl Spoiled {
    /// The error with which this topic or partition is answered without being looked at.
    pub(crate) fn before(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.code(false, topic, partition)
    }

    /// The error with which it is answered after it was applied, if that was no error.
    pub(crate) fn after(&self, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        self.code(true, topic, partition)
    }

    /// Whether the records of this partition are to be corrupt.
    pub(crate) fn corrupts(&self, topic: &str, partition: i32) -> bool {
        self.how == Spoil::Corrupt && self.covers(topic, Some(partition))
    }

    fn code(&self, applied: bool, topic: &str, partition: Option<i32>) -> Option<ErrorCode> {
        match self.how {
            Spoil::Error { code, is_applied } if is_applied == applied => {
                self.covers(topic, partition).then_some(code)
            }
            _ => None,
        }
    }

    fn covers(&self, topic: &str, partition: Option<i32>) -> bool {
        let part = self.part.as_ref();
        part.is_none_or(|part| part.covers(topic, partition))
    }
}
