//! Topics in requests: by name in old versions, by id in new ones.

use std::sync::Arc;

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use crate::topic_part::TopicPart;
use crate::topics::{Catalog, PartitionError, ProducerError, Topic};

/// The topic that a request names, or the error for each of its partitions.
pub(super) fn find(
    catalog: &Catalog,
    by_id: bool,
    name: &str,
    id: Uuid,
) -> Result<Arc<Topic>, ErrorCode> {
    if by_id {
        catalog.by_id(id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)
    } else {
        catalog
            .by_name(name)
            .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }
}

/// The partitions of a topic that a request names, by the topic's name if it can be found.
pub(super) fn parts(
    catalog: &Catalog,
    by_id: bool,
    name: &str,
    id: Uuid,
    partitions: impl Iterator<Item = i32>,
) -> Vec<TopicPart> {
    let name: ByteString = match find(catalog, by_id, name, id) {
        Ok(topic) => topic.name.clone(),
        Err(_) => name.into(),
    };
    let parts = partitions.map(|partition| TopicPart::new(name.clone(), Some(partition)));
    parts.collect()
}

/// The code for why a node does not serve a partition.
pub(super) fn code(error: PartitionError) -> ErrorCode {
    match error {
        PartitionError::NotLeader => ErrorCode::NOT_LEADER_OR_FOLLOWER,
        PartitionError::FencedEpoch => ErrorCode::FENCED_LEADER_EPOCH,
        PartitionError::UnknownEpoch => ErrorCode::UNKNOWN_LEADER_EPOCH,
        PartitionError::Deleted => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        PartitionError::OutOfRange => ErrorCode::OFFSET_OUT_OF_RANGE,
        PartitionError::Producer(error) => match error {
            ProducerError::FencedEpoch => ErrorCode::INVALID_PRODUCER_EPOCH,
            ProducerError::OutOfOrder => ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
            ProducerError::Unknown => ErrorCode::UNKNOWN_PRODUCER_ID,
            ProducerError::NotTransactional => ErrorCode::INVALID_TXN_STATE,
        },
    }
}
