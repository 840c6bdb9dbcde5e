//! Which versions a broker speaks, and which one a request goes out at.

use std::any::Any;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use milena_wire::messages::api_versions::ApiVersion;
use milena_wire::messages::{ApiVersionsRequest, FetchRequest, MetadataRequest, ProduceRequest};
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
/// ignorable, so a version that has only the other would silently say nothing.
fn content_range<R: Request + 'static>(request: &R) -> VersionRange {
    let VersionRange { min, max } = R::VERSIONS;
    let request: &dyn Any = request;
    let (mut without_name, mut without_id) = (false, false);
    let mut look = |name: &str, id: Uuid| {
        without_name |= name.is_empty();
        without_id |= id.is_nil();
    };
    if let Some(produce) = request.downcast_ref::<ProduceRequest>() {
        let data = produce.topic_data.iter();
        data.for_each(|topic| look(&topic.name, topic.topic_id));
    } else if let Some(fetch) = request.downcast_ref::<FetchRequest>() {
        let wanted = fetch.topics.iter();
        wanted.for_each(|topic| look(&topic.topic, topic.topic_id));
        let forgotten = fetch.forgotten_topics_data.iter();
        forgotten.for_each(|topic| look(&topic.topic, topic.topic_id));
    }
    // Produce and Fetch both know topics by name up to version 12, and by id alone from 13 on.
    if without_name || without_id {
        let lowest = if without_name { min.max(13) } else { min };
        let highest = if without_id { max.min(12) } else { max };
        return VersionRange::new(lowest, highest);
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
