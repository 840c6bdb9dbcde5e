//! Whom a request is for.

use std::fmt;

use bytestring::ByteString;
use milena_wire::uuid::Uuid;

/// Whom a request, or one item of it, is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Any broker: the client chooses one.
    Any,
    /// The controller. Where brokers forward what is meant for it (KRaft), any broker.
    Controller,
    /// The leader of a partition.
    Leader(TopicRef, i32),
    /// Whoever coordinates a group, a transactional id or a share group's partition.
    Coordinator(CoordinatorKind, ByteString),
    /// This broker and no other.
    Broker(i32),
    /// Every broker that the cluster has.
    Every,
}

impl Target {
    pub(super) fn leader(name: &ByteString, id: Uuid, partition: i32) -> Self {
        Self::Leader(TopicRef::new(name, id), partition)
    }

    pub(super) fn group(id: &ByteString) -> Self {
        Self::Coordinator(CoordinatorKind::Group, id.clone())
    }

    pub(super) fn transaction(id: &ByteString) -> Self {
        Self::Coordinator(CoordinatorKind::Transaction, id.clone())
    }

    /// Whom the configs of a resource are for: those of a broker, and of its logger, for that broker, all others for `otherwise`.
    pub(super) fn of_resource(resource_type: i8, name: &str, otherwise: Self) -> Self {
        const BROKER: i8 = 4;
        const BROKER_LOGGER: i8 = 8;
        match (resource_type, name.parse()) {
            // No name: the defaults of all brokers. A name that is no number: whoever is asked will refuse it.
            (BROKER | BROKER_LOGGER, Ok(broker)) => Self::Broker(broker),
            _ => otherwise,
        }
    }
}

/// A topic, by its name or its id (KIP-516).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TopicRef {
    /// By name.
    Name(ByteString),
    /// By id.
    Id(Uuid),
}

impl TopicRef {
    /// By its id if that is known, else by its name.
    pub(crate) fn new(name: &ByteString, id: Uuid) -> Self {
        if id.is_nil() {
            Self::Name(name.clone())
        } else {
            Self::Id(id)
        }
    }
}

impl fmt::Display for TopicRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => write!(f, "{id}"),
        }
    }
}

/// What is coordinated; the number is FindCoordinator's `key_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoordinatorKind {
    /// A group of consumers, share consumers or streams applications.
    Group,
    /// A transactional id.
    Transaction,
    /// A partition of a share group's state, `group:topic-id:partition`.
    Share,
}

impl CoordinatorKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Group, Self::Transaction, Self::Share];

    pub(crate) fn key_type(self) -> i8 {
        match self {
            Self::Group => 0,
            Self::Transaction => 1,
            Self::Share => 2,
        }
    }
}
