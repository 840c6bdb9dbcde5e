//! Which versions a broker speaks, and which one a request goes out at.

use std::any::Any;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use milena_wire::messages::api_versions::ApiVersion;
use milena_wire::messages::{
    ApiVersionsRequest, DeleteTopicsRequest, FetchRequest, ListOffsetsRequest, MetadataRequest,
    OffsetCommitRequest, OffsetFetchRequest, ProduceRequest,
};
use milena_wire::uuid::Uuid;

use crate::error::{Error, ErrorKind};

/// The versions that a broker offers, API by API, as it said when the connection was made.
#[derive(Clone, Debug, Default)]
pub struct BrokerVersions {
    /// Sorted by key.
    ranges: Vec<(ApiKey, VersionRange)>,
}

impl BrokerVersions {
    /// # Errors
    /// The API whose range is upside down.
    pub(crate) fn new(apis: &[ApiVersion]) -> Result<Self, ApiKey> {
        let mut ranges = Vec::with_capacity(apis.len());
        for api in apis {
            let (key, min, max) = (ApiKey(api.api_key), api.min_version, api.max_version);
            if min > max {
                return Err(key);
            }
            ranges.push((key, VersionRange::new(min, max)));
        }
        // Of what is there twice the last counts, as in Java.
        ranges.reverse();
        ranges.sort_by_key(|(key, _)| *key);
        ranges.dedup_by_key(|(key, _)| *key);
        Ok(Self { ranges })
    }

    /// What Kafka 0.9 speaks, which cannot say so itself: for
    /// [`fallback_versions`](crate::connection::ConnectionBuilder::fallback_versions).
    #[must_use]
    pub fn kafka_0_9() -> Self {
        let highest = [
            (ApiKey::PRODUCE, 1),
            (ApiKey::FETCH, 1),
            (ApiKey::LIST_OFFSETS, 0),
            (ApiKey::METADATA, 0),
            (ApiKey::OFFSET_COMMIT, 2),
            (ApiKey::OFFSET_FETCH, 1),
            (ApiKey::FIND_COORDINATOR, 0),
            (ApiKey::JOIN_GROUP, 0),
            (ApiKey::HEARTBEAT, 0),
            (ApiKey::LEAVE_GROUP, 0),
            (ApiKey::SYNC_GROUP, 0),
            (ApiKey::DESCRIBE_GROUPS, 0),
            (ApiKey::LIST_GROUPS, 0),
        ];
        let ranges = highest.map(|(api, max)| (api, VersionRange::new(0, max)));
        Self {
            ranges: ranges.to_vec(),
        }
    }

    /// The versions that the broker offers of an API; `None` if it does not know it.
    #[must_use]
    pub fn range(&self, api: ApiKey) -> Option<VersionRange> {
        let index = self.ranges.binary_search_by_key(&api, |(key, _)| *key);
        let (_, range) = self.ranges.get(index.ok()?)?;
        Some(*range)
    }

    /// Every API that the broker knows, with its versions, by ascending key.
    pub fn iter(&self) -> impl Iterator<Item = (ApiKey, VersionRange)> {
        self.ranges.iter().copied()
    }

    /// The versions that both sides know and that can say what `request` says; never empty.
    pub(crate) fn common<R: Request + 'static>(&self, request: &R) -> Result<VersionRange, Error> {
        let Some(theirs) = self.range(R::API_KEY) else {
            return Err(Error::new(ErrorKind::UnsupportedApi).during(R::API_KEY, None));
        };
        let ours = content_range(request);
        let common = ours.intersection(theirs);
        if common.is_empty() {
            let kind = ErrorKind::UnsupportedVersion { ours, theirs };
            return Err(Error::new(kind).during(R::API_KEY, None));
        }
        Ok(common)
    }
}

/// The versions that mean what `request` says, where encoding alone would not notice: a topic's name and its id are both
/// ignorable, so a version that has only the other would silently say nothing; and a number may be new where its field is old.
fn content_range<R: Request + 'static>(request: &R) -> VersionRange {
    let VersionRange { min, max } = R::VERSIONS;
    let request: &dyn Any = request;
    let mut references = TopicReferences::default();
    if let Some(produce) = request.downcast_ref::<ProduceRequest>() {
        let data = produce.topic_data.iter();
        data.for_each(|topic| references.add(&topic.name, topic.topic_id));
        return references.range(R::VERSIONS, 13);
    }
    if let Some(fetch) = request.downcast_ref::<FetchRequest>() {
        let wanted = fetch.topics.iter();
        wanted.for_each(|topic| references.add(&topic.topic, topic.topic_id));
        let forgotten = fetch.forgotten_topics_data.iter();
        forgotten.for_each(|topic| references.add(&topic.topic, topic.topic_id));
        return references.range(R::VERSIONS, 13);
    }
    if let Some(commit) = request.downcast_ref::<OffsetCommitRequest>() {
        let topics = commit.topics.iter();
        topics.for_each(|topic| references.add(&topic.name, topic.topic_id));
        return references.range(R::VERSIONS, 10);
    }
    if let Some(fetch) = request.downcast_ref::<OffsetFetchRequest>() {
        for group in &fetch.groups {
            match &group.topics {
                Some(topics) => topics
                    .iter()
                    .for_each(|topic| references.add(&topic.name, topic.topic_id)),
                // All topics: who names no ids gets names.
                None => references.without_id = true,
            }
        }
        return references.range(R::VERSIONS, 10);
    }
    if let Some(delete) = request.downcast_ref::<DeleteTopicsRequest>() {
        if !delete.topic_names.is_empty() {
            // From version 6 on they are in another field.
            return VersionRange::new(min, max.min(5));
        }
    }
    if let Some(offsets) = request.downcast_ref::<ListOffsetsRequest>() {
        let partitions = offsets.topics.iter().flat_map(|topic| &topic.partitions);
        let lowest = partitions.map(|partition| match partition.timestamp {
            // The highest timestamp, the earliest offset on local disk, the last that is in remote storage, the first that will be.
            -3 => 7,
            -4 => 8,
            -5 => 9,
            -6 => 11,
            _ => min,
        });
        return VersionRange::new(lowest.max().unwrap_or(min), max);
    }
    if let Some(metadata) = request.downcast_ref::<MetadataRequest>() {
        let mut topics = metadata.topics.iter().flatten();
        if topics.any(|topic| !topic.topic_id.is_nil()) {
            // Versions 10 and 11 have the field, and brokers do not heed it.
            return VersionRange::new(min.max(12), max);
        }
    }
    if let Some(versions) = request.downcast_ref::<ApiVersionsRequest>() {
        let software = [
            &versions.client_software_name,
            &versions.client_software_version,
        ];
        if software.iter().any(|word| word.is_empty()) {
            // From version 3 on brokers refuse who does not say what he is (KIP-511).
            return VersionRange::new(min, max.min(2));
        }
    }
    R::VERSIONS
}

/// How a request calls its topics, where versions know them either by name or by id.
#[derive(Default)]
struct TopicReferences {
    without_name: bool,
    without_id: bool,
}

impl TopicReferences {
    fn add(&mut self, name: &str, id: Uuid) {
        self.without_name |= name.is_empty();
        self.without_id |= id.is_nil();
    }

    /// The versions that can say it, of those of the request, if `by_id` is the first of those that know topics by id alone.
    fn range(&self, all: VersionRange, by_id: i16) -> VersionRange {
        let VersionRange { min, max } = all;
        let lowest = if self.without_name {
            min.max(by_id)
        } else {
            min
        };
        let highest = if self.without_id {
            max.min(by_id - 1)
        } else {
            max
        };
        VersionRange::new(lowest, highest)
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::codec::Message as _;
    use milena_wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
    use milena_wire::messages::offset_commit::OffsetCommitRequestTopic;
    use milena_wire::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};

    use super::*;

    #[test]
    fn a_version_that_cannot_say_which_topic_is_none() {
        let id = Uuid::from_u128(1);
        let topic = OffsetCommitRequestTopic::default;
        let commit =
            |topics: Vec<_>| content_range(&OffsetCommitRequest::default().with_topics(topics));
        let all = OffsetCommitRequest::VERSIONS;
        let named = topic().with_name("a");
        assert_eq!(commit(vec![named.clone()]).max, 9);
        assert_eq!(commit(vec![topic().with_topic_id(id)]).min, 10);
        assert_eq!(commit(vec![named.clone().with_topic_id(id)]), all);
        assert!(commit(vec![named, topic().with_topic_id(id)]).is_empty());

        let topic = OffsetFetchRequestTopics::default().with_name("a");
        let group = OffsetFetchRequestGroup::default().with_topics(vec![topic]);
        let fetch = OffsetFetchRequest::default().with_groups(vec![group]);
        assert_eq!(content_range(&fetch).max, 9);

        let mut all_topics = fetch;
        all_topics.groups[0].topics = None;
        assert_eq!(content_range(&all_topics).max, 9);

        let delete = DeleteTopicsRequest::default().with_topic_names(vec!["a".into()]);
        assert_eq!(content_range(&delete).max, 5);
        let all = DeleteTopicsRequest::VERSIONS;
        assert_eq!(content_range(&DeleteTopicsRequest::default()), all);
    }

    #[test]
    fn a_version_that_does_not_know_a_number_is_none() {
        let lowest = |timestamps: &[i64]| {
            let partitions = timestamps
                .iter()
                .map(|timestamp| ListOffsetsPartition::default().with_timestamp(*timestamp));
            let topic = ListOffsetsTopic::default().with_partitions(partitions.collect::<Vec<_>>());
            content_range(&ListOffsetsRequest::default().with_topics(vec![topic])).min
        };
        assert_eq!(lowest(&[-1, -2, 7]), 0);
        assert_eq!(lowest(&[-1, -3]), 7);
        assert_eq!(lowest(&[-6, -4, -5]), 11);
    }
}
