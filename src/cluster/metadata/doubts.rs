//! What answers said that was not believed yet.

use std::time::{Duration, Instant};

use uuid::Uuid;

/// As many answers in a row that agree are believed, even if they are older than what is known.
pub(super) const BELIEVED: u8 = 5;

/// What is missing in this many answers in a row, for this long, is gone.
const ABSENT_ANSWERS: u8 = 3;
const ABSENT_FOR: Duration = Duration::from_secs(30);

/// The doubts about one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doubts {
    /// The topic itself is missing.
    pub(super) absent: Option<Absence>,
    /// Partitions of it are.
    pub(super) partitions_absent: Option<Absence>,
    /// The id that it had before it was made anew.
    pub(super) former: Option<Former>,
    /// Older leader epochs, by ascending partition.
    pub(super) older: Vec<Older>,
}

impl Doubts {
    /// To be kept beside the topic.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// Something that was known is missing in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Absence {
    since: Instant,
    answers: u8,
}

impl Absence {
    /// One more answer in which it is missing.
    pub(super) fn again(before: Option<Self>, now: Instant) -> Self {
        match before {
            None => Self {
                since: now,
                answers: 1,
            },
            Some(before) => Self {
                answers: before.answers.saturating_add(1),
                ..before
            },
        }
    }

    /// Whether it is gone: missing in three answers in a row, and for thirty seconds, which is what it may take until all brokers have
    /// heard of a change (librdkafka: `topic.metadata.propagation.max.ms`).
    pub(super) fn is_final(&self, now: Instant) -> bool {
        self.answers >= ABSENT_ANSWERS && now.saturating_duration_since(self.since) >= ABSENT_FOR
    }
}

/// An id that a topic had before it was made anew. Who still names it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Former {
    pub(super) id: Uuid,
    /// How many answers in a row named it.
    pub(super) answers: u8,
}

/// A leader whose epoch is older than the known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Older {
    pub(super) partition: i32,
    pub(super) leader: i32,
    pub(super) epoch: i32,
    /// How many answers in a row named it.
    pub(super) answers: u8,
}
