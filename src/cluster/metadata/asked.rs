//! What a Metadata request asks for.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use bytestring::ByteString;
use milena_wire::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use uuid::Uuid;

/// The number of a Metadata request, in the order in which they were sent. What an answer told bears the number of its request, so
/// that whoever asked can tell whether a piece of metadata is news to him.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// Before any request.
    pub const NONE: Self = Self(0);

    /// The number behind this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How a topic is named: by its name, or by its id (KIP-516).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TopicKey {
    /// By its name.
    Name(Arc<str>),
    /// By its id.
    Id(Uuid),
}

impl From<&str> for TopicKey {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

impl From<Uuid> for TopicKey {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for TopicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => write!(f, "{id}"),
        }
    }
}

/// The topics that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedTopics {
    /// None, only the brokers.
    None,
    /// All of them.
    All,
    /// These.
    These {
        /// By name.
        names: HashSet<Arc<str>>,
        /// By id.
        ids: HashSet<Uuid>,
    },
}

/// What a Metadata request asks for, to be held beside its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub(super) generation: Generation,
    pub(super) topics: AskedTopics,
    pub(super) allow_auto_topic_creation: bool,
    pub(super) authorized_operations: bool,
    /// More is asked for than is wanted: the broker lists all topics, and `topics` says which to keep.
    pub(super) lists_all: bool,
}

impl Asked {
    /// To ask for these topics. A topic that does not exist is not made, and authorized operations are not asked for.
    #[must_use]
    pub fn new(generation: Generation, topics: AskedTopics) -> Self {
        Self {
            generation,
            lists_all: topics == AskedTopics::All,
            topics,
            allow_auto_topic_creation: false,
            authorized_operations: false,
        }
    }

    /// Whether the broker may make topics that do not exist (default: no; Java: `allow.auto.create.topics`). It will only do so if
    /// it is configured to.
    #[must_use]
    pub fn allow_auto_topic_creation(mut self, allow: bool) -> Self {
        self.allow_auto_topic_creation = allow;
        self
    }

    /// Whether to ask what the user may do with the topics, and, where Metadata tells it, with the cluster (KIP-430; default: no).
    #[must_use]
    pub fn authorized_operations(mut self, ask: bool) -> Self {
        self.authorized_operations = ask;
        self
    }

    /// The number of the request.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The topics that are wanted.
    #[must_use]
    pub fn topics(&self) -> &AskedTopics {
        &self.topics
    }

    /// The same, as this version of the request can ask for it. Where it cannot, all topics are asked for and the answer is filtered:
    ///
    /// - topics by id, below version 12: versions 10 and 11 have a field for it, which brokers refuse;
    /// - a topic that is not known to exist, below version 4: asking would make it. `exists` says which are known to;
    /// - no topics, at version 0, for which an empty list means all.
    #[must_use]
    pub fn at_version(mut self, version: i16, exists: impl Fn(&str) -> bool) -> Self {
        self.lists_all = match &self.topics {
            AskedTopics::All => true,
            AskedTopics::None => version < 1,
            AskedTopics::These { names, ids } => {
                let may_make = version < 4 && !self.allow_auto_topic_creation;
                (names.is_empty() && version < 1)
                    || (!ids.is_empty() && version < 12)
                    || (may_make && !names.iter().all(|name| exists(name)))
            }
        };
        self
    }

    /// The request, in a form that this version can carry. Call [`at_version`](Self::at_version) with the same one before.
    #[must_use]
    pub fn request(&self, version: i16) -> MetadataRequest {
        let mut request = MetadataRequest::default();
        request.topics = if self.lists_all {
            (version < 1).then(Vec::new)
        } else {
            match &self.topics {
                AskedTopics::All => None,
                AskedTopics::None => Some(Vec::new()),
                AskedTopics::These { names, ids } => {
                    let names = names.iter().map(|name| {
                        MetadataRequestTopic::default().with_name(ByteString::from(&**name))
                    });
                    let ids = ids.iter().map(|&id| {
                        let mut topic = MetadataRequestTopic::default().with_topic_id(id);
                        topic.name = None;
                        topic
                    });
                    Some(names.chain(ids).collect())
                }
            }
        };
        // Below version 4 there is no field for it, and every broker that is configured to makes what it is asked for.
        request.allow_auto_topic_creation = version < 4 || self.allow_auto_topic_creation;
        request.include_topic_authorized_operations = version >= 8 && self.authorized_operations;
        // Later versions leave this to DescribeCluster (KIP-700).
        request.include_cluster_authorized_operations =
            (8..=10).contains(&version) && self.authorized_operations;
        request
    }

    /// Whether the topic is wanted.
    pub(super) fn wants(&self, name: &str, id: Uuid) -> bool {
        match &self.topics {
            AskedTopics::All => true,
            AskedTopics::None => false,
            AskedTopics::These { names, ids } => names.contains(name) || ids.contains(&id),
        }
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::codec::Message as _;

    use super::*;

    fn these(names: &[&str], ids: &[Uuid]) -> AskedTopics {
        AskedTopics::These {
            names: names.iter().map(|&name| name.into()).collect(),
            ids: ids.iter().copied().collect(),
        }
    }

    fn asked(topics: AskedTopics) -> Asked {
        Asked::new(Generation::NONE.next(), topics)
    }

    /// Every version can carry what is made for it.
    #[test]
    fn every_version_can_ask() {
        let id = Uuid::from_u128(7);
        for topics in [
            AskedTopics::None,
            AskedTopics::All,
            these(&["a", "b"], &[]),
            these(&["a"], &[id]),
            these(&[], &[id]),
        ] {
            for version in 0..=13 {
                for (create, operations) in [(false, false), (true, true)] {
                    let asked = asked(topics.clone())
                        .allow_auto_topic_creation(create)
                        .authorized_operations(operations)
                        .at_version(version, |_| true);
                    let request = asked.request(version);
                    request.encode(version).unwrap();
                    let means_all = match &request.topics {
                        None => true,
                        Some(topics) => version == 0 && topics.is_empty(),
                    };
                    assert_eq!(means_all, asked.lists_all, "{topics:?} v{version}");
                }
            }
        }
    }

    /// Statement 3: below version 4 a topic that is not known to exist is never asked for, and above it is not made.
    #[test]
    fn asking_makes_no_topic() {
        for version in 0..=13 {
            let exists = |name: &str| name == "old";
            let known = asked(these(&["old"], &[])).at_version(version, exists);
            assert!(!known.lists_all);
            assert_eq!(known.request(version).topics.unwrap().len(), 1);
            let new = asked(these(&["old", "new"], &[])).at_version(version, exists);
            assert_eq!(new.lists_all, version < 4);
            assert_eq!(
                new.request(version).allow_auto_topic_creation,
                version < 4,
                "v{version}"
            );
            let wanted = asked(these(&["new"], &[]))
                .allow_auto_topic_creation(true)
                .at_version(version, exists);
            assert!(!wanted.lists_all, "who wants it made, asks for it");
            assert!(wanted.request(version).allow_auto_topic_creation);
        }
    }

    #[test]
    fn ids_are_asked_for_where_brokers_answer_them() {
        let id = Uuid::from_u128(7);
        for version in 0..=13 {
            let asked = asked(these(&[], &[id])).at_version(version, |_| true);
            assert_eq!(asked.lists_all, version < 12);
            if version >= 12 {
                let topics = asked.request(version).topics.unwrap();
                assert_eq!((topics[0].topic_id, &topics[0].name), (id, &None));
            }
            assert!(asked.wants("any", id) && !asked.wants("any", Uuid::nil()));
        }
    }
}
