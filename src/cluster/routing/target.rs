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
    pub(crate) fn key_type(self) -> i8 {
        match self {
            Self::Group => 0,
            Self::Transaction => 1,
            Self::Share => 2,
        }
    }
}
