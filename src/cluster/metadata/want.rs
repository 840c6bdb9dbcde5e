//! What somebody waits for the metadata to tell.

use std::sync::Arc;

use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::asked::{Asked, Generation, TopicKey};
use super::snapshot::Metadata;
use super::topic::{Leader, Topic};

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Want {
    /// A topic, whatever is the matter with its partitions.
    Topic(TopicKey),
    /// A partition that has a leader.
    Partition {
        /// The topic.
        topic: TopicKey,
        /// The partition.
        partition: i32,
    },
    /// Newer word of a partition's leader, after one that refused a request or could not be reached.
    Leader {
        /// The topic.
        topic: TopicKey,
        /// The partition.
        partition: i32,
        /// The leader that was tried.
        tried: Leader,
    },
    /// Newer word of the controller.
    Controller,
    /// Any answer.
    Refresh,
}

/// Whether what somebody waits for is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is.
    Ready,
    /// The cluster was asked, and this is what it said. Whether to ask again is for the one who waits.
    NotThere(ErrorCode),
    /// The cluster was not asked yet.
    Waiting,
}

impl Want {
    /// The topic that it is about.
    pub(crate) fn topic(&self) -> Option<&TopicKey> {
        match self {
            Self::Topic(topic) | Self::Partition { topic, .. } | Self::Leader { topic, .. } => {
                Some(topic)
            }
            Self::Controller | Self::Refresh => None,
        }
    }

    /// Whether the answer to a request that is under way will do. Who has seen that something changed needs one that was asked
    /// after that.
    pub(super) fn is_covered_by(&self, asked: &Asked) -> bool {
        match self {
            Self::Topic(topic) | Self::Partition { topic, .. } => match topic {
                TopicKey::Name(name) => asked.wants(name, Uuid::nil()),
                TopicKey::Id(id) => asked.wants("", *id),
            },
            Self::Leader { .. } | Self::Controller | Self::Refresh => false,
        }
    }
}

/// Whether it is there, for one to whom answers up to `since` are no news.
///
/// What is good is good, however old; an error counts only if it is news. A leader is newer if its epoch is, or if the cluster was asked
/// again and names it again: brokers may take a while to learn that they lead.
pub(crate) fn satisfied(metadata: &Metadata, want: &Want, since: Generation) -> Verdict {
    let is_asked = metadata.generation > since;
    match want {
        Want::Refresh if is_asked => Verdict::Ready,
        Want::Controller if is_asked => match metadata.controller() {
            Some(_) => Verdict::Ready,
            None => Verdict::NotThere(ErrorCode::BROKER_NOT_AVAILABLE),
        },
        Want::Refresh | Want::Controller => Verdict::Waiting,
        Want::Topic(key) => match find(metadata, key, since) {
            Ok(_) => Verdict::Ready,
            Err(verdict) => verdict,
        },
        Want::Partition {
            topic: key,
            partition,
        } => match find(metadata, key, since) {
            Ok(topic) => match leader(topic, *partition) {
                Ok(_) => Verdict::Ready,
                Err(error) => if_news(topic.answered, since, error),
            },
            Err(verdict) => verdict,
        },
        Want::Leader {
            topic: key,
            partition,
            tried,
        } => match find(metadata, key, since) {
            Ok(topic) => match leader(topic, *partition) {
                // `None` is below every epoch.
                Ok(leader) if tried.epoch.is_some() && leader.epoch > tried.epoch => Verdict::Ready,
                Ok(_) if topic.answered > since => Verdict::Ready,
                Ok(_) => Verdict::Waiting,
                Err(error) => if_news(topic.answered, since, error),
            },
            Err(verdict) => verdict,
        },
    }
}

fn if_news(answered: Generation, since: Generation, error: ErrorCode) -> Verdict {
    if answered > since {
        Verdict::NotThere(error)
    } else {
        Verdict::Waiting
    }
}

/// The topic, if nothing is the matter with it.
fn find<'a>(
    metadata: &'a Metadata,
    key: &TopicKey,
    since: Generation,
) -> Result<&'a Arc<Topic>, Verdict> {
    if let Some(topic) = metadata.topic_by_key(key) {
        if topic.error().is_ok() {
            return Ok(topic);
        }
        return Err(if_news(topic.answered, since, topic.error()));
    }
    let error = match key {
        TopicKey::Name(_) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        TopicKey::Id(id) => {
            let known = metadata.unknown_ids.iter().find(|known| known.id == *id);
            if let Some(known) = known.filter(|known| known.answered > since) {
                return Err(Verdict::NotThere(known.error));
            }
            ErrorCode::UNKNOWN_TOPIC_ID
        }
    };
    Err(if_news(metadata.listed, since, error))
}

/// The leader of a partition, unless the last answer says that there is none.
fn leader(topic: &Topic, partition: i32) -> Result<Leader, ErrorCode> {
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    let partition = topic.partition(partition).ok_or(unknown)?;
    if partition.error().is_error() {
        return Err(partition.error());
    }
    partition.leader().ok_or(ErrorCode::LEADER_NOT_AVAILABLE)
}

#[cfg(test)]
mod tests;
