//! From where a partition is read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From where a partition is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From the first record that there is.
    Earliest,
    /// From the end: only what comes from now on.
    Latest,
    /// From this offset on. If there is no such, what [`OffsetReset`] says is done.
    Offset(i64),
    /// From the first record that is not older than this, in milliseconds since 1970; from the end if there is none.
    Timestamp(i64),
    /// From the first record that is not older than so long before now; from the end if there is none.
    Ago(Duration),
}

/// Of ListOffsets.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

impl Start {
    /// What ListOffsets is asked for; `None` if nobody need be asked.
    pub(super) fn timestamp(self) -> Option<i64> {
        match self {
            Self::Earliest => Some(EARLIEST),
            Self::Latest => Some(LATEST),
            Self::Offset(_) => None,
            Self::Timestamp(timestamp) => Some(timestamp.max(0)),
            Self::Ago(time) => {
                let then = SystemTime::now().checked_sub(time);
                let since = then.and_then(|then| then.duration_since(UNIX_EPOCH).ok());
                let since = since.unwrap_or_default().as_millis();
                Some(i64::try_from(since).unwrap_or(i64::MAX))
            }
        }
    }
}

/// Where reading goes on when the offset is not there: before the first record, behind the last, or truncated away. Java: `auto.offset.reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the first record that there is.
    Earliest,
    /// At the end.
    #[default]
    Latest,
    /// At the first record that is not older than so long before now (KIP-1106).
    Ago(Duration),
    /// Nowhere: the error says which offset it was, and the partition waits until it is [sought](super::Control::seek) elsewhere.
    None,
}

impl OffsetReset {
    pub(super) fn start(self) -> Option<Start> {
        match self {
            Self::Earliest => Some(Start::Earliest),
            Self::Latest => Some(Start::Latest),
            Self::Ago(time) => Some(Start::Ago(time)),
            Self::None => None,
        }
    }
}

/// A partition, or a whole topic, that is to be read.
///
/// Made of `(topic, partition, start)`, or of `(topic, start)` for all partitions that the topic has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub(super) topic: String,
    pub(super) partition: Option<i32>,
    pub(super) start: Start,
}

impl<T: Into<String>> From<(T, i32, Start)> for Assignment {
    fn from((topic, partition, start): (T, i32, Start)) -> Self {
        Self {
            topic: topic.into(),
            partition: Some(partition),
            start,
        }
    }
}

impl<T: Into<String>> From<(T, Start)> for Assignment {
    fn from((topic, start): (T, Start)) -> Self {
        Self {
            topic: topic.into(),
            partition: None,
            start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_now_are_counted_from_now() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let hour = Duration::from_secs(3600);
        let then = Start::Ago(hour).timestamp().unwrap();
        let expected = i64::try_from((now - hour).as_millis()).unwrap();
        assert!((expected..expected + 10_000).contains(&then));
        assert_eq!(Start::Ago(Duration::MAX).timestamp(), Some(0));
    }

    #[test]
    fn special_times_are_not_reached_by_mistake() {
        assert_eq!(Start::Timestamp(-2).timestamp(), Some(0));
        assert_eq!(Start::Earliest.timestamp(), Some(-2));
        assert_eq!(Start::Latest.timestamp(), Some(-1));
        assert_eq!(Start::Offset(3).timestamp(), None);
    }
}
