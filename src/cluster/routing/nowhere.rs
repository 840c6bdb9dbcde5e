//! Answers about partitions that there are not, for requests whose other items are not to be lost with them.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::share_acknowledge::{
    self, ShareAcknowledgeRequest, ShareAcknowledgeResponse, ShareAcknowledgeTopicResponse,
};
use milena_wire::messages::share_fetch::{
    self, ShareFetchRequest, ShareFetchResponse, ShareFetchableTopicResponse,
};

pub(super) fn nothing_fetched(request: &ShareFetchRequest, code: ErrorCode) -> ShareFetchResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            share_fetch::PartitionData::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        ShareFetchableTopicResponse::default()
            .with_topic_id(topic.topic_id)
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    ShareFetchResponse::default().with_responses(topics.collect::<Vec<_>>())
}

pub(super) fn nothing_acknowledged(
    request: &ShareAcknowledgeRequest,
    code: ErrorCode,
) -> ShareAcknowledgeResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            share_acknowledge::PartitionData::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        ShareAcknowledgeTopicResponse::default()
            .with_topic_id(topic.topic_id)
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    ShareAcknowledgeResponse::default().with_responses(topics.collect::<Vec<_>>())
}
