//! What an item is called, in a request and in its answer.

use milena_wire::uuid::Uuid;

use crate::cluster::metadata::TopicKey;

/// What an item is called. A topic may have a name, an id or both, and its answer another choice of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    name: &'a str,
    id: Uuid,
    /// The type of a resource, a producer id; else 0.
    kind: i64,
    /// The number of a partition; else 0.
    partition: i32,
}

impl<'a> Key<'a> {
    pub(super) fn name(name: &'a str) -> Self {
        Self::topic(name, Uuid::nil())
    }

    pub(super) fn topic(name: &'a str, id: Uuid) -> Self {
        Self {
            name,
            id,
            kind: 0,
            partition: 0,
        }
    }

    pub(super) fn resource(resource_type: i8, name: &'a str) -> Self {
        Self::name(name).of_kind(resource_type.into())
    }

    pub(super) fn of_kind(self, kind: i64) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn partition(self, partition: i32) -> Self {
        Self { partition, ..self }
    }

    /// Whether both are the same item: ids decide where both have one.
    pub(super) fn is(self, other: Self) -> bool {
        self.partition == other.partition
            && self.kind == other.kind
            && if self.id.is_nil() || other.id.is_nil() {
                self.name == other.name
            } else {
                self.id == other.id
            }
    }

    /// What metadata calls its topic.
    pub(super) fn topic_key(self) -> TopicKey {
        if self.id.is_nil() {
            TopicKey::from(self.name)
        } else {
            TopicKey::from(self.id)
        }
    }

    /// What it can be found by: its id and its name, as far as it has them. There is always one.
    pub(super) fn forms(self) -> impl Iterator<Item = Self> {
        let by_id = (!self.id.is_nil()).then_some(Self { name: "", ..self });
        let named = by_id.is_none() || !self.name.is_empty();
        let by_name = named.then_some(Self {
            id: Uuid::nil(),
            ..self
        });
        by_id.into_iter().chain(by_name)
    }
}
