//! Requests that are under way.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use bytestring::ByteString;
use milena_wire::messages::ProduceRequest;
use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena_wire::uuid::Uuid;

use super::batch::Sealed;
use super::partition::Partition;
use super::settings::ProducerSettings;
use crate::cluster::{Boxed, Metadata, Reply};
use crate::error::Error;

/// A request that is under way.
pub(super) struct Flight {
    pub(super) began: Instant,
    pub(super) answer: Boxed<'static, Answer>,
    pub(super) parts: Parts,
}

/// The batches of a request, in its order; `None` for those that are not waited for any more.
pub(super) type Parts = Vec<Option<Part>>;

/// What came of a request; `None` if it is one that is not answered, and it is written.
pub(super) type Answer = (ProduceRequest, Result<Option<Reply<ProduceRequest>>, Error>);

/// A batch in a request.
pub(super) struct Part {
    pub(super) partition: Arc<Partition>,
    pub(super) sealed: Sealed,
    /// It as an old broker takes it.
    pub(super) translated: Option<Bytes>,
}

/// The request for these batches, of which those of a topic stand together.
pub(super) fn request(
    parts: &[Part],
    metadata: &Metadata,
    settings: &ProducerSettings,
) -> ProduceRequest {
    let mut topics: Vec<TopicProduceData> = Vec::new();
    let mut last: Option<&Arc<str>> = None;
    for part in parts {
        let (partition, sealed) = (&part.partition, &part.sealed);
        if !last.is_some_and(|last| Arc::ptr_eq(last, &partition.topic)) {
            last = Some(&partition.topic);
            let id = metadata
                .topic(&partition.topic)
                .and_then(|topic| topic.id());
            let topic = TopicProduceData::default()
                .with_name(ByteString::from(&*partition.topic))
                .with_topic_id(id.unwrap_or(Uuid::nil()));
            topics.push(topic);
        }
        if let Some(topic) = topics.last_mut() {
            let mut data = PartitionProduceData::default().with_index(partition.index);
            data.records = Some(part.translated.as_ref().unwrap_or(&sealed.bytes).clone());
            topic.partition_data.push(data);
        }
    }
    let timeout = settings.request_timeout.as_millis();
    ProduceRequest::default()
        .with_acks(settings.acks.number())
        .with_timeout_ms(i32::try_from(timeout).unwrap_or(i32::MAX))
        .with_topic_data(topics)
}
