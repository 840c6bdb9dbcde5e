//! The parts of an answer that cannot be used.

use std::fmt;
use std::sync::Arc;

/// How many are kept of one answer; the others are counted.
const KEPT: usize = 16;

/// The parts of an answer that were left out because they cannot be true. The rest of it was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    count: usize,
    first: Vec<Flaw>,
}

impl LeftOut {
    pub(super) fn add(&mut self, flaw: Flaw) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(flaw);
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether everything was used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first sixteen.
    #[must_use]
    pub fn first(&self) -> &[Flaw] {
        &self.first
    }
}

/// Why a part of an answer was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The id of a broker is negative.
    BrokerId(i32),
    /// The host of a broker is empty, longer than 255 bytes, or has blanks or control characters in it.
    BrokerHost(i32),
    /// The port of a broker is none.
    BrokerPort {
        /// The broker.
        broker: i32,
        /// What was said to be its port.
        port: i32,
    },
    /// A broker is named again; the first stands.
    DuplicateBroker(i32),
    /// The controller is not among the brokers.
    ControllerIsNoBroker(i32),
    /// A topic has no name.
    NamelessTopic,
    /// The name of a topic is longer than 255 bytes or has control characters in it.
    TopicName,
    /// A topic was not asked for.
    NotAsked(Arc<str>),
    /// A topic is named again; the first stands.
    DuplicateTopic(Arc<str>),
    /// A topic has the id of another one in the same answer; the first stands.
    DuplicateTopicId(Arc<str>),
    /// A partition's index is negative or a million or more.
    PartitionIndex {
        /// The topic.
        topic: Arc<str>,
        /// What was said to be the index.
        partition: i32,
    },
    /// A partition is named again; the first stands.
    DuplicatePartition {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
    },
    /// The leader of a partition is not among the brokers: it is taken to have none.
    LeaderIsNoBroker {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// What was said to be its leader.
        leader: i32,
    },
    /// A leader epoch is below -1, and taken as none.
    LeaderEpoch {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// What was said to be the epoch.
        epoch: i32,
    },
    /// A replica has a negative id.
    Replica {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokerId(id) => write!(f, "broker {id} has a negative id"),
            Self::BrokerHost(id) => write!(f, "broker {id} has no usable host"),
            Self::BrokerPort { broker, port } => write!(f, "broker {broker} has port {port}"),
            Self::DuplicateBroker(id) => write!(f, "broker {id} is named more than once"),
            Self::ControllerIsNoBroker(id) => write!(f, "controller {id} is no broker"),
            Self::NamelessTopic => f.write_str("a topic has no name"),
            Self::TopicName => f.write_str("a topic's name cannot be one"),
            Self::NotAsked(topic) => write!(f, "topic {topic} was not asked for"),
            Self::DuplicateTopic(topic) => write!(f, "topic {topic} is named more than once"),
            Self::DuplicateTopicId(topic) => {
                write!(f, "topic {topic} has the id of another topic")
            }
            Self::PartitionIndex { topic, partition } => {
                write!(f, "topic {topic} has a partition {partition}")
            }
            Self::DuplicatePartition { topic, partition } => {
                write!(f, "partition {topic}-{partition} is named more than once")
            }
            Self::LeaderIsNoBroker {
                topic,
                partition,
                leader,
            } => write!(
                f,
                "leader {leader} of partition {topic}-{partition} is no broker"
            ),
            Self::LeaderEpoch {
                topic,
                partition,
                epoch,
            } => write!(f, "partition {topic}-{partition} has leader epoch {epoch}"),
            Self::Replica { topic, partition } => {
                write!(
                    f,
                    "a replica of partition {topic}-{partition} has a negative id"
                )
            }
        }
    }
}
